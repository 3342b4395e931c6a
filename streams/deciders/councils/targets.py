"""Targets: which are taken, and that the last word for each slice holds."""

from events.currencies import MINOR_DIGITS
from events.envelope import Envelope
from events.opportunity import TargetSet
from streams.deciders.councils.state import Council, Slice
from streams.deciders.currencies import unreportable
from streams.deciders.subject import Around
from streams.deciders.told import Refused


def settle(_state: Council, envelope: Envelope, _at: int, around: Around) -> Envelope | Refused:
    """A target in a currency that reports can turn into theirs; none at all (0) in any that there is.

    One that they cannot would leave everybody without a matrix.
    """
    fact = envelope.data
    if isinstance(fact, TargetSet) and (fact.amount_minor or fact.currency not in MINOR_DIGITS):
        return unreportable(fact.currency, around.known.pipeline(around.at)) or envelope
    return envelope


def set_target(state: Council, fact: TargetSet, at: int) -> None:
    """A later word for the same slice takes the place of the earlier one."""
    key = _slice(fact)
    if at >= state.targets.get(key, (0, "", at))[2]:
        state.targets[key] = (fact.amount_minor, fact.currency, at)


def _slice(fact: TargetSet) -> Slice:
    parts = (fact.product, fact.region, fact.segment, fact.source, fact.role, fact.owner)
    return (fact.quarter, fact.kind, *(part or "" for part in parts))
