"""Questions to a store: a view's rows as flat dictionaries."""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from events.instants import to_us
from projections.catalogue import BY_NAME
from projections.stores.answers import columns_by, table_by
from projections.stores.port import ViewStore
from projections.stores.schema import base_table, names, quoted
from projections.upgrading import of_former_tables, source_of
from projections.views.companies import COMPANIES
from projections.views.prospects import PROSPECTS
from projections.views.times import instant_text, us_of_text
from projections.views.view import COMPLETE_TO, Asked, BadQuery, Cell, Cells, Column, Computed, Kind, Shown


class Where(NamedTuple):
    """A condition: column, sign, and value as text. A row with an empty cell fulfils none but `=` nothing.

    Signs: `=`, `!=`, `<`, `<=`, `>`, `>=`.
    """

    column: str
    sign: str
    text: str


_SIGNS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_ALL = 2**63 - 1
"""As many rows as SQL can count: not every database has an offset without a limit."""
_CONDITION = re.compile(r"([^=<>!]+)(<=|>=|!=|=|<|>)(.*)", re.DOTALL)


def condition(text: str) -> Where:
    """A condition as people write it, such as `score>=50`.

    Raises:
        BadQuery: there is no column or no sign in it.
    """
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise BadQuery(f"{text!r}: expected COLUMN=VALUE, or !=, <, <=, >, >= in place of =")
    column, sign, value = found.groups()
    return Where(column.strip(), sign, value)


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
    return columns_by(view, _split(view, by))


def _split(view: Shown, by: str | None) -> str | None:
    """By what an answer is split, as the view names it: of two columns with a plus between the order means nothing."""
    if by is None or by in view.groupings:
        return by
    turned = "+".join(reversed(by.split("+")))
    if turned in view.groupings:
        return turned
    could = splits(view)
    raise BadQuery(f"view {view.name} cannot be split by {by!r}: {f'only by {could}' if could else 'not at all'}")


def splits(view: Shown, written: Callable[[str], str] = str) -> str:
    """By what a view can be split, in words, each column as it is to be written; empty: not at all."""
    single = [name for name in view.groupings if "+" not in name]
    pairs = ", or two of them with a plus between" if len(single) < len(view.groupings) else ""
    return f"{', '.join(map(written, single))}{pairs}"


def read_view(
    store: ViewStore,
    name: str,
    where: Mapping[str, str] | Sequence[Where] | None = None,
    by: str | None = None,
    *,
    sort: Sequence[str] = (),
    limit: int | None = None,
    offset: int = 0,
    times: Mapping[str, int | None] = MappingProxyType({}),
) -> list[dict[str, Cell]]:
    """The rows of a view, in a fixed order, each with `complete_to`.

    Args:
        store: where the rows are.
        name: the view's name, such as `response-times`.
        where: column -> value as text, or conditions; only rows in which all hold. An empty value finds empty cells.
        by: column to split a total by, where the view can be split.
        sort: columns to sort by before the view's own order; a minus in front turns it round. Empty cells come last.
        limit: at most so many rows.
        offset: so many rows are left out before.
        times: instants asked for, by name, in microseconds: `since`, `as_of`, `known_at`; only of views that are
            computed. What rows of others were at another time is asked of other tables (`projections.past`).

    Raises:
        BadQuery: no such view or column, a value that is none of the column's type, or an instant that cannot be asked.
    """
    view = view_named(name)
    by = _split(view, by)
    columns = columns_by(view, by)
    wanted = {named: at for named, at in times.items() if at is not None}
    if wanted.keys() - (view.takes if isinstance(view, Computed) else ()):
        raise BadQuery(f"the rows of view {name} hold for one time alone")
    if isinstance(view, Computed):
        found = _computed(store, view, Asked(_equal(_listed(where)), by, **wanted))
        return sifted(found, columns, name, where, sort=sort, limit=limit, offset=offset)
    source = source_of(store, table_by(view, by), columns)
    sql, values = _question(source, view, columns, where, by, sort=sort, limit=limit, offset=offset)
    return [_row(columns, row) for row in store.query(sql, values)]


def stream_view(
    store: ViewStore, name: str, where: Mapping[str, str] | Sequence[Where] | None = None, by: str | None = None
) -> Iterator[dict[str, Cell]]:
    """The rows that `read_view` gives, one after the other; only those of a view that is computed are all in memory.

    Raises:
        BadQuery: no such view or column, or a value that is none of the column's type.
    """
    view = view_named(name)
    by = _split(view, by)
    if isinstance(view, Computed):
        return iter(read_view(store, name, where, by))
    columns = columns_by(view, by)
    source = source_of(store, table_by(view, by), columns)
    sql, values = _question(source, view, columns, where, by)
    return (_row(columns, row) for row in store.stream(sql, values))


def _question(
    source: str,
    view: Shown,
    columns: tuple[Column, ...],
    where: Mapping[str, str] | Sequence[Where] | None,
    by: str | None,
    *,
    sort: Sequence[str] = (),
    limit: int | None = None,
    offset: int = 0,
) -> tuple[str, list[Cell]]:
    conditions, values = _conditions(view.name, columns, _listed(where))
    own = [f"{quoted(column)} NULLS FIRST" for column in (view.order if by is None else (by, *view.order))]
    order = ", ".join([*_sorting(view.name, columns, sort), *own])
    sql = f"SELECT {names(columns)} FROM {source}{conditions}"  # noqa: S608 - identifiers are checked, values are bound
    sql += f" ORDER BY {order}" if order else ""
    if limit is not None or offset:
        sql += f" LIMIT {_ALL if limit is None else int(limit)} OFFSET {int(offset)}"
    return sql, values


