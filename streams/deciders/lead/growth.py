"""How much a fact may add to a lead's state, found before it is decided."""

from collections.abc import Iterable

from events.consent import LeadEnrichmentWithdrawn
from events.envelope import Envelope
from events.identity import LeadHistoryShared
from events.lead import LeadProfileUpdated
from streams.deciders.lead.learning import values_of
from streams.deciders.lead.person import Part
from streams.deciders.lead.state import Lead
from streams.deciders.lead.union import own_of

GROWTH = 10_000
"""Bytes that anything adds at most besides what it says: clocks, scores and requests that follow from it."""
_TIMES = 3
"""How often a text of a fact is kept at most: the name of a field with its value, its instant and its providers."""
_FIELD = 64
"""Bytes that a value takes at most besides texts: instants, rank, confidence and numbers, where JSON has one digit."""
_CHARACTER = 4
_MORE = frozenset({LeadProfileUpdated, LeadEnrichmentWithdrawn, LeadHistoryShared})
"""Facts that grow a lead by more than what they say."""


def growth(lead: Lead, envelope: Envelope, size: int) -> int:
    """Bytes that a fact adds to the lead's state at most.

    Args:
        lead: the lead before.
        envelope: the fact.
        size: its bytes as it lies in the inbox.
    """
    fact, added = envelope.data, _TIMES * size + GROWTH
    if type(fact) not in _MORE:
        return added
    if isinstance(fact, LeadProfileUpdated):
        return added + _fields(own_of(lead), fact.profile, fact.provider or "")
    if isinstance(fact, LeadEnrichmentWithdrawn):
        return added + _withdrawn(own_of(lead), fact.provider)
    if isinstance(fact, LeadHistoryShared):
        parts = {} if lead.person is None or fact.begins else lead.person.parts
        part = parts.get(fact.lead) or Part()
        told = sum(_fields(part, each.profile, each.provider) for each in fact.profiles)
        return added + told + sum(_withdrawn(part, each.provider) for each in fact.withdrawals)
    return added


def _fields(of: Lead | Part, names: Iterable[str], provider: str) -> int:
    """With each value its provider is kept, and beside the one that holds those that do not, or no longer."""
    around = _FIELD + _CHARACTER * len(provider)
    return sum(around + _largest(of, name) for name in names)


def _withdrawn(of: Lead | Part, provider: str) -> int:
    """In place of what was withdrawn another value holds, which may be longer."""
    found = (name for name, values in of.sourced.items() if any(each.provider == provider for each in values))
    return sum(_largest(of, name) for name in found)


def _largest(of: Lead | Part, name: str) -> int:
    if name not in of.profile:
        return 0
    return max(_FIELD + _CHARACTER * len(str(each.value)) for each in values_of(of, name))
