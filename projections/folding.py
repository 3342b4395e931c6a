"""Facts folded into the base rows of all views, and base rows turned into rows of topics. Pure."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from events.envelope import Envelope
from events.fact import Fact
from projections.catalogue import VIEWS
from projections.rows import encode_key, encode_row, names
from projections.views.view import Aggregate, Cells, Counters, Detail, Handler, View

BaseRows = tuple[Any, ...]
"""One base row or None per view, in the order of `VIEWS`."""
EMPTY: BaseRows = (None,) * len(VIEWS)


class Route(NamedTuple):
    """One view's way of taking a fact type."""

    place: int
    initial: Any
    handler: Handler[Any]


def _routes() -> dict[type[Fact], tuple[Route, ...]]:
    facts = frozenset[type[Fact]]().union(*(view.handles for view in VIEWS))
    return {
        fact: tuple(Route(i, view.initial, view.on[fact]) for i, view in enumerate(VIEWS) if fact in view.on)
        for fact in facts
    }


ROUTES = _routes()
"""Fact type -> the views that take it."""


def project_all(rows: list[Any], routes: Iterable[Route], envelope: Envelope) -> None:
    """Fold one fact into a subject's base rows, in place."""
    data = envelope.data
    for place, initial, handler in routes:
        row = rows[place]
        rows[place] = handler(initial if row is None else row, data, envelope)


class Change(NamedTuple):
    """A row to write to a view's topic; a value of None takes it away."""

    topic: str
    key: bytes
    value: bytes | None


DetailChanges = Callable[[str, Any, Any], Iterator[Change]]


def detail_changes(view: Detail[Any]) -> DetailChanges:
    """Makes the function (subject, old base row, new base row) -> changed rows of a view."""
    entries, render, topic, columns = view.entries, view.render, view.topic, names(view)

    def changes(subject: str, old: Any, new: Any) -> Iterator[Change]:
        was = {} if old is None else entries(old)
        now = {} if new is None else entries(new)
        for identity in was:
            if identity not in now:
                yield Change(topic, encode_key((subject, *identity)), None)
        for identity, entry in now.items():
            if was.get(identity) is not entry:
                yield Change(
                    topic, encode_key((subject, *identity)), encode_row(columns, render(subject, identity, entry))
                )

    return changes


def plus(a: Counters, b: Counters) -> Counters:
    """Counters added one by one."""
    return tuple(x + y for x, y in zip(a, b, strict=True))


def added(view: Aggregate[Any], old: Any, new: Any) -> dict[Cells, Counters]:
    """What a changed base row adds to the counters of each group; only what is not zero."""
    was = {} if old is None else view.contributions(old)
    now = {} if new is None else view.contributions(new)
    zero = (0,) * view.counters
    changed = [group for group in now if was.get(group) != now[group]] + [group for group in was if group not in now]
    return {group: plus(now.get(group, zero), tuple(-n for n in was.get(group, zero))) for group in changed}


def partial_change(view: View[Any], partition: int, group: Cells, counters: Counters) -> Change:
    """The record of a partial row; one that counts nothing is taken away."""
    key = (partition, *group)
    value = encode_row(names(view), (*key, *counters)) if any(counters) else None
    return Change(view.topic, encode_key(key), value)
