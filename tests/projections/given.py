"""Facts as the canonical log has them, in few words."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from events.envelope import Envelope
from events.fact import Fact
from events.registry import wrap
from projections.views.view import Aggregate, Cell, Detail, View

MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_ids = itertools.count(1)


def minutes(count: float) -> datetime:
    """So many minutes after Monday, 5 January 2026, 09:00 UTC."""
    return MONDAY + timedelta(minutes=count)


def text(count: float) -> str:
    """The same instant as the views write it."""
    return minutes(count).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def told(fact: Fact, at: float = 0, *, lead: str = "anna", recorded: float | None = None, **more: Any) -> Envelope:
    """A fact that happened `at` minutes after Monday 09:00 and was recorded then, or later."""
    attributes = {"id": f"id-{next(_ids)}", "source": "/test", **more}
    known = minutes(at if recorded is None else recorded)
    return wrap(fact, subject=lead, time=minutes(at), recordedat=known, **attributes)


def clock(kind: type[Fact], clause: str = "first_response", *, due: float | None = 30, **more: Any) -> Any:
    """A clock fact of the agreement `inbound`, version 1, cycle 1 unless said otherwise; `due` in minutes."""
    fixed = {"agreement": "inbound", "version": 1, "cycle": 1, "due": None if due is None else minutes(due)}
    return kind(clause=clause, **{**fixed, **more})


def rows_of(view: View[Any], *envelopes: Envelope) -> list[dict[str, Cell]]:
    """The rows a view makes of these facts: its topic's rows, or for a view that counts, the sums."""
    bases: dict[str, Any] = {}
    for envelope in envelopes:
        bases[envelope.subject] = view.project(bases.get(envelope.subject), envelope)
    names = [column.name for column in view.columns]
    if isinstance(view, Detail):
        found = [
            (lead, identity, entry)
            for lead, base in bases.items()
            if base is not None
            for identity, entry in view.entries(base).items()
        ]
        return [dict(zip(names, view.render(*one), strict=True)) for one in found]
    assert isinstance(view, Aggregate)
    return summed(view, bases.values())


def summed(view: Aggregate[Any], bases: Iterable[Any]) -> list[dict[str, Cell]]:
    """The contributions of base rows, added up."""
    sums: dict[Any, list[int]] = {}
    for base in bases:
        for group, counters in ({} if base is None else view.contributions(base)).items():
            known = sums.setdefault(group, [0] * view.counters)
            sums[group] = [a + b for a, b in zip(known, counters, strict=True)]
    names = [column.name for column in view.columns[1:]]
    return [dict(zip(names, (*group, *counters), strict=True)) for group, counters in sums.items()]
