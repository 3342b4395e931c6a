import pytest

from events.lead import LeadArchived, LeadCaptured, LeadConverted, LeadHandedOver, LeadQualified, LeadStatusChanged
from events.sla import SlaAnswered, SlaBreached, SlaCancelled, SlaFact, SlaMet, SlaStarted, SlaWarned
from tests.streams.deciders.lead.desk import DESK, PAUSED, QUALIFYING
from tests.support.given import (
    DAYS,
    Story,
    called,
    captured,
    dotted,
    given,
    inbound,
    learned,
    said,
    status,
    won,
)

MICROSECOND = 1 / 60_000_000
GOOD = dotted(company__name="Acme", company__employees=100, answers__contact_me=True)


def test_a_capture_starts_the_clock_at_the_time_the_source_says() -> None:
    given(DESK).when(captured(0, recorded=2)).then(
        [
            said(LeadCaptured, 0, agreement="desk"),
            said(SlaStarted, 0, clause="first_response", version=1, cycle=1, side="sales", due=30, warn_at=24,
                 target="30m", calendar=None, ingest_lag_us=120_000_000),
        ]
    )  # fmt: skip


def test_an_answer_in_time_meets_the_clause_and_nothing_fires_any_more() -> None:
    story = given(DESK).history(captured(0)).when(called(29), until=99)
    story.then([said(SlaWarned, 24), said(SlaMet, 29, due=30, answered_at=29)], of=SlaFact)


def test_an_answer_at_the_due_instant_is_in_time() -> None:
    story = given(DESK).history(captured(0)).when(called(30), until=99)
    story.then([said(SlaWarned, 24), said(SlaMet, 30, answered_at=30)], of=SlaFact)


def test_an_answer_a_microsecond_after_the_due_is_late() -> None:
    story = given(DESK).history(captured(0)).when(called(30 + MICROSECOND), until=99)
    story.then(
        [said(SlaWarned, 24), said(SlaBreached, 30, due=30), said(SlaAnswered, 30 + MICROSECOND, late_by_us=1)],
        of=SlaFact,
    )


def test_an_answer_before_the_start_counts_at_the_start() -> None:
    story = given(DESK).history(called(-20)).when(captured(0), until=99)
    story.then([said(SlaStarted, 0), said(SlaMet, 0, answered_at=0)], of=SlaFact)


def test_silence_is_warned_of_once_and_breached_once() -> None:
    story = given(DESK).history(captured(0)).when(inbound(5), inbound(25), inbound(40), until=30 * DAYS)
    story.then([said(SlaWarned, 24, percent=80, due=30), said(SlaBreached, 30, due=30)], of=SlaFact)


def test_a_deadline_fires_only_when_time_has_gone_past_it() -> None:
    given(DESK).history(captured(0)).when(until=24).then([])
    given(DESK).history(captured(0)).when(until=24 + MICROSECOND).then([said(SlaWarned, 24)])
    given(DESK).history(captured(0)).when(inbound(30)).then([said(SlaWarned, 24)], of=SlaFact)


def test_an_answer_after_the_breach_says_how_late_it_is_and_only_the_first_one_does() -> None:
    story = given(DESK).history(captured(0)).when(called(90), called(91), until=200)
    breach = [said(SlaWarned, 24), said(SlaBreached, 30)]
    story.then([*breach, said(SlaAnswered, 90, answered_at=90, late_by_us=3_600_000_000)], of=SlaFact)


@pytest.mark.parametrize("wrong", [inbound(5, channel="call"), called(5, channel="sms"), called(5, side="marketing")])
def test_only_what_the_clause_names_answers_it(wrong: object) -> None:
    story = given(DESK).history(captured(0)).when(wrong, until=31)  # type: ignore[arg-type]
    story.then([said(SlaWarned, 24), said(SlaBreached, 30)], of=SlaFact)


@pytest.mark.parametrize(
    ("closing", "after", "reason"),
    [
        (status("Unqualified", 10), [], "Unqualified"),
        (status("Won", 10), [said(LeadConverted, 10, status="Won")], "Won"),
        (status("Shelved", 10), [said(LeadArchived, 10, reason="Shelved")], "Shelved"),
    ],
)
def test_a_status_that_closes_the_lead_cancels_its_clock(closing: object, after: list[object], reason: str) -> None:
    story = given(DESK).history(captured(0)).when(closing, until=99)  # type: ignore[arg-type]
    told = [said(LeadStatusChanged, 10), said(SlaCancelled, 10, due=30, reason=reason), *after]
    story.then(told)  # type: ignore[arg-type]


def test_a_conversion_told_by_another_system_cancels_the_clock() -> None:
    story = given(DESK).history(captured(0)).when(won(10), until=99)
    story.then([said(LeadConverted, 10), said(SlaCancelled, 10, reason="converted")])


def test_a_status_that_closes_nothing_leaves_the_clock_running() -> None:
    given(DESK).history(captured(0)).when(status("Contacted", 10)).then([said(LeadStatusChanged, 10)])


def test_a_breach_stands_when_the_lead_is_closed_afterwards() -> None:
    story = given(DESK).history(captured(0)).when(status("Unqualified", 40), called(50), until=99)
    assert (story.clock("first_response").verdict, story.clock("first_response").answered) == ("breached", False)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_an_answer_beats_a_cancel_at_the_same_instant(order: list[int]) -> None:
    both = [called(10), status("Unqualified", 10)]
    story = given(DESK).history(captured(0)).when(*(both[index] for index in order), until=99)
    assert story.clock("first_response").verdict == "met"


