"""When a lead is to be woken may be known too early, by any lower bound, and never too late."""

from benchmarks import leads
from events.instants import MINUTE
from leadstream.verification import ToldState, told_state
from tests.support.given import Story, captured, given, inbound

SECOND = 1 / 60


def visited() -> tuple[Story, ToldState]:
    """A lead that decays out of its grade some day. Its second visit counts for nothing, and loosens the bound."""
    story = given(leads.AGREEMENT.read_text()).history(
        captured(0, source="web", profile={"company.employees": 100, "person.title": "Head"}),
        inbound(10 * SECOND, asset="pricing"),
        inbound(18 * SECOND, asset="pricing"),
    )
    story.passes(story.time + MINUTE)
    return story, told_state(story.live.lead, story.known, story.subject, story.time)


def test_a_kept_lower_bound_that_is_later_than_another_one_holds_up_to_the_exact_instant() -> None:
    story, told = visited()
    exact = told.latest()
    assert told.wake is not None
    assert exact is not None
    assert story.due is not None
    assert told.wake < story.due < exact, "the worker kept another bound than a fold finds now"
    assert told.holds(story.due, story.time)
    assert told.holds(exact, story.time)
    assert not told.holds(exact + 1, story.time)


def test_a_wake_up_that_lies_in_the_past_or_is_missing_does_not_hold() -> None:
    story, told = visited()
    assert told.holds(story.time, story.time)
    assert not told.holds(story.time - 1, story.time)
    assert not told.holds(None, story.time)
