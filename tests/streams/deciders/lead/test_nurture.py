"""Who lacks need, authority or budget is warmed without a rep, and opens again by itself when that changes."""

import pytest

from events.lead import LeadArchived, LeadHandedOver, LeadQualified
from events.life import LeadReopened, LifeFact, NurtureRequested
from events.sla import SlaCancelled, SlaFact, SlaStarted
from tests.streams.deciders.lead.desk import QUALIFYING
from tests.support.given import DAYS, Arrival, Story, captured, dotted, given, inbound, learned, said, status, won

PATH = QUALIFYING.replace(
    "statuses: {Contacted: {means: working}, Unqualified: {means: unqualified}",
    "statuses: {Contacted: {means: working}, Later: {means: nurturing, on_enter: {request_nurture: drip}}, "
    "Unqualified: {means: unqualified, reasons: [no_need, no_authority, no_budget, no_answer, not_in_profile]}",
)
SILENT = PATH + "archive: {or_untouched_for: 10d}\n"
GOOD = captured(0, profile=dotted(company__name="Acme", company__employees=250, answers__contact_me=True))


def unqualified(at: float, reason: str, recorded: float | None = None) -> Arrival:
    return status("Unqualified", at, recorded, reason=reason)


def warmed(reason: str = "no_budget", agreement: str = PATH) -> Story:
    return given(agreement).history(GOOD, unqualified(5, reason))


def test_who_lacks_budget_is_warmed_and_nobody_has_to_act() -> None:
    story = given(PATH).history(GOOD).when(unqualified(5, "no_budget"), until=99)
    asked = said(NurtureRequested, 5, program="nurture", reason="no_budget", awaits=("answers.budget",))
    story.then([asked], of=LifeFact)  # type: ignore[arg-type]
    story.then([said(SlaCancelled, 5, clause="first_response", reason="Unqualified")], of=SlaFact)


def test_a_status_may_ask_for_a_program_of_its_own() -> None:
    story = given(PATH).history(GOOD).when(status("Later", 5))
    story.then([said(NurtureRequested, 5, program="drip", reason="", status="Later", awaits=())], of=NurtureRequested)


def test_a_reason_that_the_agreement_does_not_name_asks_for_nothing() -> None:
    given(PATH).history(GOOD).when(unqualified(5, "no_answer")).then([], of=LifeFact)  # type: ignore[arg-type]


def test_the_same_status_told_again_asks_once_and_another_reason_asks_anew() -> None:
    story = given(PATH).history(GOOD).when(unqualified(5, "no_budget"), unqualified(6, "no_budget"))
    story.then([said(NurtureRequested, 5)], of=NurtureRequested)
    story.when(unqualified(7, "no_need")).then([said(NurtureRequested, 7, reason="no_need")], of=NurtureRequested)


def test_a_status_that_was_left_before_it_became_known_asks_for_nothing() -> None:
    story = given(PATH).history(GOOD, status("Contacted", 8)).when(unqualified(5, "no_budget", recorded=9))
    story.then([], of=LifeFact)  # type: ignore[arg-type]


def test_a_status_told_before_the_capture_asks_once_the_agreement_is_known() -> None:
    given(PATH).history(unqualified(-5, "no_budget")).when(GOOD).then([said(NurtureRequested, -5)], of=NurtureRequested)


def test_a_reason_told_before_the_capture_that_asks_for_nothing_opens_nothing() -> None:
    story = given(PATH).history(unqualified(-5, "no_answer"), GOOD)
    story.when(inbound(9, asset="pricing"), learned(10, answers__budget=5000)).then([], of=LifeFact)  # type: ignore[arg-type]


def test_what_is_not_in_profile_is_put_aside() -> None:
    story = given(PATH).history(GOOD).when(unqualified(5, "not_in_profile"), unqualified(6, "not_in_profile"))
    story.then([said(LeadArchived, 5, reason="not_in_profile")], of=LeadArchived)


