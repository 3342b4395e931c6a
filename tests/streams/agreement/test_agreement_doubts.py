"""What can be carried out and yet cannot be meant: refused in a new agreement, carried out in one that is in force."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.instants import DAY, HOUR, from_us
from streams.agreement.compile import compile_agreement
from streams.agreement.load import from_document, load
from streams.agreement.problems import AgreementError
from streams.agreement.reachable import most_of
from streams.scoring.hits import Hit
from tests.streams.agreement.agreement_texts import EXAMPLES, GUIDE, SMALL
from tests.support.laws import examples

NOW = 20_455 * DAY + 12 * HOUR
"""2 January 2026, 12:00 UTC."""
PRICES = {"points": 30, "touch": {"asset": "pricing"}, "repeat": "once"}
LARGE = {"points": 20, "when": {"field": "company.employees", "at_least": 100}}
SCORING = {
    "fit": [LARGE],
    "engagement": {
        "groups": {"content": {"cap": 15}},
        "rules": [PRICES, {"points": 10, "group": "content", "touch": {"kind": "downloaded"}}],
    },
}
"""Fit 20 at most, engagement 45 at most."""


def doubted(**parts: Any) -> list[tuple[str, str]]:
    """What is wrong with a new agreement, and nothing with one in force."""
    compile_agreement(from_document(SMALL | parts))
    with pytest.raises(AgreementError) as caught:
        from_document(SMALL | parts, new_at=NOW)
    return [(problem.path, problem.message) for problem in caught.value.problems]


def fine(**parts: Any) -> bool:
    return from_document(SMALL | parts, new_at=NOW) == from_document(SMALL | parts)


def asked(**test: Any) -> dict[str, Any]:
    return {"scoring": SCORING, "qualified_lead": {"behavioural": {"any": [test, {"answer": "x", "equals": 1}]}}}


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yaml")), ids=lambda file: file.stem)
def test_nothing_in_an_example_is_doubted(file: Any) -> None:
    load(file.read_text(), new_at=NOW)


def test_nothing_in_the_guides_whole_agreement_is_doubted() -> None:
    load(GUIDE.read_text().split("```yaml\n")[1].split("```")[0], new_at=NOW)


RANGE = {"field": "company.employees", "at_least": 500, "at_most": 100}


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({"applies_to": RANGE}, "applies_to"),
        ({"applies_to": {"not": {"all": [RANGE]}}}, "applies_to.not.all[0]"),
        ({"scoring": {"fit": [{"points": 1, "when": RANGE}]}}, "scoring.fit[0].when"),
        ({"qualified_lead": {"situational": RANGE}}, "qualified_lead.situational"),
        ({"conversion": {"criteria": RANGE}}, "conversion.criteria"),
        ({"archive": {"when": RANGE}}, "archive.when"),
        (
            {
                "routing": {
                    "segments": [{"when": RANGE, "pool": "p"}],
                    "territories": [],
                    "fallback": {"pool": "p"},
                    "pools": {"p": {"members": [{"name": "ann"}]}},
                }
            },
            "routing.segments[0].when",
        ),
    ],
)
def test_bounds_that_no_number_keeps_are_named_wherever_they_stand(parts: dict[str, Any], place: str) -> None:
    assert doubted(**parts) == [(f"{place}.at_least", "500 is more than at_most, 100; no number is on both sides")]
    assert fine(applies_to={"field": "company.employees", "at_least": 100, "at_most": 100})


def test_points_of_the_definition_that_the_rules_never_give_are_named_with_what_they_give() -> None:
    assert doubted(**asked(score="engagement", at_least=46)) == [
        ("qualified_lead.behavioural.any[0].at_least", "is never reached: by the rules engagement is at most 45")
    ]
    assert doubted(**asked(score="fit", at_least=21))[0][1].endswith("fit is at most 20")
    assert doubted(**asked(score="total", at_least=66))[0][1].endswith("total is at most 65")
    assert fine(**asked(score="engagement", at_least=45))
    assert fine(**asked(score="total", at_least=65))


def test_a_grade_that_neither_fit_nor_engagement_reaches_is_named() -> None:
    def graded(**grades: int) -> dict[str, Any]:
        return {"scoring": SCORING | {"grades": grades}}

    words = "never given: fit is at most 20, engagement at most 45; expected at most 45"
    assert doubted(**graded(A=70, B=46, C=0)) == [("scoring.grades.A", words), ("scoring.grades.B", words)]
    assert fine(**graded(A=45, B=20, C=0))


def test_what_counts_again_and_again_reaches_any_points_below_the_cap() -> None:
    again = {"points": 1, "touch": {"kind": "opened"}}
    assert fine(scoring={"engagement": {"rules": [again]}, "grades": {"A": 100, "B": 0}})
    capped = {"engagement": {"groups": {"g": {"cap": 50}}, "rules": [again | {"group": "g"}]}}
    assert doubted(scoring=capped | {"grades": {"A": 51, "B": 0}})[0][0] == "scoring.grades.A"
    assert doubted(scoring={"cap": 50, "engagement": {"rules": [again]}, "grades": {"A": 51, "B": 0}})


POINTS = st.integers(-60, 60)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(POINTS, max_size=3),
    st.lists(st.tuples(POINTS, st.booleans(), st.integers(0, 3)), max_size=4),
    st.integers(1, 80),
    st.integers(1, 150),
    st.integers(0, 15),
)
def test_no_lead_has_more_points_than_the_rules_are_said_to_give(
    fit: list[int], rules: list[tuple[int, bool, int]], group_cap: int, cap: int, held: int
) -> None:
    spec = from_document(
        SMALL
        | {
            "scoring": {
                "cap": cap,
                "fit": [
                    {"points": points, "when": {"field": f"f{number}", "equals": 1}}
                    for number, points in enumerate(fit)
                ],
                "engagement": {
                    "groups": {"g": {"cap": group_cap}},
                    "rules": [
                        {"points": points, "touch": {"kind": f"k{number}"}}
                        | ({"group": "g"} if number % 2 else {})
                        | ({"repeat": "once"} if once else {})
                        for number, (points, once, _) in enumerate(rules)
                    ],
                },
            }
        }
    )
    assert spec.scoring is not None
    scorer, most = compile_agreement(spec).scorer, most_of(spec.scoring)
    assert scorer is not None
    profile = {f"f{number}": 1 for number in range(len(fit)) if held >> number & 1}
    hits = [
        Hit(NOW, f"{number}-{time}", len(fit) + number, rules[number][0])
        for number, (_, once, times) in enumerate(rules)
        for time in range(min(times, 1) if once else times)
    ]
    score = scorer.score(scorer.fit(profile), hits, NOW)
    assert score.fit <= most.of("fit")
    assert score.engagement <= most.of("engagement")
    assert score.score <= most.of("total")


def test_a_signature_of_a_day_that_has_begun_nowhere_is_doubted() -> None:
    def signed(day: date) -> dict[str, Any]:
        return {"signed": [{"side": "sales", "by": "head of sales", "at": day.isoformat()}]}

    today = from_us(NOW).date()
    assert fine(**signed(today))
    assert fine(**signed(today + timedelta(days=1))), "it is tomorrow already where days begin first"
    assert doubted(**signed(today + timedelta(days=2))) == [
        ("signed[0].at", "2026-01-04 is still to come; expected 2026-01-03 or earlier")
    ]


def test_statuses_and_reasons_that_people_cannot_tell_apart_are_named() -> None:
    statuses = {
        "Open": {"means": "open"},
        "open ": {"means": "working"},
        "No": {"means": "unqualified", "reasons": ["no_need", "No_Need", "no_need"]},
    }
    assert doubted(statuses=statuses) == [
        ("statuses.open ", "'open ' differs from 'Open' in capitals and spaces only; expected each once"),
        (
            "statuses.No.reasons[1]",
            "'No_Need' differs from 'no_need' in capitals and spaces only; expected each once",
        ),
        ("statuses.No.reasons[2]", "'no_need' stands there already; expected each once"),
    ]


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({"nurture": {"reasons": ["no_need", "no_need"]}}, "nurture.reasons[1]"),
        ({"nurture": {"archive_reasons": ["x", "X"]}}, "nurture.archive_reasons[1]"),
        ({"qualified_lead": {"required_fields": ["a", "b", "a"]}}, "qualified_lead.required_fields[2]"),
        ({"conversion": {"required_fields": ["a", "a"]}}, "conversion.required_fields[1]"),
        (
            {
                "sales_clauses": {
                    "c": {
                        "starts_on": "captured",
                        "stopped_by": "handed_over",
                        "within": "1h",
                        "paused_in": ["Contacted", "Contacted"],
                    }
                }
            },
            "sales_clauses.c.paused_in[1]",
        ),
    ],
)
def test_a_name_that_stands_twice_in_a_list_is_named(parts: dict[str, Any], place: str) -> None:
    assert [path for path, _ in doubted(**parts)] == [place]
    assert fine(qualified_lead={"required_fields": ["a", "A"]}), "fields are told apart letter by letter"


def test_doubts_are_told_together_with_what_is_wrong_each_with_its_line() -> None:
    text = (
        "agreement: small\nversion: 1\neffective_from: 2026-01-01T00:00:00Z\n"
        "signed:\n  - {side: sales, by: a, at: 2199-01-01}\n"
        "applies_to: {field: n, at_least: 2, at_most: 1}\n"
        "sales_clauses:\n  c: {starts_on: qualified, stopped_by: handed_over, within: 1h}\n"
    )
    with pytest.raises(AgreementError) as caught:
        load(text, new_at=NOW)
    assert [(each.line, each.path) for each in caught.value.problems] == [
        (5, "signed[0].at"),
        (6, "applies_to.at_least"),
        (8, "sales_clauses.c.starts_on"),
    ]
