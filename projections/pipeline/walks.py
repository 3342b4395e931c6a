"""The ways of opportunities through a span of time, as far as a waterfall has to walk them, read by indexes.

Only what was open at the beginning or changed since is read, and only the columns that a waterfall minds: a change of
anything else is no step of the way.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from projections.pipeline.deal import DIMENSIONS, NOTHING, OPEN, Deal, Line
from projections.pipeline.standing import Sql, also, standing_at, told_at
from projections.views.times import instant_text, us_of_text
from projections.views.view import Cell, Cells, Query

_MINDED = ("status", "amount_minor", "currency", "close_date", "lines", *DIMENSIONS)
_CELLS = ", ".join(f"h.{name}" for name in _MINDED)
_lines = lru_cache(maxsize=1 << 12)(msgspec.json.Decoder(tuple[Line, ...]).decode)
Way = list[tuple[int, Deal]]
"""States, and when they began in microseconds; the first one holds at the beginning of the span."""


def walks(query: Query, begin: int, end: int, known: int | None, only: str | None = None) -> Iterator[tuple[str, Way]]:
    """The ways of all opportunities that were open at an instant or changed up to another one, itself in it.

    Args:
        query: asks the store.
        begin: the first instant, in microseconds.
        end: the last one.
        known: by what was recorded up to then; None: by all that is known.
        only: id of the only opportunity that is asked about.
    """
    one = Sql("") if only is None else Sql("h.opportunity = ?", (only,))
    is_open = also(Sql(f"h.status = '{OPEN}'"), one)
    first = standing_at((begin, known), f"h.opportunity, {_CELLS}", one, standing=is_open)
    found: dict[str, list[tuple[str, Cells]]] = {str(row[0]): [("", row[1:])] for row in query(*first)}
    later = _changes(begin, end, known, one)
    for opportunity, since, *cells in query(later.text, later.values):
        found.setdefault(str(opportunity), []).append((str(since), tuple(cells)))
    for opportunity, states in found.items():
        states.sort(key=lambda each: each[0])
        yield opportunity, list(_steps(begin, states))


def _changes(begin: int, end: int, known: int | None, one: Sql) -> Sql:
    span: tuple[Cell, ...] = (instant_text(begin), instant_text(end))
    heard = Sql("") if known is None else Sql("h.known_since <= ?", (instant_text(known),))
    over = also(Sql("h.valid_from > ? AND h.valid_from <= ?", span), told_at(known), one)
    stands = also(Sql("h.since > ? AND h.since <= ?", span), heard, one)
    text = f"""
SELECT h.opportunity, h.valid_from, {_CELLS} FROM opportunity_history_base h WHERE {over.text}
UNION ALL
SELECT h.opportunity, h.since, {_CELLS} FROM opportunities_base h WHERE {stands.text}
"""  # noqa: S608 - our identifiers
    return Sql(text, (*over.values, *stands.values))


def _steps(begin: int, states: Iterable[tuple[str, Cells]]) -> Iterator[tuple[int, Deal]]:
    before: Cells | None = None
    for since, cells in states:
        if before is None and since:
            yield begin, NOTHING
        if cells != before:
            yield (us_of_text(since) or 0) if since else begin, _deal(cells)
        before = cells


def _deal(cells: Cells) -> Deal:
    status, amount, currency, close_date, lines, *dimensions = cells
    of: dict[str, Any] = dict(zip(DIMENSIONS, dimensions, strict=True))
    parts = () if lines == "[]" else _lines(str(lines))
    return Deal(
        status=str(status), amount_minor=int(amount or 0), currency=str(currency), close_date=str(close_date),
        lines=parts, **of,
    )  # fmt: skip
