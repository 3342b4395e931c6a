from typing import Any

import pytest

from streams.agreement.described.describe import describe
from streams.agreement.described.items import condition_words, duration_words
from streams.agreement.grammar import AgreementSpec
from streams.agreement.load import from_document, load
from tests.streams.agreement.agreement_texts import EXAMPLES, SMALL


def spec(**parts: Any) -> AgreementSpec:
    return from_document(SMALL | parts)


def words(found: AgreementSpec, title: str) -> list[str]:
    return [item.words for section in describe(found) if section.title == title for item in section.items]


def condition(written: Any) -> str:
    applies_to = spec(applies_to=written).applies_to
    assert applies_to is not None
    return condition_words(applies_to)


@pytest.fixture(scope="module")
def b2b() -> AgreementSpec:
    return load((EXAMPLES / "inbound-b2b.yaml").read_text())


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_example_is_described_and_no_key_stands_twice_in_a_section(file: Any) -> None:
    for section in describe(load(file.read_text())):
        keys = [item.key for item in section.items]
        assert len(set(keys)) == len(keys) > 0
        assert all(item.words.strip() for item in section.items)


def test_promises_say_who_does_what_until_when(b2b: AgreementSpec) -> None:
    assert words(b2b, "What sales promises")[0].startswith(
        "first_response: within 30 minutes of the hand-over, counted in the hours of sales: "
        "a call, email or meeting by sales; a warning at 80% of the time; "
        "30 minutes after the due manager is told; 1 working day after the due the lead is reassigned; "
    )
    assert (
        words(b2b, "What sales promises")[2] == "effort: within 14 days of the hand-over: 3 calls and 3 emails by sales"
    )
    assert words(b2b, "What marketing promises") == [
        "hand_over: within 1 hour of the qualification, counted in the hours of sales: the hand-over to sales",
        "commitment: 450 qualified leads in 2026Q1",
    ]


def test_points_are_told_with_their_sign_and_limits(b2b: AgreementSpec) -> None:
    assert words(b2b, "Points for who they are")[0] == "+20 for company.employees at least 100"
    assert words(b2b, "Points for who they are")[2] == "-50 for person.email_domain in free_mail"
    assert words(b2b, "Points for what they did")[0] == (
        "+10 for lead_magnet downloaded, at most 3 times within 7 days, in the group content"
    )


def test_who_gets_a_lead_is_told_in_the_order_that_is_asked(b2b: AgreementSpec) -> None:
    assert words(b2b, "Who gets a lead")[:5] == [
        "rule 1 (territory): leads with company.employees at least 1000 go to key-accounts",
        "rule 2 (territory): leads with company.country is MD go to the pool chisinau",
        "rule 3 (segment): leads with company.industry in banking, insurance go to the pool finance",
        "all others go to the pool bucharest",
        "the pool bucharest: rep-11 (weight 2, at most 120 in 30 days) and rep-12 (at most 60 in 30 days)",
    ]


def test_neighbouring_days_with_equal_hours_stand_together(b2b: AgreementSpec) -> None:
    (told,) = words(b2b, "Working hours")
    assert told == (
        "sales: Mon 09:00-12:30, 13:30-18:00; Tue to Thu 09:00-18:00; Fri 09:00-17:00 (Europe/Bucharest); "
        "closed on 2026-01-01, 2026-12-25"
    )


def test_what_is_not_written_is_told_by_its_default() -> None:
    assert words(spec(), "Who it is about")[0] == "every lead that no agreement with a condition is about"
    assert words(spec(), "Changes") == ["what becomes known within 7 days after the due time may change a verdict"]
    assert words(spec(), "Points for what they did") == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("90s", "1 minute 30 seconds"),
        ("2h30m", "2 hours 30 minutes"),
        ("1d", "1 day"),
        ("14d", "14 days"),
        ("24h", "24 hours"),
    ],
)
def test_durations_are_told_in_words(text: str, told: str) -> None:
    assert duration_words(text) == told


def test_days_of_a_calendar_are_working_days() -> None:
    assert duration_words("2d", working=True) == "2 working days"
    assert duration_words("30m", working=True) == "30 minutes"


def test_a_condition_has_no_parentheses_around_the_whole_and_is_told_to_its_end() -> None:
    a, b = {"field": "a", "equals": 1}, {"field": "b", "equals": True}
    assert condition({"any": [a, {"all": [a, b]}]}) == "a is 1 or (a is 1 and b is true)"
    assert condition({"all": [{"any": [a, b]}, {"any": [b, a]}]}) == ("(a is 1 or b is true) and (b is true or a is 1)")
    assert condition({"not": a}) == "not (a is 1)"
    countries = [f"country {number}" for number in range(500)]
    assert condition({"field": "c", "in": countries}).endswith("country 499")
