"""When a lead is to be woken may be known too early, by any lower bound, and never too late."""

from benchmarks import leads
from events.instants import MINUTE
from leadstream.folding import ToldState, told_state
from tests.support.given import Story, captured, given, inbound

SECOND = 1 / 60


def visited() -> tuple[Story, ToldState]:
    """A lead that decays out of its grade some day."""
    story = given(leads.AGREEMENT.read_text()).history(
        captured(0, source="web", profile={"company.employees": 100, "person.title": "Head"}),
        inbound(10 * SECOND, asset="pricing"),
    )
    story.passes(story.time + MINUTE)
    return story, told_state(story.live.lead, story.known, story.subject, story.time)


def test_any_lower_bound_of_a_decay_holds_up_to_the_exact_instant_and_none_that_is_later() -> None:
    story, told = visited()
    exact = told.latest()
    assert told.wake is not None
    assert exact is not None
    assert told.wake + 1 < exact, "what the fold gives is a bound itself"
    for bound in (story.time, told.wake, told.wake + 1, exact):
        assert told.holds(bound, story.time)
    assert not told.holds(exact + 1, story.time)


def test_a_wake_up_that_lies_in_the_past_or_is_missing_does_not_hold() -> None:
    story, told = visited()
    assert told.holds(story.time, story.time)
    assert not told.holds(story.time - 1, story.time)
    assert not told.holds(None, story.time)
