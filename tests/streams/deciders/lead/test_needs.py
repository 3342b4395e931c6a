from events.sla import SlaAnswered, SlaBreached, SlaBreachRetracted, SlaFact, SlaMet, SlaStarted, TouchCount
from streams.deciders.lead.given import Given
from streams.deciders.lead.ruled import finding_of, ruled_by
from tests.streams.deciders.lead.desk import DESK, IMPATIENT
from tests.support.given import DAYS, Story, called, captured, given, inbound, said, status

NEEDS = "needs: [{channel: call, count: 2}, {channel: email, count: 1}], within: 30m"
FIRST = "stopped_by: {touch: {channel: [call, email]}}, within: 30m, warn_at: 80%"
EFFORT, HASTY = DESK.replace(FIRST, NEEDS), IMPATIENT.replace(FIRST, NEEDS)


def left(story: Story) -> dict[str, int]:
    """What the clock says is still missing."""
    lead = story.live.lead
    known = Given(story.known, lead.recorded_at, lead.recorded_at, story.subject)
    return {need.channel: need.count for need in finding_of(lead, ruled_by(lead.clocks[0], known)).left}


def mailed(at: float, recorded: float | None = None) -> object:
    return called(at, recorded, channel="email", kind="sent")


def test_a_clock_that_counts_touches_says_what_it_needs_when_it_starts() -> None:
    needs = (TouchCount(channel="call", count=2), TouchCount(channel="email", count=1))
    given(EFFORT).when(captured(0)).then([said(SlaStarted, 0, needs=needs, counts_after=None)], of=SlaFact)


def test_effort_is_met_when_the_last_needed_touch_happens() -> None:
    story = given(EFFORT).history(captured(0), called(5), mailed(10))  # type: ignore[arg-type]
    story.when(called(20), until=99).then([said(SlaMet, 20, answered_at=20)], of=SlaFact)


def test_a_finding_says_what_is_still_left() -> None:
    story = given(EFFORT).when(captured(0))
    assert left(story) == {"call": 2, "email": 1}
    story.when(called(5), mailed(6), mailed(7))  # type: ignore[arg-type]
    assert left(story) == {"call": 1}
    story.when(called(8))
    assert left(story) == {}


def test_more_of_one_channel_does_not_make_up_for_another() -> None:
    story = given(EFFORT).history(captured(0)).when(called(1), called(2), called(3), called(4), until=31)
    story.then([said(SlaBreached, 30)], of=SlaFact)


def test_only_outbound_touches_of_the_side_that_promised_count() -> None:
    story = (
        given(EFFORT)
        .history(captured(0))
        .when(called(1), called(2, side="marketing"), inbound(3, channel="call"), called(4, channel="sms"))
    )
    assert left(story) == {"call": 1, "email": 1}


def test_a_touch_before_the_start_counts_at_the_start() -> None:
    story = given(EFFORT).history(called(-9), mailed(-8), called(-7))  # type: ignore[arg-type]
    story.when(captured(0)).then([said(SlaStarted, 0, needs=()), said(SlaMet, 0, answered_at=0)], of=SlaFact)


def test_an_effort_that_is_complete_after_the_due_is_answered_late() -> None:
    story = given(EFFORT).history(captured(0)).when(called(5), mailed(6), called(40), called(50), until=99)  # type: ignore[arg-type]
    story.then([said(SlaBreached, 30), said(SlaAnswered, 40, late_by_us=600_000_000)], of=SlaFact)


def test_a_touch_that_becomes_known_late_takes_the_breach_back() -> None:
    story = given(EFFORT).history(captured(0), called(5), mailed(25))  # type: ignore[arg-type]
    story.when(called(10, recorded=45), until=99)
    story.then([said(SlaBreached, 30), said(SlaBreachRetracted, 30, now="met", answered_at=25)], of=SlaFact)


def test_a_touch_later_than_the_patience_is_marked_late_although_another_one_completed_the_effort() -> None:
    story = given(HASTY).history(captured(0), called(5), mailed(25)).when(called(10, recorded=2 * DAYS), until=3 * DAYS)  # type: ignore[arg-type]
    story.then([said(SlaBreached, 30)], of=SlaFact)
    assert [told.data for told in story.facts if told.late is True] == [story.facts[-1].data]


def test_a_closing_ends_an_effort_that_is_not_complete() -> None:
    story = given(EFFORT).history(captured(0), called(5)).when(status("Unqualified", 10), until=99)
    assert (story.clock("first_response").verdict, left(story)) == ("cancelled", {"call": 1, "email": 1})
