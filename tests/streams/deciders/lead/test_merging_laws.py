"""What has to hold of leads that are one person, in whatever order they come to know of each other."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.agents.lead_bytes import dump_lead
from streams.deciders.lead.person import Person, age
from tests.streams.deciders.lead.persons import APART, LEADS, ONE, aged, histories, own, shown
from tests.support.given import Arrival, captured, dotted, inbound
from tests.support.laws import examples
from tests.support.town import Town

SEVERAL = st.tuples(*(histories() for _ in LEADS))


def town_of(
    found: Sequence[list[Arrival]], data: st.DataObject | None, *, twice: bool = False, forgetful: bool = False
) -> Town:
    """All of that is told, the leads one after the other, or in an order and with pauses that `data` chooses."""
    town = Town(ONE, twice=twice, forgetful=forgetful)
    for name in LEADS:
        town.lead(name)
    if data is None:
        for name, history in zip(LEADS, found, strict=True):
            town.tell(name, *history).settle()
        return town
    left = {name: list(history) for name, history in zip(LEADS, found, strict=True) if history}
    while left:
        if town.waiting and data.draw(st.booleans(), "hear"):
            town.hear(lambda count: data.draw(st.integers(0, count - 1), "who"))
            continue
        name = data.draw(st.sampled_from(sorted(left)), "upstream")
        town.tell(name, left[name].pop(0))
        if not left[name]:
            del left[name]
    return town.settle(lambda count: data.draw(st.integers(0, count - 1), "who"))


@settings(max_examples=examples(100), deadline=None)
@given(st.tuples(*(histories().map(aged) for _ in LEADS)), st.data())
def test_the_order_of_claims_changes_neither_the_winner_nor_what_it_knows(
    found: tuple[list[Arrival], ...], data: st.DataObject
) -> None:
    usual, other = town_of(found, None), town_of(found, data)
    for name in usual.leads:
        root = usual.root(name)
        assert other.root(name) == root
        assert shown(other.lead(root)) == shown(usual.lead(root))


@settings(max_examples=examples(100), deadline=None)
@given(SEVERAL, st.data())
def test_the_winner_is_always_the_oldest_and_merges_form_no_circle(
    found: tuple[list[Arrival], ...], data: st.DataObject
) -> None:
    town = town_of(found, data)
    persons = {name: story.live.lead.person or Person() for name, story in town.leads.items()}
    for name, person in persons.items():
        root = town.root(name)
        members = {each for each in persons if town.root(each) == root}
        assert set(persons[root].parts) == members - {root}
        assert min(members, key=lambda each: age(persons[each].captured_at, each)) == root
        assert (person.into is None) == (name == root)


@settings(max_examples=examples(100), deadline=None)
@given(SEVERAL, SEVERAL, st.data())
def test_taking_all_merges_back_restores_everybody_exactly(
    before: tuple[list[Arrival], ...], after: tuple[list[Arrival], ...], data: st.DataObject
) -> None:
    town, alone = town_of(before, data), Town(APART)
    for name, first, second in zip(LEADS, before, after, strict=True):
        later = [each._replace(recorded=each.recorded + 10**11, source=each.source + "/later") for each in second]
        town.tell(name, *later)
        alone.tell(name, *first, *later)
    town.settle(lambda count: data.draw(st.integers(0, count - 1), "who"))
    at = 10_000
    while merged := [name for name in town.leads if town.root(name) != name]:  # who stands alone may be told of others
        at += 1
        town.unmerge(data.draw(st.sampled_from(merged), "unmerged"), at)
        town.settle(lambda count: data.draw(st.integers(0, count - 1), "who"))
    for name, story in town.leads.items():
        assert shown(story) == shown(alone.lead(name))


@settings(max_examples=examples(60), deadline=None)
@given(SEVERAL)
def test_what_is_told_twice_changes_nothing(found: tuple[list[Arrival], ...]) -> None:
    once, twice = town_of(found, None), town_of(found, None, twice=True)
    for name, story in once.leads.items():
        assert dump_lead(twice.lead(name).live.lead) == dump_lead(story.live.lead)


@settings(max_examples=examples(60), deadline=None)
@given(SEVERAL, st.data())
def test_the_winner_has_each_history_exactly_as_its_lead_has_it(
    found: tuple[list[Arrival], ...], data: st.DataObject
) -> None:
    town = town_of(found, data)
    for root in {town.root(name) for name in town.leads}:
        person = town.lead(root).live.lead.person
        for name, part in {} if person is None else person.parts.items():
            theirs = town.lead(name).live.lead
            assert own(part) == own(theirs.person.own if theirs.person and theirs.person.own else theirs)
            assert part.captured_at == theirs.captured_at


@settings(max_examples=examples(60), deadline=None)
@given(SEVERAL, SEVERAL)
def test_what_is_only_kept_to_be_fast_changes_nothing_that_is_told(
    before: tuple[list[Arrival], ...], after: tuple[list[Arrival], ...]
) -> None:
    quick, forgetful = town_of(before, None), town_of(before, None, forgetful=True)
    for name, history in zip(LEADS, after, strict=True):
        for each in history:
            later = each._replace(recorded=each.recorded + 10**11, source=each.source + "/later")
            quick.tell(name, later).settle()
            forgetful.tell(name, later).settle()
    for name, story in quick.leads.items():
        assert story.facts == forgetful.lead(name).facts


def test_a_touch_that_two_merged_leads_have_scores_once() -> None:
    same = inbound(5, fact_id="click-1")
    town = Town(ONE)
    for name, at in (("ana", 0), ("bob", 1)):
        town.tell(name, captured(at, profile=dotted(person__email="x@acme.example")), same)
    town.settle()
    assert town.root("bob") == "ana"
    lead = town.lead("ana").live.lead
    assert len(lead.touches) == 1
    assert lead.score is not None
    assert lead.score[2] == 25


def test_a_touch_that_is_told_of_two_leads_after_their_merge_scores_once_whoever_has_it_first() -> None:
    for first, second in (("ana", "bob"), ("bob", "ana")):
        town = Town(ONE)
        for name, at in (("ana", 0), ("bob", 1)):
            town.tell(name, captured(at, profile=dotted(person__email="x@acme.example")))
        town.settle().tell("ana", inbound(4)).settle()
        town.tell(first, inbound(5, fact_id="click-1", channel="webinar")).settle()
        town.tell(second, inbound(5, fact_id="click-1", channel="webinar")).settle()
        lead = town.lead("ana").live.lead
        assert lead.score is not None
        assert lead.score[2] == 35
