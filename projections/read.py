"""Questions to a store: a view's rows as flat dictionaries."""

from collections.abc import Callable, Mapping
from datetime import datetime

from events.instants import to_us
from projections.catalogue import BY_NAME
from projections.stores.answers import columns_by, table_by
from projections.stores.port import ViewStore
from projections.stores.schema import names, quoted
from projections.views.times import instant_text
from projections.views.view import Cell, Cells, Column, Kind, Shown


class BadQuery(ValueError):
    """A question that cannot be answered; the message says what could be asked instead."""


def view_named(name: str) -> Shown:
    """The view people call so.

    Raises:
        BadQuery: there is none.
    """
    view = BY_NAME.get(name)
    if view is None:
        raise BadQuery(f"no view is called {name!r}; there are {', '.join(sorted(BY_NAME))}")
    return view


def answer_columns(name: str, by: str | None = None) -> tuple[Column, ...]:
    """The columns of an answer in order, `complete_to` the last.

    Raises:
        BadQuery: no such view, or it cannot be split by that column.
    """
    view = view_named(name)
    if by is not None and by not in view.groupings:
        could = f"only by {', '.join(view.groupings)}" if view.groupings else "not at all"
        raise BadQuery(f"view {name} cannot be split by {by!r}: {could}")
    return columns_by(view, by)


def read_view(
    store: ViewStore, name: str, where: Mapping[str, str] | None = None, by: str | None = None
) -> list[dict[str, Cell]]:
    """The rows of a view, in a fixed order, each with `complete_to`.

    Args:
        store: where the rows are.
        name: the view's name, such as `response-times`.
        where: column -> value as text; only rows in which all are equal. An empty value finds empty cells.
        by: column to split a total by, where the view can be split.

    Raises:
        BadQuery: no such view or column, or a value that is none of the column's type.
    """
    columns = answer_columns(name, by)
    view = view_named(name)
    table = quoted(table_by(view, by))
    conditions, values = _conditions(name, columns, where or {})
    order = ", ".join(quoted(column) for column in (view.order if by is None else (by, *view.order)))
    sql = f"SELECT {names(columns)} FROM {table}{conditions}"  # noqa: S608 - identifiers are checked, values are bound
    rows = store.query(sql + (f" ORDER BY {order}" if order else ""), values)
    return [_row(columns, row) for row in rows]


def _row(columns: tuple[Column, ...], row: Cells) -> dict[str, Cell]:
    return {
        column.name: bool(cell) if column.kind is Kind.BOOLEAN and cell is not None else cell
        for column, cell in zip(columns, row, strict=True)
    }


def _conditions(name: str, columns: tuple[Column, ...], where: Mapping[str, str]) -> tuple[str, list[Cell]]:
    kinds = {column.name: column.kind for column in columns}
    parts: list[str] = []
    values: list[Cell] = []
    for column, text in where.items():
        if column not in kinds:
            raise BadQuery(f"view {name} has no column {column!r}; it has {', '.join(kinds)}")
        if text:
            parts.append(f"{quoted(column)} = ?")
            values.append(_value(column, kinds[column], text))
        elif kinds[column] is Kind.TEXT:
            parts.append(f"({quoted(column)} IS NULL OR {quoted(column)} = '')")
        else:
            parts.append(f"{quoted(column)} IS NULL")
    return (" WHERE " + " AND ".join(parts) if parts else ""), values


def _value(column: str, kind: Kind, text: str) -> Cell:
    try:
        return _PARSE[kind](text)
    except (ValueError, KeyError) as exc:
        raise BadQuery(f"{column}: {text!r} is not {_WANTED[kind]}") from exc


def _instant(text: str) -> str:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return instant_text(to_us(at))


_PARSE: dict[Kind, Callable[[str], Cell]] = {
    Kind.TEXT: str,
    Kind.INTEGER: int,
    Kind.REAL: float,
    Kind.BOOLEAN: lambda text: {"true": 1, "false": 0}[text.lower()],
    Kind.INSTANT: _instant,
}
_WANTED = {
    Kind.TEXT: "text",
    Kind.INTEGER: "a whole number",
    Kind.REAL: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.INSTANT: "an instant with a zone, such as 2026-01-31T09:00:00Z",
}
