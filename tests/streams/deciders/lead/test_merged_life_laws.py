"""What has to hold of the lives of leads that are one person, in whatever order they come to know of each other."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.commands import AcceptLead, ConvertLead, RejectLead, UnconvertLead
from events.fact import Fact
from events.identity import LeadIdentityLinked
from events.lead import LeadCaptured, LeadConverted, LeadStatusChanged, LeadTouched
from streams.agents.lead_bytes import dump_lead
from streams.deciders.lead.closed import is_open
from streams.deciders.lead.closings import Closing
from streams.deciders.lead.lives import lives
from streams.deciders.lead.lives import standing as standing_of
from streams.deciders.lead.state import Lead
from tests.streams.deciders.lead.persons import APART, END, LEADS, ONE, aged, arrivals, facts
from tests.support.given import Arrival, Story, asked
from tests.support.laws import examples
from tests.support.town import Town

STATUSES = """
statuses: {Contacted: {means: working}, Later: {means: nurturing}, Won: {means: converted}, Shelved: {means: archived}}
"""
BUSY = ONE + STATUSES
"""Leads are qualified, handed over, and lost again."""
QUIET = BUSY[: BUSY.index("qualified_lead:")] + BUSY[BUSY.index("sales_clauses:") :]
"""The same, but nobody is handed over."""

words: st.SearchStrategy[Fact] = st.one_of(
    st.builds(LeadStatusChanged, status=st.sampled_from(["Contacted", "Later", "Unqualified", "Won", "Shelved"])),
    st.builds(
        LeadConverted,
        account=st.just("A"),
        contact=st.sampled_from(["C", "D"]),
        group=st.sampled_from([None, "services"]),
    ),
    st.builds(UnconvertLead, by=st.just("Ines")),
)
sales: st.SearchStrategy[Fact] = st.one_of(
    st.builds(AcceptLead, by=st.just("Ines")),
    st.builds(RejectLead, by=st.just("Ines"), reason=st.sampled_from(["not_in_profile", "no_need"])),
    st.builds(ConvertLead, by=st.just("Ines"), group=st.sampled_from([None, "services"])),
)


def told(of: st.SearchStrategy[Fact]) -> st.SearchStrategy[tuple[list[Arrival], ...]]:
    """Arrivals of each lead in the order in which they arrive."""
    one = st.lists(arrivals(of), max_size=7).map(lambda found: sorted(found, key=lambda each: each.recorded))
    return st.tuples(*(one for _ in LEADS))


def town_of(agreement: str, found: Sequence[list[Arrival]], data: st.DataObject | None, *, twice: bool = False) -> Town:
    """All of that is told, the leads one after the other, or in an order and with pauses that `data` chooses."""
    town = Town(agreement, twice=twice)
    left = {name: list(history) for name, history in zip(LEADS, found, strict=True)}
    for name in LEADS:
        town.lead(name)
    if data is None:
        for name, history in left.items():
            town.tell(name, *history).settle()
        return town
    while left := {name: history for name, history in left.items() if history}:
        if town.waiting and data.draw(st.booleans(), "hear"):
            town.hear(lambda count: data.draw(st.integers(0, count - 1), "who"))
        else:
            name = data.draw(st.sampled_from(sorted(left)), "upstream")
            town.tell(name, left[name].pop(0))
    return town.settle(lambda count: data.draw(st.integers(0, count - 1), "who"))


def opened(story: Story) -> bool | None:
    """Whether somebody has to act on a lead, by an agreement that knows its statuses."""
    agreement = story.known.in_force("one", END)
    assert agreement is not None
    return is_open(story.live.lead, agreement)


def life(story: Story) -> tuple[Any, ...]:
    """What became of a lead, after all that counts for it."""
    lead = story.live.lead
    made = sorted((each.at, each.id) for each in standing(lead))
    verdicts = sorted((each.clause, each.cycle, each.start, each.verdict) for each in lead.clocks)
    return list(lead.all_statuses), lead.converted, made, opened(story), verdicts


def became(story: Story) -> tuple[Any, ...]:
    """The same without verdicts and names: who tells that they are converted, the lead that was told or the one that it
    counts for, depends on which of them had heard of the other by then, and the fact is named by who tells it."""
    statuses, converted, made, is_live, _ = life(story)
    return statuses, converted, [at for at, _ in made], is_live


def standing(lead: Lead) -> list[Any]:
    others = [each for _, part in lives(lead.person) for each in standing_of(part.conversions, part.closings)]
    return [*standing_of(lead.conversions, lead.closings), *others]


def spoken(closings: Sequence[Closing]) -> list[tuple[int, str]]:
    """Of closings those that are told to the lead that counts."""
    rejected = {each.at for each in closings if each.how == "rejected"}
    return sorted(
        (each.at, each.how)
        for each in closings
        if each.how in ("converted", "unconverted", "reopened") or (each.how == "archived" and each.at in rejected)
    )


def unmerge_all(town: Town, data: st.DataObject) -> None:
    at = 10_000
    while merged := [name for name in town.leads if town.root(name) != name]:
        at += 1
        town.unmerge(data.draw(st.sampled_from(merged), "unmerged"), at)
        town.settle(lambda count: data.draw(st.integers(0, count - 1), "who"))


@settings(max_examples=examples(60), deadline=None)
@given(told(st.one_of(facts, words)).map(lambda found: tuple(map(aged, found))), st.data())
def test_the_order_of_claims_changes_nothing_of_what_became_of_the_person(
    found: tuple[list[Arrival], ...], data: st.DataObject
) -> None:
    usual, other = town_of(QUIET, found, None), town_of(QUIET, found, data)
    for name in usual.leads:
        root = usual.root(name)
        assert other.root(name) == root
        assert became(other.lead(root)) == became(usual.lead(root))


@settings(max_examples=examples(60), deadline=None)
@given(told(st.one_of(facts, words, sales)), st.data())
def test_the_older_lead_has_each_life_exactly_as_its_lead_tells_it(
    found: tuple[list[Arrival], ...], data: st.DataObject
) -> None:
    town = town_of(BUSY, found, data)
    for root in {town.root(name) for name in town.leads}:
        person = town.lead(root).live.lead.person
        for name, part in {} if person is None else person.parts.items():
            theirs = town.lead(name).live.lead
            assert part.statuses == sorted(set(theirs.statuses))
            assert sorted((each.at, each.how) for each in part.closings) == spoken(theirs.closings)
            assert sorted(part.conversions, key=str) == sorted(theirs.conversions, key=str)
        assert town.lead(root).live.lead.converted == any(
            "converted" in town.lead(name).live.lead.lasting for name in town.leads if town.root(name) == root
        )


@settings(max_examples=examples(60), deadline=None)
@given(told(st.one_of(facts, words, sales)), st.data())
def test_a_person_of_whom_all_is_known_is_converted_once_for_a_group(
    found: tuple[list[Arrival], ...], data: st.DataObject
) -> None:
    town = town_of(BUSY, found, data)
    for root in {town.root(name) for name in town.leads}:
        story = town.lead(root)
        made = {each.group for each in standing(story.live.lead) if each.account}
        for group in made:
            before = len(story.facts)
            town.tell(root, asked(ConvertLead(by="Ines", group=group or None), 9_000, command_id=f"{root}/{group}"))
            if not [how for how in story.live.lead.lasting if how != "converted"]:
                assert story.answers[-1].accepted
            assert not [each for each in story.facts[before:] if isinstance(each.data, LeadConverted)]


@settings(max_examples=examples(60), deadline=None)
@given(told(st.one_of(facts, words)), st.data())
def test_taking_all_merges_back_gives_everybody_their_life_back(
    found: tuple[list[Arrival], ...], data: st.DataObject
) -> None:
    town, alone = town_of(QUIET, found, data), Town(APART + STATUSES, forgetful=True)
    for name, history in zip(LEADS, found, strict=True):
        alone.tell(name, *history)
    unmerge_all(town, data)
    for name, story in town.leads.items():
        other = alone.lead(name)
        assert life(story)[:3] == life(other)[:3]
        assert story.live.lead.carried is None


@settings(max_examples=examples(40), deadline=None)
@given(told(st.one_of(facts, words, sales)), st.data())
def test_a_life_that_is_told_twice_changes_nothing(found: tuple[list[Arrival], ...], data: st.DataObject) -> None:
    del data
    once, twice = town_of(BUSY, found, None), town_of(BUSY, found, None, twice=True)
    for name, story in once.leads.items():
        assert dump_lead(twice.lead(name).live.lead) == dump_lead(story.live.lead)


def test_two_sources_may_give_their_conversions_of_a_merged_lead_one_id() -> None:
    morning, evening = 1767603600000000, 1767646800000000
    linked = LeadIdentityLinked(kind="anonymous_id", value="click")
    older = [
        Arrival(LeadCaptured(source="web"), at=morning, recorded=morning, id="6", source="/b"),
        Arrival(linked, at=morning, recorded=morning, id="1", source="/a"),
    ]
    touched = LeadTouched(channel="website", kind="visited", direction="inbound", click_id="click")
    younger = [
        Arrival(LeadConverted(account="A", contact="C"), at=morning, recorded=morning, id="2", source="/b"),
        Arrival(touched, at=morning, recorded=morning, id="1", source="/b"),
        Arrival(LeadConverted(account="A", contact="C"), at=evening, recorded=evening, id="2", source="/a"),
    ]
    town = Town(QUIET)
    for name, history in (("cid", older), ("dan", younger)):
        for arrival in history:
            town.tell(name, arrival).settle()
    assert town.root("dan") == "cid"
    assert life(town.lead("cid"))[2] == [(morning, "2"), (evening, "2")]
