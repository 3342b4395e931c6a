import pytest

from events.envelope import Envelope
from events.sla import (
    SlaAnswered,
    SlaBreached,
    SlaBreachRetracted,
    SlaFact,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRevised,
    SlaWarned,
)
from tests.streams.deciders.lead.desk import DESK, IMPATIENT, PAUSED
from tests.support.given import DAYS, called, captured, given, inbound, minute, said, status, won


def late(story_facts: list[Envelope]) -> list[str]:
    return [type(told.data).__name__ for told in story_facts if told.late is True]


def test_an_answer_that_becomes_known_after_the_breach_takes_it_back() -> None:
    story = given(DESK).history(captured(0)).when(called(20, recorded=45), until=99)
    story.then(
        [
            said(SlaWarned, 24),
            said(SlaBreached, 30),
            said(SlaBreachRetracted, 30, now="met", was_due=30, due=30, answered_at=20, revision=1),
        ],
        of=SlaFact,
    )
    assert late(story.facts) == []


def test_a_breach_falls_as_well_when_the_lead_turns_out_to_have_been_closed() -> None:
    story = given(DESK).history(captured(0)).when(status("Unqualified", 20, recorded=45))
    story.then(
        [said(SlaWarned, 24), said(SlaBreached, 30), said(SlaBreachRetracted, 30, now="cancelled", answered_at=None)],
        of=SlaFact,
    )


def test_after_a_late_answer_an_earlier_one_still_takes_the_breach_back() -> None:
    story = given(DESK).history(captured(0), called(50)).when(called(20, recorded=60))
    story.then([said(SlaBreachRetracted, 30, now="met", answered_at=20)], of=SlaFact)


def test_patience_ends_one_microsecond_after_its_last_instant() -> None:
    last = 30 + 7 * DAYS
    given(DESK).history(captured(0)).when(called(20, recorded=last)).then(
        [said(SlaWarned, 24), said(SlaBreached, 30), said(SlaBreachRetracted, 30)], of=SlaFact
    )
    story = given(DESK).history(captured(0)).when(called(20, recorded=last + 1 / 60_000_000))
    story.then([said(SlaWarned, 24), said(SlaBreached, 30)], of=SlaFact)
    assert (late(story.facts), story.clock("first_response").verdict) == (["LeadTouched"], "breached")


@pytest.mark.parametrize("late_fact", [called(20, recorded=120), status("Unqualified", 20, recorded=120)])
def test_a_fact_later_than_the_patience_is_marked_late_and_the_verdict_stands(late_fact: object) -> None:
    story = given(IMPATIENT).history(captured(0)).when(late_fact, until=999)  # type: ignore[arg-type]
    story.then([said(SlaWarned, 24), said(SlaBreached, 30)], of=SlaFact)
    assert len(late(story.facts)) == 1


def test_a_fact_that_would_change_nothing_is_not_marked_late() -> None:
    story = given(IMPATIENT).history(captured(0))
    story.when(inbound(20, recorded=120), called(100, recorded=130), status("Contacted", 20, recorded=140))
    assert late(story.facts) == []


def test_an_answer_marked_late_is_kept_in_the_history() -> None:
    story = given(IMPATIENT).history(captured(0)).when(called(20, recorded=120))
    assert [touch.at for touch in story.live.lead.touches] == [minute(20)]


def test_a_conversion_later_than_the_patience_is_marked_late() -> None:
    story = given(IMPATIENT).history(captured(0)).when(won(20, recorded=120), until=999)
    story.then([said(SlaWarned, 24), said(SlaBreached, 30)], of=SlaFact)
    assert late(story.facts) == ["LeadConverted"]


def test_a_closing_before_the_answer_that_comes_too_late_is_marked_late() -> None:
    story = given(IMPATIENT).history(captured(0), called(20)).when(status("Unqualified", 10, recorded=120))
    story.then([], of=SlaFact)
    assert late(story.facts) == ["LeadStatusChanged"]


def test_a_closing_before_the_answer_turns_met_into_cancelled() -> None:
    story = given(DESK).history(captured(0), called(20)).when(status("Unqualified", 10, recorded=25))
    story.then([said(SlaRevised, 10, was="met", now="cancelled", due=30, answered_at=None)], of=SlaFact)


