"""A lead's own rows of the views, made of its facts alone; also of a lead that is left out of figures."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from events.envelope import Envelope
from events.identity import LeadMerged, LeadUnmerged
from events.lead import LeadCaptured
from projections.views.view import Cell, Detail


def rows_of(view: Detail[Any], lead: str, facts: Iterable[Envelope]) -> list[dict[str, Cell]]:
    """The rows that a view has of one lead, without the column `lead`, in the order in which they came to be.

    Args:
        view: the view.
        lead: the lead id.
        facts: the lead's canonical facts, in order.
    """
    base = None
    for envelope in facts:
        base = view.project(base, envelope)
    entries = {} if base is None else view.entries(base)
    names = [column.name for column in view.columns]
    return [dict(zip(names[1:], view.render(lead, *entry)[1:], strict=True)) for entry in entries.items()]


def untested(facts: Iterable[Envelope]) -> list[Envelope]:
    """The facts as if the lead were no test lead."""
    return [
        replace(envelope, data=replace(envelope.data, is_test=False))
        if isinstance(envelope.data, LeadCaptured)
        else envelope
        for envelope in facts
    ]


def unmerged(facts: Iterable[Envelope]) -> list[Envelope]:
    """The facts as if the lead had never been merged into another one."""
    return [
        envelope
        for envelope in facts
        if not isinstance(envelope.data, LeadMerged | LeadUnmerged) or envelope.data.into == envelope.subject
    ]
