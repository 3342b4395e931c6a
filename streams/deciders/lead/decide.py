"""Deciding one upstream fact about a lead."""

from msgspec.structs import replace

from events.envelope import Envelope
from events.lead import LeadCaptured, LeadConverted, LeadProfileUpdated
from streams.deciders.lead.cascade import cascade
from streams.deciders.lead.conversion import credited
from streams.deciders.lead.given import Given, Kept, Live
from streams.deciders.lead.state import Lead


def initial() -> Live:
    """A lead nobody has heard of."""
    return Live(lead=Lead(), kept=Kept())


def is_duplicate(live: Live, mark: int) -> bool:
    """Whether a fact of this fingerprint was accepted before."""
    return mark in _seen(live)


def _seen(live: Live) -> set[int]:
    if live.kept.seen is None:
        live.kept.seen = set(live.lead.seen)
    return live.kept.seen


def decide(live: Live, envelope: Envelope, at: int, given: Given, mark: int) -> list[Envelope]:
    """The canonical facts that follow from a new upstream fact; the lead is changed accordingly.

    The capture gets the agreement that matches the lead at that instant; what a provider tells gets the provider's
    place among those that the agreement names; a conversion what its opportunity has from the lead.

    Args:
        live: the lead; it is changed.
        envelope: the fact.
        at: its occurred_at, microseconds.
        given: the circumstances.
        mark: its fingerprint.
    """
    if isinstance(envelope.data, LeadCaptured):
        envelope = replace(envelope, data=replace(envelope.data, agreement=_agreement(live, envelope.data, at, given)))
    elif isinstance(envelope.data, LeadProfileUpdated) and (envelope.data.provider or envelope.data.ranks is not None):
        envelope = replace(envelope, data=replace(envelope.data, ranks=_ranks(live, envelope.data, given)))
    elif isinstance(envelope.data, LeadConverted) and envelope.data.opportunity:
        envelope = replace(envelope, data=credited(live.lead, envelope.data))
    _seen(live).add(mark)
    return cascade(live, envelope, at, given, mark)


def _agreement(live: Live, fact: LeadCaptured, at: int, given: Given) -> str | None:
    """The agreement chosen at the first capture stays."""
    lead = live.lead
    if lead.captured_at is not None:
        return lead.agreement
    chosen = given.known.choose({**lead.profile, **fact.profile}, at)
    return None if chosen is None else chosen.name


def _ranks(live: Live, fact: LeadProfileUpdated, given: Given) -> dict[str, int] | None:
    """The provider's place for each field, where the agreement names the provider."""
    agreement = given.agreement(live)
    if not fact.provider:
        return None
    if agreement is None:
        return {}
    found: dict[str, int] = {}
    for name in fact.profile:
        providers = agreement.enrichment.providers(name)
        if fact.provider in providers:
            found[name] = providers.index(fact.provider)
    return found