CHANGES = [
    ("no_budget", learned(9, answers__budget=5000), "answers.budget is known now"),
    ("no_authority", learned(9, person__title="CEO"), "person.title is known now"),
    ("no_need", learned(9, answers__challenge="too slow"), "answers.challenge is known now"),
    ("no_budget", inbound(9, asset="pricing"), "buying signal: Saw prices"),
]


@pytest.mark.parametrize(("reason", "change", "words"), CHANGES)
def test_it_opens_again_by_itself_when_the_missing_thing_changes(reason: str, change: Arrival, words: str) -> None:
    story = warmed(reason).when(change)
    story.then([said(LeadReopened, 9, reason=words, by=None, cycle=1)], of=LifeFact)  # type: ignore[arg-type]
    story.then([said(LeadQualified, 9, cycle=2)], of=LeadQualified)
    story.then([said(LeadHandedOver, 9, cycle=2)], of=LeadHandedOver)
    assert [told.data.cycle for told in story.facts[-9:] if isinstance(told.data, SlaStarted)] == [2, 2]


@pytest.mark.parametrize(
    "other", [learned(9, person__title="CEO"), inbound(9), captured(9), learned(9, answers__budget="")]
)
def test_nothing_else_opens_it(other: Arrival) -> None:
    warmed("no_budget").when(other, until=99).then([], of=LeadReopened | LeadQualified)  # type: ignore[arg-type]


def test_the_same_answer_again_is_no_change_and_another_one_is() -> None:
    story = given(PATH).history(GOOD, learned(1, answers__budget=100), unqualified(5, "no_budget"))
    story.when(learned(9, answers__budget=100)).then([], of=LeadReopened)
    story.when(learned(10, answers__budget=9000))
    story.then([said(LeadReopened, 10, reason="answers.budget changed")], of=LeadReopened)


def test_what_held_before_and_is_told_late_is_no_change() -> None:
    story = warmed().when(learned(3, recorded=9, answers__budget=100)).then([], of=LeadReopened)
    story.when(learned(10, answers__budget=100)).then([], of=LeadReopened)
    story.when(learned(11, answers__budget=200)).then([said(LeadReopened, 11)], of=LeadReopened)


def test_a_buying_signal_from_before_opens_nothing() -> None:
    story = given(PATH).history(GOOD, inbound(3, asset="pricing"), unqualified(5, "no_budget"))
    story.when(inbound(9)).then([], of=LeadReopened)


@pytest.mark.parametrize("change", [learned(7, answers__budget=100), inbound(7, asset="pricing")])
def test_a_status_known_late_opens_at_once_what_has_changed_since(change: Arrival) -> None:
    story = given(PATH).history(GOOD, change).when(unqualified(5, "no_budget", recorded=9))
    story.then([said(NurtureRequested, 5), said(LeadReopened, 7)], of=LifeFact)  # type: ignore[arg-type]


def test_the_agreement_says_which_change_counts() -> None:
    own = PATH + "nurture: {program: newsletter, reopened_by: {no_budget: [company.funding]}}\n"
    story = warmed(agreement=own).when(learned(9, answers__budget=5000)).then([], of=LeadReopened)
    story.when(learned(10, company__funding="B")).then([said(LeadReopened, 10)], of=LeadReopened)


def test_who_fell_silent_while_being_warmed_may_still_come_back() -> None:
    story = warmed(agreement=SILENT).when(until=20 * DAYS).then([said(LeadArchived, 5 + 10 * DAYS)], of=LeadArchived)
    story.when(learned(30 * DAYS, answers__budget=5000)).then([said(LeadReopened, 30 * DAYS)], of=LeadReopened)
    assert not story.live.lead.archived


def test_who_was_put_aside_for_another_reason_does_not_come_back_by_itself() -> None:
    story = given(PATH).history(GOOD, unqualified(5, "no_budget"), unqualified(6, "not_in_profile"))
    story.when(learned(9, answers__budget=5000)).then([], of=LeadReopened)


@pytest.mark.parametrize("ending", [won(7), status("Contacted", 7)])
def test_who_is_won_or_at_work_again_is_not_opened_later(ending: Arrival) -> None:
    warmed().history(ending).when(learned(9, answers__budget=5000)).then([], of=LeadReopened)
