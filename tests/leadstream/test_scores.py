"""The score as of any instant: what was told then where nothing came late, and never moved by what came after."""

from collections.abc import Sequence
from random import Random

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from events.instants import HOUR, to_us
from events.lead import LeadScored
from leadstream.scores import score_as_of
from streams.agreement.known import Known
from tests.streams.deciders.lead.desk import SCORED
from tests.streams.deciders.lead.lead_strategies import LARGE, NEXT, RICH, SPAN, arrivals, histories, offsets, wild
from tests.streams.deciders.lead.test_lead_laws import CAPTURE, told
from tests.support.given import DAYS, MONDAY, Arrival, captured, dotted, given, inbound, learned, minute, published
from tests.support.laws import examples

KNOWN = Known.of(map(published, (RICH, NEXT, LARGE)))
BIG = dotted(company__employees=100)


def in_time(arrived: Sequence[Arrival]) -> list[Arrival]:
    """The same history, heard of as it happened."""
    return [CAPTURE, *(one._replace(recorded=one.at) for one in sorted(arrived, key=lambda one: one.at))]


@for_all(histories(most=16))
@settings(max_examples=examples(80), deadline=None)
def test_where_nothing_came_late_the_score_as_of_an_instant_is_the_one_told_then(arrived: list[Arrival]) -> None:
    story = told(KNOWN, in_time(arrived))
    last = {to_us(fact.time): fact.data for fact in story.facts if isinstance(fact.data, LeadScored)}
    assert last
    for at, fact in last.items():
        found = score_as_of(story.facts, KNOWN, story.subject, at)
        shown = (found["score"], found["fit"], found["engagement"], found["grade"])
        assert shown == (fact.score, fact.fit, fact.engagement, fact.grade)
        assert (found["agreement"], found["version"]) == (fact.agreement, fact.version)


@for_all(histories(), offsets)
@settings(max_examples=examples(60), deadline=None)
def test_what_happens_later_never_moves_the_score_of_an_earlier_instant(arrived: list[Arrival], offset: int) -> None:
    history, at = in_time(arrived), MONDAY + offset
    whole, part = told(KNOWN, history), told(KNOWN, [one for one in history if one.at <= at])
    assert score_as_of(whole.facts, KNOWN, "anna", at) == score_as_of(part.facts, KNOWN, "anna", at)


@for_all(histories(), offsets, st.randoms(use_true_random=False))
@settings(max_examples=examples(60), deadline=None)
def test_the_score_and_its_reasons_do_not_depend_on_the_order_of_arrival(
    arrived: list[Arrival], offset: int, chance: Random
) -> None:
    distinct = list({(one.source, one.id): one for one in arrived if one.at != MONDAY}.values())
    times = {one.at for one in distinct}
    if len(times) < len(distinct):
        return  # of two values told for one instant the later one holds
    shuffled = list(distinct)
    chance.shuffle(shuffled)
    found = []
    for order in (distinct, shuffled):
        late = [one._replace(recorded=MONDAY + SPAN + HOUR + n) for n, one in enumerate(order)]
        found.append(score_as_of(told(KNOWN, [CAPTURE, *late]).facts, KNOWN, "anna", MONDAY + offset))
    assert found[0] == found[1]


@for_all(st.lists(st.one_of(wild(), arrivals()), max_size=6), offsets)
@settings(max_examples=examples(60), deadline=None)
def test_every_history_has_a_score_at_every_instant_that_its_reasons_add_up_to(
    arrived: list[Arrival], offset: int
) -> None:
    story = told(KNOWN, [*arrived, CAPTURE])
    for at in (0, MONDAY, MONDAY + offset, None):
        found = score_as_of(story.facts, KNOWN, story.subject, at)
        assert found.get("score", 0) == sum(reason["points"] for reason in found.get("reasons", ()))


def test_a_lead_has_no_score_before_it_was_captured() -> None:
    story = given(SCORED).when(inbound(-5, asset="pricing"), captured(0))
    assert score_as_of(story.facts, story.known, "anna", minute(-1)) == {}
    assert score_as_of(story.facts, story.known, "anna", minute(0))["score"] == 40


def test_what_came_late_is_in_the_score_of_the_instant_at_which_it_happened() -> None:
    story = given(SCORED).when(captured(0), inbound(0, recorded=30 * DAYS, asset="pricing"))
    assert score_as_of(story.facts, story.known, "anna", minute(15 * DAYS))["score"] == 30


def test_a_profile_counts_from_when_it_was_so() -> None:
    story = given(SCORED).when(captured(0), learned(10, company__employees=100))
    scores = [score_as_of(story.facts, story.known, "anna", minute(at))["score"] for at in (9, 10)]
    assert scores == [0, 20]


def test_the_rules_of_a_score_are_those_in_force_at_its_instant() -> None:
    second = (
        SCORED.replace("version: 1", "version: 2")
        .replace("2025-01-01", "2026-01-06")
        .replace("points: 20", "points: 35")
    )
    story = given(SCORED, second).when(captured(0, profile=BIG), until=3 * DAYS)
    found = [score_as_of(story.facts, story.known, "anna", minute(at)) for at in (10, 2 * DAYS)]
    assert [(each["score"], each["version"]) for each in found] == [(20, 1), (35, 2)]


def test_without_an_instant_the_score_is_that_of_the_last_fact() -> None:
    story = given(SCORED).when(captured(0), inbound(0, channel="webinar"), learned(30 * DAYS, person__title="CEO"))
    assert score_as_of(story.facts, story.known, "anna", None)["score"] == 20
