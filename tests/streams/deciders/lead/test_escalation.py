import pytest

from events.sla import (
    SlaAnswered,
    SlaBreached,
    SlaBreachRetracted,
    SlaCancelled,
    SlaEscalated,
    SlaFact,
    SlaRevised,
    SlaWarned,
)
from tests.streams.deciders.lead.desk import DESK, IMPATIENT, PAUSED, QUALIFYING
from tests.support.given import DAYS, Arrival, Story, called, captured, dotted, given, learned, said, status, won

LEVELS = "escalate: [{after: 30m, to: manager}, {after: 1d, do: reassign}]"


MICROSECOND = 1 / 60_000_000


def escalating(text: str, levels: str = LEVELS) -> str:
    return text.replace("warn_at: 80%", f"warn_at: 80%, {levels}")


SLOW = escalating(DESK)
BREACH = [said(SlaWarned, 24), said(SlaBreached, 30, escalates_at=60)]
FIRST = said(SlaEscalated, 60, level=1, after="30m", to="manager", do=None, due=30, escalates_at=30 + DAYS)
SECOND = said(SlaEscalated, 30 + DAYS, level=2, after="1d", to=None, do="reassign", due=30, escalates_at=None)


def test_silence_after_a_breach_escalates_level_by_level_each_once() -> None:
    given(SLOW).history(captured(0)).when(until=30 * DAYS).then([*BREACH, FIRST, SECOND], of=SlaFact)


def test_a_level_fires_only_when_time_has_gone_past_it() -> None:
    given(SLOW).history(captured(0)).when(until=60).then(BREACH)
    given(SLOW).history(captured(0)).when(until=60 + MICROSECOND).then([*BREACH, FIRST])


def test_an_answer_after_the_breach_ends_the_escalation() -> None:
    story = given(SLOW).history(captured(0)).when(called(45), until=30 * DAYS)
    story.then([*BREACH, said(SlaAnswered, 45)], of=SlaFact)
    later = given(SLOW).history(captured(0)).when(called(90), until=30 * DAYS)
    later.then([*BREACH, FIRST, said(SlaAnswered, 90)], of=SlaFact)


def test_an_answer_at_the_very_instant_of_a_level_ends_the_escalation_before_it() -> None:
    story = given(SLOW).history(captured(0)).when(called(60), until=30 * DAYS)
    story.then([*BREACH, said(SlaAnswered, 60)], of=SlaFact)


@pytest.mark.parametrize("closing", [status("Unqualified", 45), won(45), status("Shelved", 60)])
def test_nobody_hears_of_a_lead_that_was_closed_before_the_level(closing: Arrival) -> None:
    story = given(SLOW).history(captured(0)).when(closing, until=30 * DAYS)
    story.then([], of=SlaEscalated)
    assert story.clock("first_response").verdict == "breached"


def test_a_lead_that_is_closed_between_two_levels_reaches_the_first_only() -> None:
    story = given(SLOW).history(captured(0)).when(status("Unqualified", 90), status("Contacted", 95), until=30 * DAYS)
    story.then([FIRST], of=SlaEscalated)


def test_a_breach_that_is_taken_back_takes_its_escalations_with_it() -> None:
    story = given(SLOW).history(captured(0)).when(called(20, recorded=90), until=30 * DAYS)
    story.then([*BREACH, FIRST, said(SlaBreachRetracted, 30, now="met", answered_at=20, level=1)], of=SlaFact)
    clock = story.clock("first_response")
    assert (clock.escalates_at, clock.escalated) == (None, 0)


def test_a_breach_taken_back_before_the_first_level_says_that_none_falls() -> None:
    story = given(SLOW).history(captured(0)).when(called(20, recorded=45), until=30 * DAYS)
    story.then([*BREACH, said(SlaBreachRetracted, 30, level=0)], of=SlaFact)


def test_an_answer_later_than_the_patience_leaves_breach_and_escalations_as_they_are() -> None:
    text = escalating(IMPATIENT)
    story = given(text).history(captured(0)).when(called(20, recorded=30 + 2 * DAYS), until=30 * DAYS)
    story.then([*BREACH, FIRST, SECOND], of=SlaFact)


