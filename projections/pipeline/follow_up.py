"""The view `council-follow-up`: what became of the red and yellow cells of every council."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from events.council import DIMENSIONS
from projections.pipeline.asking import AS_OF, COUNCILS, KNOWN_AT, OPPORTUNITIES
from projections.pipeline.matrix_view import MATRIX
from projections.pipeline.quarters import local_day
from projections.pipeline.terms import instant_of, terms_at
from projections.views.council_cells import DIMENSIONS as DIMENSION_COLUMNS
from projections.views.council_cells import MEASURE, NUMBER, WATCHED
from projections.views.councils import COUNCIL, WEEK
from projections.views.times import instant_text, instant_text_or_none, text_or_ever
from projections.views.view import Asked, Cell, Cells, Column, Computed, Kind, Query

_NAMES = (*DIMENSIONS, "measure")
_KEY = ", ".join(_NAMES)
_CELLS = f"""
SELECT f.council, f.week, f.number, f.quarter, {", ".join(f"f.{name}" for name in _NAMES)}, f.currency, f.amount_minor,
    f.attainment, f.colour
FROM council_cells_base f JOIN councils_base m ON m.council = f.council AND m.week = f.week
WHERE f.colour IN (?, ?) AND m.convened_at <= ? AND m.recorded_at <= ? AND (? = '' OR f.council = ?)
    AND (? = '' OR f.week = ?)
ORDER BY f.council, f.known_at, f.number
"""  # noqa: S608 - our identifiers
_ACTIONS = f"""
SELECT council, week, {_KEY}, CASE WHEN done_at <= ? AND done_recorded_at <= ? THEN 1 ELSE 0 END, due
FROM council_actions_base WHERE planned_at <= ? AND planned_recorded_at <= ?
"""  # noqa: S608 - our identifiers
_COMMENTS = f"""
SELECT council, week, {_KEY}, COUNT(*) FROM council_comments_base WHERE at <= ? AND recorded_at <= ?
GROUP BY council, week, {_KEY}
"""  # noqa: S608 - our identifiers
_PLACE = len(_NAMES)
"""How many cells say which one of the matrix it is."""


class Now(NamedTuple):
    """A cell of the matrix as it is now; of one that is gone, nothing."""

    amount_minor: int
    currency: str | None
    attainment: float | None
    colour: str


class _Matrices:
    """The matrices of today, each computed once."""

    def __init__(self, query: Query, asked: Asked) -> None:
        self._query, self._asked = query, asked
        self._found: dict[tuple[str, str | None], tuple[str | None, dict[Cells, Now]]] = {}

    def cell(self, quarter: str, key: Cells) -> Now:
        """What a cell has come to. A slice that nobody sells to or plans for any more has come to nothing."""
        cut = "+".join(name for name, value in zip(DIMENSIONS, key, strict=False) if value is not None) or None
        if (quarter, cut) not in self._found:
            self._found[quarter, cut] = self._computed(quarter, cut)
        currency, cells = self._found[quarter, cut]
        return cells.get(key) or Now(0, currency, None, "")

    def _computed(self, quarter: str, cut: str | None) -> tuple[str | None, dict[Cells, Now]]:
        names = [column.name for column in MATRIX.answer]
        cells, currency = dict[Cells, Now](), None
        for row in MATRIX.compute(self._query, self._asked._replace(equal={"quarter": quarter}, by=cut)):
            of: Mapping[str, Cell] = dict(zip(names, row, strict=True))
            currency, attainment = str(of["currency"]), of["attainment"]
            key = tuple(of[name] for name in (*DIMENSIONS, "measure"))
            share = None if attainment is None else float(attainment)
            cells[key] = Now(int(of["amount_minor"] or 0), currency, share, str(of["colour"]))
        return currency, cells


def _follow_up(query: Query, asked: Asked) -> list[Cells]:
    at = instant_of(query, asked)
    if at is None:
        return []
    council, week = asked.equal.get("council", ""), asked.equal.get("week", "")
    told = text_or_ever(asked.as_of), text_or_ever(asked.known_at)
    cells = query(_CELLS, (*WATCHED, *told, council, council, week, week))
    if not cells:
        return []
    today = local_day(at, terms_at(query, at, asked.known_at).zone)
    actions = _actions(query, told, today)
    comments = {row[:-1]: int(row[-1] or 0) for row in query(_COMMENTS, told)}
    matrices, times = (
        _Matrices(query, asked._replace(as_of=at)),
        (instant_text(at), instant_text_or_none(asked.known_at)),
    )
    found = list[Cells]()
    for name, met, number, quarter, *rest in cells:
        key, (currency, amount, attainment, colour) = tuple(rest[:_PLACE]), rest[_PLACE:]
        now, place = matrices.cell(str(quarter), key), (name, met, *key)
        change = now.amount_minor - int(amount or 0) if now.currency in (None, currency) else None
        then = quarter, *key, amount, currency, attainment, colour
        counts = comments.get(place, 0), *actions.get(place, (0, 0, 0, 0))
        found.append((name, met, number, *then, *now, change, *counts, *times))
    return found


def _actions(query: Query, told: tuple[str, str], today: date) -> dict[Cells, Cells]:
    """Of each cell how many actions were planned, and how many are open, done and overdue.

    Args:
        query: asks the store.
        told: by when something has to have happened, and to have become known, to count.
        today: after what is due before it an action that is open is overdue.
    """
    found: dict[Cells, list[int]] = {}
    for *place, done, due in query(_ACTIONS, (*told, *told)):
        is_open = not done
        counts = found.setdefault(tuple(place), [0, 0, 0, 0])
        for number, one in enumerate((True, is_open, not is_open, is_open and str(due) < today.isoformat())):
            counts[number] += one
    return {place: tuple(counts) for place, counts in found.items()}


FOLLOW_UP = Computed(
    name="council-follow-up",
    meaning="What became of the red and yellow cells of councils: then, now, and what was done.",
    answer=(
        COUNCIL,
        WEEK,
        NUMBER,
        Column("quarter", Kind.TEXT, "the fiscal quarter it is about"),
        *DIMENSION_COLUMNS,
        MEASURE,
        Column("amount_minor", Kind.INTEGER, "what it was, in minor units of its currency"),
        Column("currency", Kind.TEXT, "ISO 4217 code of what it was"),
        Column("attainment", Kind.REAL, "amount ÷ target then, four digits", True),
        Column("colour", Kind.TEXT, "red or yellow: its colour then"),
        Column("now_amount_minor", Kind.INTEGER, "what it is now; 0 of a slice that is gone"),
        Column("now_currency", Kind.TEXT, "ISO 4217 code of what it is now", True),
        Column("now_attainment", Kind.REAL, "amount ÷ target now", True),
        Column("now_colour", Kind.TEXT, "its colour now; blank without a target"),
        Column("change_minor", Kind.INTEGER, "now less then; empty where the currency of reports is another one", True),
        Column("comments", Kind.INTEGER, "what was said of it in that meeting"),
        Column("actions", Kind.INTEGER, "what was planned about it"),
        Column("actions_open", Kind.INTEGER, "of these open"),
        Column("actions_done", Kind.INTEGER, "of these done"),
        Column("actions_overdue", Kind.INTEGER, "of these open, and due before the day of `as_of`"),
        AS_OF,
        KNOWN_AT,
    ),
    order=("council", "week", "number"),
    compute=_follow_up,
    rests_on=(OPPORTUNITIES, COUNCILS),
)