def _equal(where: Sequence[Where]) -> dict[str, str]:
    return {column: text for column, sign, text in where if sign == "=" and text}


def _computed(store: ViewStore, view: Computed, asked: Asked) -> list[dict[str, Cell]]:
    columns = (*view.answer, COMPLETE_TO)
    with of_former_tables(store):
        complete_to = completeness_of(store, view.rests_on)
        asked = asked._replace(complete_to=us_of_text(complete_to))
        return [_row(columns, (*row, complete_to)) for row in view.compute(store.query, asked)]


def completeness_of(store: ViewStore, rests_on: Sequence[str]) -> str | None:
    """Up to when the rows of some projections are complete together, by their SQL views; None: not all have reported.

    What is asked for an instant before it, as known at that instant, never changes any more.
    """
    found = [row for name in rests_on for row in store.query(f"SELECT complete_to FROM {name}")]  # noqa: S608 - our identifiers
    known = [str(complete_to) for (complete_to,) in found if complete_to is not None]
    return min(known) if len(known) == len(found) else None


def _listed(where: Mapping[str, str] | Sequence[Where] | None) -> Sequence[Where]:
    return [Where(column, "=", text) for column, text in where.items()] if isinstance(where, Mapping) else where or ()


def sifted(
    rows: Iterable[dict[str, Cell]],
    columns: tuple[Column, ...],
    name: str,
    where: Mapping[str, str] | Sequence[Where] | None = None,
    *,
    sort: Sequence[str] = (),
    limit: int | None = None,
    offset: int = 0,
) -> list[dict[str, Cell]]:
    """Rows that were computed, chosen and sorted as `read_view` does it in SQL; they come in the view's own order.

    Raises:
        BadQuery: no such column, or a value that is none of the column's type.
    """
    tests = [_test(name, columns, each) for each in _listed(where)]
    found = [row for row in rows if all(test(row) for test in tests)]
    list(_sorting(name, columns, sort))
    for text in reversed(sort):
        column = text.removeprefix("-")
        empty = [row for row in found if row[column] is None]
        full: list[Any] = [row for row in found if row[column] is not None]
        full.sort(key=operator.itemgetter(column), reverse=text.startswith("-"))
        found = full + empty
    return found[offset : None if limit is None else offset + limit]


def _test(name: str, columns: tuple[Column, ...], where: Where) -> Callable[[Mapping[str, Cell]], bool]:
    column, sign, text = where
    _conditions(name, columns, [where])
    kind = next(each.kind for each in columns if each.name == column)
    if not text:
        nothing = (None, "") if kind is Kind.TEXT else (None,)
        return lambda row: (row[column] in nothing) is (sign == "=")
    compared, value = _COMPARED[sign], _value(column, kind, text)
    return lambda row: row[column] is not None and compared(row[column], value)


Company = tuple[Cell, Cell]
"""The cells `company` and `account` of a row of `companies`."""


def people_of(store: ViewStore, companies: Iterable[Company]) -> dict[Company, list[str]]:
    """The lead ids of the people of companies; stubs and test leads left out."""
    found: dict[Company, list[str]] = {company: [] for company in companies}
    places, prospects = quoted(base_table(COMPANIES).name), quoted(base_table(PROSPECTS).name)
    sql = (
        f"SELECT b.company, b.account, b.lead FROM {places} b JOIN {prospects} p ON p.lead = b.lead "  # noqa: S608 - our identifiers
        "ORDER BY b.lead"
    )
    with of_former_tables(store):
        for company, account, lead in store.query(sql):
            if (company, account) in found:
                found[company, account].append(str(lead))
    return found


def _sorting(name: str, columns: tuple[Column, ...], sort: Sequence[str]) -> Iterator[str]:
    known = [column.name for column in columns]
    for text in sort:
        column = text.removeprefix("-")
        if column not in known:
            raise BadQuery(f"view {name} has no column {column!r}; it has {', '.join(known)}")
        turned = " DESC" if text.startswith("-") else ""
        yield f"{quoted(column)} IS NULL, {quoted(column)}{turned}"


def _row(columns: tuple[Column, ...], row: Cells) -> dict[str, Cell]:
    return {
        column.name: bool(cell) if column.kind is Kind.BOOLEAN and cell is not None else cell
        for column, cell in zip(columns, row, strict=True)
    }


def _conditions(name: str, columns: tuple[Column, ...], where: Sequence[Where]) -> tuple[str, list[Cell]]:
    kinds = {column.name: column.kind for column in columns}
    parts: list[str] = []
    values: list[Cell] = []
    for column, sign, text in where:
        if column not in kinds:
            raise BadQuery(f"view {name} has no column {column!r}; it has {', '.join(kinds)}")
        if text:
            parts.append(f"{quoted(column)} {_SIGNS[sign]} ?")
            values.append(_value(column, kinds[column], text))
        elif sign not in ("=", "!="):
            raise BadQuery(f"{column}{sign}: expected a value")
        else:
            empty = f"({quoted(column)} IS NULL OR {quoted(column)} = '')"
            empty = empty if kinds[column] is Kind.TEXT else f"{quoted(column)} IS NULL"
            parts.append(empty if sign == "=" else f"NOT {empty}")
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