def test_a_second_breach_of_a_clock_escalates_again_under_other_ids() -> None:
    """A pause that becomes known late takes the breach back; when it ends, the clock runs on and is breached again."""
    story = given(escalating(PAUSED)).history(captured(0), status("Nurturing", 10, recorded=70))
    story.when(status("Contacted", 80), until=30 * DAYS)
    story.then(
        [said(SlaEscalated, 130, level=1, due=100), said(SlaEscalated, 100 + DAYS, level=2, due=100)], of=SlaEscalated
    )
    ids = [told.id for told in story.facts if isinstance(told.data, SlaEscalated)]
    assert len(ids) == len(set(ids)) == 3


def test_levels_count_from_the_due_that_a_late_fact_has_moved_and_none_is_told_twice() -> None:
    story = given(escalating(PAUSED)).history(captured(0), status("Nurturing", 10), status("Contacted", 70))
    story.when(status("Contacted", 20, recorded=125), until=30 * DAYS)
    story.then(
        [
            said(SlaWarned, 84),
            said(SlaBreached, 90, escalates_at=120),
            said(SlaEscalated, 120, level=1, due=90),
            said(SlaRevised, 90, was="breached", now="breached", due=40, escalates_at=40 + DAYS),
            said(SlaEscalated, 40 + DAYS, level=2, due=40),
        ],
        of=SlaFact,
    )


def test_a_cancelled_clock_that_turns_out_breached_escalates_as_far_as_its_closing() -> None:
    story = given(escalating(PAUSED)).history(captured(0), status("Nurturing", 10), status("Contacted", 70))
    story.when(status("Unqualified", 75), status("Contacted", 20, recorded=80), until=30 * DAYS)
    story.then(
        [
            said(SlaCancelled, 75, due=90),
            said(SlaRevised, 20, was="cancelled", now="breached", due=40, escalates_at=70),
            said(SlaEscalated, 70, level=1),
        ],
        of=SlaFact,
    )


def test_escalation_counts_in_the_calendar_of_the_clause() -> None:
    """Monday 09:00 UTC is 11:00 in Bucharest. The office opens at 09:00 there, and closes at noon."""
    hours = '{mon: [["09:00", "12:00"]], tue: [["09:00", "12:00"]]}'
    office = f"calendars: {{office: {{timezone: Europe/Bucharest, hours: {hours}}}}}\n"
    text = escalating(DESK, "calendar: office, " + LEVELS).replace("within: 30m", "within: 50m") + office
    story = given(text).history(captured(0)).when(until=30 * DAYS)
    story.then(
        [said(SlaEscalated, DAYS - 120 + 20, due=50, level=1), said(SlaEscalated, DAYS + 50, level=2)],
        of=SlaEscalated,
    )


def test_a_level_in_hours_never_comes_before_a_working_day_in_front_of_it() -> None:
    levels = "escalate: [{after: 1d, to: manager}, {after: 2h, to: director}]"
    story = given(escalating(DESK, levels)).history(captured(0)).when(until=30 * DAYS)
    story.then(
        [said(SlaEscalated, 30 + DAYS, level=1), said(SlaEscalated, 30 + DAYS, level=2, to="director")],
        of=SlaEscalated,
    )


def test_a_capture_that_arrives_when_all_is_over_tells_every_level_at_its_time() -> None:
    story = given(SLOW).when(captured(0, recorded=9 * DAYS), until=10 * DAYS)
    story.then([*BREACH, FIRST, SECOND], of=SlaEscalated | SlaWarned | SlaBreached)  # type: ignore[arg-type]


def test_marketing_is_escalated_when_it_does_not_hand_over() -> None:
    levels = "within: 1h, escalate: [{after: 2h, to: head of marketing}]"
    text = QUALIFYING.replace("stopped_by: handed_over, within: 1h", f"stopped_by: handed_over, {levels}")
    good = dotted(company__name="Acme", company__employees=100)
    story = given("hand_over: manual\n" + text.lstrip()).history(captured(0, profile=good))
    story.when(learned(5, answers__contact_me=True), until=30 * DAYS)
    story.then(
        [said(SlaEscalated, 185, clause="hand_over", side="marketing", level=1, to="head of marketing")],
        of=SlaEscalated,
    )


def told_at_once(story: Story) -> list[tuple[str, object]]:
    return [(fact.id, fact.time) for fact in story.facts]


def test_however_long_nobody_looked_the_same_facts_are_told() -> None:
    """Time that passes in one go tells what time in small steps tells."""
    slowly = given(SLOW).history(captured(0), captured(7, source="again"))
    for at in range(10, 3 * DAYS, 7):
        slowly.when(until=at)
    at_once = given(SLOW).history(captured(0), captured(7, source="again")).when(until=3 * DAYS)
    assert told_at_once(slowly) == told_at_once(at_once)