def test_an_answer_before_the_closing_turns_cancelled_into_met() -> None:
    story = given(DESK).history(captured(0), status("Unqualified", 20)).when(called(10, recorded=25))
    story.then([said(SlaRevised, 10, was="cancelled", now="met", answered_at=10)], of=SlaFact)


def test_a_pause_moves_the_due_and_the_warning_by_its_length() -> None:
    story = given(PAUSED).history(captured(0)).when(status("Nurturing", 10), status("Contacted", 70), until=91)
    story.then(
        [
            said(SlaPaused, 10, status="Nurturing", was_due=30, due=None, revision=1),
            said(SlaResumed, 70, status="Contacted", due=90, warn_at=84, revision=2),
            said(SlaWarned, 84, due=90),
            said(SlaBreached, 90, due=90),
        ],
        of=SlaFact,
    )


def test_a_clock_that_starts_in_a_pause_stands_still_from_the_start() -> None:
    story = given(PAUSED).history(status("Nurturing", -10)).when(captured(0), status("Contacted", 15))
    assert story.clock("first_response").due == minute(45)


def test_an_answer_in_a_pause_meets_the_clause() -> None:
    story = given(PAUSED).history(captured(0), status("Nurturing", 10)).when(called(300))
    story.then([said(SlaMet, 300, answered_at=300, due=320)], of=SlaFact)


def test_a_pause_that_begins_with_the_answer_does_not_matter() -> None:
    story = given(PAUSED).history(captured(0), status("Nurturing", 20)).when(called(20), until=99)
    story.then([said(SlaMet, 20, due=30)], of=SlaFact)


def test_a_pause_known_late_takes_the_breach_back_and_lets_the_clock_run_on() -> None:
    story = given(PAUSED).history(captured(0)).when(status("Nurturing", 10, recorded=40), until=50)
    story.then(
        [said(SlaWarned, 24), said(SlaBreached, 30), said(SlaBreachRetracted, 30, now="open", due=None, was_due=30)],
        of=SlaFact,
    )
    story.when(status("Contacted", 60), until=99)
    story.then([said(SlaResumed, 60, due=80), said(SlaBreached, 80, due=80)], of=SlaFact)


def test_the_end_of_a_pause_known_late_moves_the_due_back() -> None:
    story = given(PAUSED).history(captured(0), status("Nurturing", 10), status("Contacted", 70))
    story.when(status("Contacted", 20, recorded=75), until=99)
    story.then([said(SlaRevised, 20, was_due=90, due=40), said(SlaWarned, 34), said(SlaBreached, 40)], of=SlaFact)


def test_a_pause_that_was_shorter_than_known_turns_met_into_breached() -> None:
    story = given(PAUSED).history(captured(0), status("Nurturing", 10), status("Contacted", 70), called(75))
    story.when(status("Contacted", 20, recorded=80), until=99)
    story.then([said(SlaRevised, 20, was="met", now="breached", due=40, answered_at=75)], of=SlaFact)


def test_ids_of_a_second_breach_differ_from_those_of_the_first() -> None:
    story = (
        given(PAUSED).history(captured(0)).when(status("Nurturing", 10, recorded=40), status("Contacted", 60), until=99)
    )
    breaches = [told.id for told in story.facts if isinstance(told.data, SlaBreached)]
    assert len(breaches) == len(set(breaches)) == 2


def test_a_clock_answered_in_a_pause_is_not_revised_by_a_fact_that_changes_nothing() -> None:
    story = given(PAUSED).history(captured(0), status("Nurturing", 10), called(20), status("Contacted", 25))
    story.when(called(22, recorded=26)).then([], of=SlaFact)


def test_a_clock_cancelled_in_a_pause_is_not_revised_by_a_fact_that_changes_nothing() -> None:
    story = given(PAUSED).history(captured(0), status("Nurturing", 10), status("Unqualified", 20))
    story.when(called(40)).then([], of=SlaFact)


def test_an_answer_known_after_the_patience_ends_no_escalation_twice() -> None:
    story = given(IMPATIENT).history(captured(0)).when(called(40, recorded=999), called(20, recorded=1000), until=2000)
    story.then([said(SlaWarned, 24), said(SlaBreached, 30), said(SlaAnswered, 40, late_by_us=600_000_000)], of=SlaFact)
