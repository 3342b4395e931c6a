"""A merged lead stands in no figure until it is unmerged: its history counts for another lead meanwhile."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadHistoryShared, LeadHistoryTakenBack, LeadMerged, LeadUnmerged
from projections.views.view import Handler


class Counted(Protocol):
    """A base row that counts unless its lead is merged."""

    @property
    def merged(self) -> bool:
        """Whether the lead is one with an older one."""
        ...


C = TypeVar("C", bound=Counted)


def merged(row: C, _: LeadMerged, __: Envelope) -> C:
    """From now on another lead counts for it."""
    return row if row.merged else _with(row, is_merged=True)


def unmerged(row: C, fact: LeadUnmerged, envelope: Envelope) -> C:
    """It counts for itself again; the other lead hears of it too, and is not meant."""
    return _with(row, is_merged=False) if row.merged and fact.lead == envelope.subject else row


def _with(row: C, *, is_merged: bool) -> C:
    changed: Any = row
    return replace(changed, merged=is_merged)  # type: ignore[no-any-return]


MERGING: Mapping[type[Fact], Handler[Any]] = {LeadMerged: merged, LeadUnmerged: unmerged}
"""What a view that counts leads does about merges."""


Heard = tuple[str, tuple[str, ...]]
"""Whose history counts for a lead, and through which leads it was handed on, the first one first."""


def goes_on(heard: Iterable[Heard], fact: LeadHistoryShared, envelope: Envelope) -> bool:
    """Whether a piece of another lead's history counts for the lead that is told: it begins one or goes on with it."""
    return fact.into == envelope.subject and (fact.begins or (fact.lead, fact.through) in heard)


def leaves(lead: str, through: tuple[str, ...], fact: LeadUnmerged | LeadHistoryTakenBack) -> bool:
    """Whether the history of a merged lead counts no longer, after what the lead that it counted for was told.

    Args:
        lead: whose history it is.
        through: the leads that handed it on, the first one first.
        fact: who left, and which lead had handed that on.
    """
    route = (lead, *through)
    by = fact.through if isinstance(fact, LeadHistoryTakenBack) else fact.lead
    return fact.lead in route and route[-1] == by
