"""Facts folded into the base rows of all views, and base rows turned into rows of topics. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from events.envelope import Envelope
from events.fact import Fact
from projections.rows import encode_key, row_encoder
from projections.views.view import Aggregate, Cells, Counters, Detail, Handler, Journal, View

BaseRows = tuple[Any, ...]
"""One base row or None per view, in the order of the projection's views."""


class Route(NamedTuple):
    """One view's way of taking a fact type."""

    place: int
    initial: Any
    handler: Handler[Any]


Routes = Mapping[type[Fact], tuple[Route, ...]]
"""Fact type -> the views that take it."""


def routes_of(views: Sequence[View[Any]]) -> Routes:
    """How each fact type comes to the views that take it."""
    facts = frozenset[type[Fact]]().union(*(view.handles for view in views))
    return {
        fact: tuple(Route(i, view.initial, view.on[fact]) for i, view in enumerate(views) if fact in view.on)
        for fact in facts
    }


def keeps_rows(view: View[Any]) -> bool:
    """Whether a view has base rows of its own."""
    return not isinstance(view, Journal) and not (isinstance(view, Aggregate | Detail) and view.of is not None)


def place_of(view: Aggregate[Any] | Detail[Any], views: Sequence[View[Any]]) -> int:
    """The place of the base rows that one of the views counts or shows."""
    return [each.name for each in views].index((view.of or view).name)


def project_all(rows: list[Any], routes: Iterable[Route], envelope: Envelope) -> None:
    """Fold one fact into a subject's base rows, in place."""
    data = envelope.data
    for place, initial, handler in routes:
        row = rows[place]
        rows[place] = handler(initial if row is None else row, data, envelope)


Change = tuple[bytes, bytes | None]
"""Key and value of a record for a view's topic; a value of None takes the row away."""


class Changes(Protocol):
    """Makes rows of a view of what became of a subject's base row."""

    def __call__(self, subject: str, old: Any, new: Any, between: Sequence[Any] = ()) -> list[Change]:
        """The changed rows, given the base row before and after, and those in between where they were kept."""
        ...


def detail_changes(view: Detail[Any]) -> Changes:
    """Makes the function that makes the rows of a view."""
    entries, render, encode, changed, initial = view.entries, view.render, row_encoder(view), view.changed, view.initial

    def told(subject: str, old: Any, new: Any, between: Sequence[Any] = ()) -> list[Change]:
        assert changed is not None
        parts = changed(initial if old is None else old, initial if new is None else new, between)
        return [
            (encode_key((subject, *of)), None if part is None else encode(render(subject, of, part)))
            for of, part in parts
        ]

    def changes(subject: str, old: Any, new: Any, between: Sequence[Any] = ()) -> list[Change]:
        del between
        was = {} if old is None else entries(old)
        now = {} if new is None else entries(new)
        made: list[Change] = [
            (encode_key((subject, *identity)), encode(render(subject, identity, entry)))
            for identity, entry in now.items()
            if was.get(identity) is not entry
        ]
        if was and was.keys() != now.keys():
            made += [(encode_key((subject, *identity)), None) for identity in was if identity not in now]
        return made

    return changes if changed is None else told


def journal_entry(view: Journal) -> Callable[[Envelope], Change | None]:
    """Makes the function from a fact to its row of a view; None where the view has no row of it."""
    write, encode = view.write, row_encoder(view)

    def entry(envelope: Envelope) -> Change | None:
        cells = write(envelope.subject, envelope)
        return None if cells is None else (encode_key(cells[: view.key]), encode(cells))

    return entry


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


def partial_changes(view: Aggregate[Any]) -> Callable[[int, Cells, Counters], Change]:
    """Makes the function (partition, group, counters) -> record of the partial row; one that counts nothing goes."""
    encode = row_encoder(view)

    def change(partition: int, group: Cells, counters: Counters) -> Change:
        key = (partition, *group)
        return encode_key(key), encode((*key, *counters)) if any(counters) else None

    return change
