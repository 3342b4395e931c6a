"""Targets: which are taken, and that the last word for each slice holds."""

from events.currencies import MINOR_DIGITS
from events.envelope import Envelope
from events.opportunity import TargetSet
from streams.deciders.councils.state import Council, Slice
from streams.deciders.subject import Around
from streams.deciders.told import Refused


def settle(_state: Council, envelope: Envelope, _at: int, _around: Around) -> Envelope | Refused:
    """A target in a currency that there is."""
    fact = envelope.data
    if isinstance(fact, TargetSet) and fact.currency not in MINOR_DIGITS:
        detail = f"{fact.currency} is no currency; expected an ISO 4217 code (data.currency)"
        return Refused("unknown_currency", detail, "data.currency")
    return envelope


def set_target(state: Council, fact: TargetSet, at: int) -> None:
    """A later word for the same slice takes the place of the earlier one."""
    key = _slice(fact)
    if at >= state.targets.get(key, (0, "", at))[2]:
        state.targets[key] = (fact.amount_minor, fact.currency, at)


def _slice(fact: TargetSet) -> Slice:
    parts = (fact.product, fact.region, fact.segment, fact.source, fact.role, fact.owner)
    return (fact.quarter, fact.kind, *(part or "" for part in parts))
