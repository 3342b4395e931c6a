"""What is decided about councils and plans: which targets are set, the last word for each."""

from collections.abc import Sequence

from msgspec import field

from events.currencies import MINOR_DIGITS
from events.envelope import Envelope
from events.opportunity import TargetSet
from events.registry import ABOUT_COUNCILS
from streams.deciders.subject import Around, Kind, Subject
from streams.deciders.told import Refused, Told

__all__ = ["COUNCIL", "Council", "Slice"]

Slice = tuple[str, ...]
"""Quarter, kind, product, region, segment, source, role and owner of a target; empty for all of them."""


class Council(Subject):
    """Everything a decider knows of one plan.

    Attributes:
        targets: what is to be reached, each with amount in minor units, currency, and since when it was said,
            microseconds.
    """

    targets: dict[Slice, tuple[int, str, int]] = field(default_factory=dict)


def evolve(state: Council, envelope: Envelope, at: int) -> None:
    """A later word for the same slice takes the place of the earlier one."""
    fact = envelope.data
    assert isinstance(fact, TargetSet), "nothing else is said of plans"
    key = _slice(fact)
    if at >= state.targets.get(key, (0, "", at))[2]:
        state.targets[key] = (fact.amount_minor, fact.currency, at)


def settle(_state: Council, envelope: Envelope, _at: int, _around: Around) -> Envelope | Refused:
    """A target in a currency that there is."""
    fact = envelope.data
    if isinstance(fact, TargetSet) and fact.currency not in MINOR_DIGITS:
        detail = f"{fact.currency} is no currency; expected an ISO 4217 code (data.currency)"
        return Refused("unknown_currency", detail, "data.currency")
    return envelope


def react(_state: Council, _envelope: Envelope, _at: int, _around: Around) -> Sequence[Told]:
    """Nothing follows by itself."""
    return ()


def _slice(fact: TargetSet) -> Slice:
    parts = (fact.product, fact.region, fact.segment, fact.source, fact.role, fact.owner)
    return (fact.quarter, fact.kind, *(part or "" for part in parts))


COUNCIL = Kind(state=Council, outside=ABOUT_COUNCILS, tasks=frozenset(), settle=settle, evolve=evolve, react=react)