def test_a_second_capture_starts_no_second_clock() -> None:
    story = given(DESK).history(captured(0)).when(captured(5, source="again"))
    story.then([said(LeadCaptured, 5, agreement="desk")])


def test_a_lead_closed_before_its_capture_gets_no_clock() -> None:
    story = given(DESK).history(status("Unqualified", -5)).when(captured(0), until=99)
    story.then([said(LeadCaptured, 0)])


def test_a_lead_opened_again_at_the_instant_its_clock_starts_gets_its_clock() -> None:
    """A late fact qualifies at the latest instant known: the one at which the lead was opened again."""
    story = given(QUALIFYING).history(
        captured(0, profile=dotted(company__name="Acme", company__employees=100)),
        status("Unqualified", 5),
        status("Contacted", 10),
    )
    story.when(learned(8, recorded=12, answers__contact_me=True), until=12)
    story.then([said(SlaStarted, 10), said(SlaMet, 10), said(SlaStarted, 10, due=40)], of=SlaFact)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_a_lead_opened_and_closed_at_the_instant_its_clock_starts_cancels_it(order: list[int]) -> None:
    both = [status("Contacted", 0), status("Unqualified", 0)]
    story = (
        given(DESK).history(status("Unqualified", -5), *(both[index] for index in order)).when(captured(0), until=99)
    )
    story.then([said(SlaStarted, 0), said(SlaCancelled, 0, reason="Unqualified")], of=SlaFact)


def test_a_closing_known_late_cancels_the_clock_from_its_start() -> None:
    story = given(DESK).history(captured(0)).when(status("Unqualified", -5, recorded=10))
    story.then([said(SlaCancelled, 0, reason="Unqualified")], of=SlaFact)


def test_a_capture_that_arrives_after_its_due_is_breached_by_its_deadline_alone() -> None:
    story = given(DESK).when(captured(0, recorded=60))
    story.then([said(LeadCaptured, 0), said(SlaStarted, 0, due=30)])
    story.when(until=61).then([said(SlaWarned, 24), said(SlaBreached, 30)])


def test_a_capture_that_arrives_after_its_late_answer_ends_breached_and_answered() -> None:
    story = given(DESK).history(called(40)).when(captured(0, recorded=60), until=61)
    story.then(
        [
            said(SlaStarted, 0),
            said(SlaWarned, 24),
            said(SlaBreached, 30),
            said(SlaAnswered, 40, late_by_us=600_000_000),
        ],
        of=SlaFact,
    )


def test_the_hand_over_answers_marketing_at_once_and_starts_the_clock_of_sales() -> None:
    story = given(QUALIFYING).when(captured(0, recorded=3, profile=GOOD))
    story.then(
        [
            said(SlaStarted, 0, clause="hand_over", side="marketing", due=60),
            said(SlaMet, 0, clause="hand_over", answered_at=0),
            said(SlaStarted, 0, clause="first_response", side="sales", due=30),
        ],
        of=SlaFact,
    )


def test_the_clock_of_sales_starts_when_the_last_fact_that_qualified_happened() -> None:
    story = given(QUALIFYING).history(captured(0, profile=dotted(company__name="Acme", company__employees=100)))
    story.when(learned(45, answers__contact_me=True))
    story.then([said(LeadQualified, 45), said(LeadHandedOver, 45)], of=LeadQualified | LeadHandedOver)  # type: ignore[arg-type]
    assert story.clock("first_response").start == story.clock("hand_over").start
    story.then([said(SlaStarted, 45), said(SlaMet, 45), said(SlaStarted, 45, due=75)], of=SlaFact)


def test_due_and_warning_of_a_pause_without_an_end_are_unknown() -> None:
    story = given(PAUSED).history(captured(0), status("Nurturing", 10)).when(until=30 * DAYS).then([])
    clock = story.clock("first_response")
    assert (clock.due, clock.warn_at, clock.verdict) == (None, None, "open")


def test_the_breach_of_one_clock_warns_of_no_other() -> None:
    second = "  fast: {starts_on: captured, stopped_by: {touch: {}}, within: 10m}\nlate_facts"
    story = given(DESK.replace("late_facts", second)).history(captured(0)).when(until=11)
    story.then([said(SlaBreached, 10, clause="fast")], of=SlaFact)


def test_what_a_deadline_says_became_known_at_its_due_however_late_it_fires() -> None:
    story = given(DESK).history(captured(0)).when(until=99 * DAYS)
    assert [told.recordedat for told in story.facts[-2:]] == [told.time for told in story.facts[-2:]]


def clocks(story: Story) -> list[tuple[str, int, str]]:
    return [(clock.clause, clock.cycle, clock.verdict) for clock in story.live.lead.clocks]


def test_each_clock_of_a_lead_keeps_its_own_verdict() -> None:
    story = given(QUALIFYING).when(captured(0, profile=GOOD), until=31)
    assert clocks(story) == [("hand_over", 1, "met"), ("first_response", 1, "breached")]


def test_a_target_that_is_not_reached_before_the_calendar_ends_stops_nothing() -> None:
    rare = 'calendars: {rare: {timezone: UTC, hours: {mon: [["09:00", "10:00"]]}}}\n'
    never = DESK.replace("within: 30m, warn_at: 80%", "within: 36000d, calendar: rare") + rare
    given(never).when(captured(0)).then([said(LeadCaptured, 0)], of=LeadCaptured)
