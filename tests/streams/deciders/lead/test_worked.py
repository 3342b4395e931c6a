"""How much working time an answer took, told with it."""

from events.sla import SlaAnswered, SlaBreached, SlaBreachRetracted, SlaFact, SlaMet, SlaStarted
from tests.streams.deciders.lead.desk import DESK
from tests.support.given import DAYS, called, captured, given, said, status

WORK = (
    DESK.replace("within: 30m, warn_at: 80%", "within: 2h, calendar: office, paused_in: [Nurturing]")
    + """
calendars: {office: {timezone: UTC, hours: {mon: [["09:00", "12:00"], ["13:00", "17:00"]], tue: [["09:00", "17:00"]]}}}
"""
)
HOUR, SECOND_US = 60, 60_000_000


def test_only_time_in_the_hours_of_the_clause_is_counted() -> None:
    story = given(WORK).history(captured(2 * HOUR)).when(called(4.5 * HOUR))
    story.then([said(SlaMet, 4.5 * HOUR, worked_us=90 * SECOND_US)], of=SlaFact)


def test_time_in_which_the_clock_stood_still_is_not_counted() -> None:
    story = given(WORK).history(captured(0), status("Nurturing", 10), status("Contacted", 40)).when(called(60))
    story.then([said(SlaMet, 60, worked_us=30 * SECOND_US)], of=SlaFact)


def test_an_answer_after_the_breach_says_it_too() -> None:
    story = given(WORK).history(captured(0)).when(called(DAYS), until=2 * DAYS)
    story.then([said(SlaBreached, 120), said(SlaAnswered, DAYS, worked_us=7 * HOUR * SECOND_US)], of=SlaFact)


def test_a_late_fact_that_takes_a_breach_back_says_it_of_the_answer_that_counts() -> None:
    story = given(WORK).history(captured(0)).history(called(DAYS)).when(called(50, recorded=DAYS + 1))
    story.then([said(SlaBreachRetracted, 120, now="met", worked_us=50 * SECOND_US)], of=SlaFact)


def test_without_a_calendar_every_minute_counts() -> None:
    given(DESK).history(captured(0)).when(called(29)).then([said(SlaMet, 29, worked_us=29 * SECOND_US)], of=SlaMet)


def test_a_start_says_what_answers_the_clause() -> None:
    given(DESK).when(captured(0)).then([said(SlaStarted, 0, asks="call or e-mail")], of=SlaFact)
