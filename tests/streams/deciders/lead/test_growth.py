"""How large a lead is: what a fact may add is known before, and what is kept is what it was."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.codec import Codec
from events.consent import LeadEnrichmentWithdrawn
from events.lead import LeadProfileUpdated
from streams.agents.lead_bytes import dump_lead, load_lead, plain_lead
from streams.deciders.lead.evolve import fold
from streams.deciders.lead.growth import growth
from streams.deciders.lead.state import Lead
from tests.streams.deciders.lead.persons import LEADS, facts, histories
from tests.streams.deciders.lead.test_merged_life_laws import BUSY, sales, told, words
from tests.streams.deciders.lead.test_merged_life_laws import town_of as lives_of
from tests.streams.deciders.lead.test_merging_laws import town_of
from tests.support.given import Arrival, captured, happened, learned
from tests.support.laws import examples
from tests.support.town import Town

_encode = Codec().encode
SEVERAL = st.tuples(*(histories() for _ in LEADS))


def told_by(provider: str, at: float, profile: dict[str, Any]) -> Arrival:
    return happened(LeadProfileUpdated(profile=profile, provider=provider), at)


def folded(town: Town) -> list[Lead]:
    """Each lead after its facts, none of which added more than was said before."""
    leads = []
    for story in town.leads.values():
        lead = Lead()
        for fact in story.facts:
            most = len(plain_lead(lead)) + growth(lead, fact, len(_encode(fact)))
            fold(lead, fact)
            assert len(plain_lead(lead)) <= most
            assert load_lead(dump_lead(lead)) == lead
        leads.append(lead)
    return leads


@settings(max_examples=examples(40), deadline=None)
@given(SEVERAL, st.data())
def test_no_fact_adds_more_than_is_known_before_and_a_lead_is_kept_as_it_is(
    found: tuple[list[Arrival], ...], data: st.DataObject
) -> None:
    folded(town_of(found, data))


@settings(max_examples=examples(20), deadline=None)
@given(told(st.one_of(facts, words, sales)), st.data())
def test_no_life_adds_more_than_is_known_before(found: tuple[list[Arrival], ...], data: st.DataObject) -> None:
    folded(lives_of(BUSY, found, data))


def test_a_merge_does_not_double_a_lead() -> None:
    town = town_of(([],) * len(LEADS), None)
    wide = {f"k{n}": "x" * 4000 for n in range(100)} | {"person.email": "x@acme.example"}
    town.tell("ana", captured(0), learned(1, None, **wide)).settle()
    alone = len(plain_lead(town.lead("ana").live.lead))
    town.tell("bob", captured(5), learned(6, None, **{"person.email": "x@acme.example"})).settle()
    lead = town.lead("ana").live.lead
    assert lead.person is not None
    assert list(lead.person.parts) == ["bob"]
    assert len(plain_lead(lead)) < alone + 2_000


def test_what_many_fields_have_of_a_long_named_provider_counts_for_each() -> None:
    town = town_of(([],) * len(LEADS), None)
    few = {f"k{n}": n for n in range(100)}
    town.tell("ana", captured(0), learned(1, None, **few), told_by("p" * 4000, 2, few)).settle()
    folded(town)


def test_a_short_value_that_is_withdrawn_may_leave_a_long_one() -> None:
    town = town_of(([],) * len(LEADS), None)
    town.tell("ana", captured(0), told_by("web", 1, {f"k{n}": "x" * 4000 for n in range(50)}))
    town.tell("ana", told_by("crm", 2, {f"k{n}": "" for n in range(50)}))
    town.tell("ana", happened(LeadEnrichmentWithdrawn(provider="crm"), 3)).settle()
    folded(town)
