"""The figures of a quarter, summed by the database: the same as `figures.shares` summed, to the last minor unit.

Each part of an amount is turned into the reporting currency by itself, in whole numbers: with a rate of n / d, an
amount of a is (a ÷ d) · n + (2 · (a mod d) · n + d) ÷ 2d, rounded half up. What no database can be sure of (a rate that
is missing, or one with so many digits that a product could be too large) is left to the law itself.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from projections.pipeline.deal import OPEN, WON, Group
from projections.pipeline.figures import ALL_FORECASTS, CLOSED, GENERATION, OPEN_PIPE, Cut, Share
from projections.pipeline.quarters import midnight
from projections.pipeline.standing import Sql, also, product_of, standing_at, told_at
from projections.views.times import FOR_EVER, instant_text
from projections.views.view import Query

_MOST = 1 << 62
_HALF, _LOW = 32, (1 << 32) - 1
_CODE = re.compile("[A-Z]{3}")
_OPEN = f"h.status = '{OPEN}' AND h.close_date >= ? AND h.close_date < ?"


class Unsure(Exception):
    """The database cannot say it; the law can."""


def totals(query: Query, cut: Cut, known: int | None, equal: Mapping[str, str]) -> Iterator[Share]:
    """What all opportunities together add to each figure of a cut.

    Args:
        query: asks the store.
        cut: what is asked; it may be cut by `opportunity` as well.
        known: by what was recorded up to then, in microseconds; None: by all that is known.
        equal: dimension -> the only value that counts.

    Raises:
        Unsure: a rate is missing, or has too many digits.
    """
    begin, end = map(instant_text, cut.quarter.instants(cut.terms.zone))
    for group, forecast, amount in _sums(query, cut, equal, _open(cut, known), _today(cut)):
        for measure in (OPEN_PIPE, *ALL_FORECASTS.get(forecast, ())):
            yield Share("", group, measure, amount)
    is_won = Sql(f"h.status = '{WON}' AND h.closed_at >= ? AND h.closed_at < ?", (begin, end))
    of_won = _Rates(_rates(cut, cut.quarter.first, cut.quarter.after), "closed_at")
    for group, _, amount in _sums(query, cut, equal, _standing(cut, known, is_won), of_won):
        for measure in (CLOSED, *ALL_FORECASTS["closed"]):
            yield Share("", group, measure, amount)
    of_born = _Rates(_rates(cut, cut.quarter.first, date.max), "valid_from")
    for group, _, amount in _sums(query, cut, equal, _born((begin, end), cut.at, known), of_born):
        yield Share("", group, GENERATION, amount)


def open_pipe(query: Query, cut: Cut, known: int | None, equal: Mapping[str, str]) -> dict[Group, int]:
    """The open pipe of the quarter by slice, by the rate of the day asked about; see `totals`.

    Raises:
        Unsure: a rate is missing, or has too many digits.
    """
    found: dict[Group, int] = {}
    for group, _, amount in _sums(query, cut, equal, _open(cut, known)._replace(forecast="''"), _today(cut)):
        found[group] = found.get(group, 0) + amount
    return found


class _Source(NamedTuple):
    """Where rows come from.

    Attributes:
        select: (columns, condition) -> the query; the table is `h`, part by part.
        has_parts: whether product and amount of a part have columns of their own.
        forecast: what is told apart besides.
    """

    select: Callable[[str, Sql], Sql]
    has_parts: bool
    forecast: str = "''"


def _standing(cut: Cut, known: int | None, condition: Sql) -> _Source:
    return _Source(lambda columns, more: standing_at((cut.at, known), columns, also(condition, more), parts=True), True)


def _open(cut: Cut, known: int | None) -> _Source:
    closing = (cut.quarter.first.isoformat(), cut.quarter.after.isoformat())
    return _standing(cut, known, Sql(_OPEN, closing))._replace(forecast="h.forecast")


def _born(opened: tuple[str, str], at: int, known: int | None) -> _Source:
    now, told, earlier = instant_text(at), told_at(known), told_at(known, "e")

    def select(columns: str, more: Sql) -> Sql:
        text = f"""
        SELECT {columns} FROM opportunity_births_base h
        WHERE h.opened_at >= ? AND h.opened_at < ? AND h.valid_from <= ? AND {told.text}
            AND (h.alone = 1 OR NOT EXISTS (
                SELECT 1 FROM opportunity_births_base e
                WHERE e.opportunity = h.opportunity AND e.valid_from < h.valid_from AND {earlier.text}
            ))
        """  # noqa: S608 - our identifiers
        born = Sql(text, (*opened, now, *told.values, *earlier.values))
        return also(born, more)

    return _Source(select, False)


class _Dated(NamedTuple):
    """A rate, and the instants it holds between."""

    currency: str
    since: str
    until: str
    up: int
    down: int


class _Rates(NamedTuple):
    """Rates, and the column that says by which day's they are chosen; blank where all are of one day."""

    dated: Sequence[_Dated]
    when: str = ""


def _rates(cut: Cut, first: date, last: date) -> list[_Dated]:
    """The rates that hold on some day from one to another, as instants of the reporting zone."""
    found = [_Dated(cut.terms.rates.reporting, "", FOR_EVER, 1, 1)]
    for currency, dated in cut.terms.rates.dated.items():
        days = [since for since, _ in dated]
        for place, (since, value) in enumerate(dated):
            after = days[place + 1] if place + 1 < len(days) else None
            if since <= last and (after is None or after > first):
                until = FOR_EVER if after is None else instant_text(midnight(after, cut.terms.zone))
                found.append(_checked(currency, instant_text(midnight(since, cut.terms.zone)), until, value))
    return found


def _checked(currency: str, since: str, until: str, value: Fraction) -> _Dated:
    up, down = value.as_integer_ratio()
    if 2 * up * down + down >= _MOST or up > down << 8:
        raise Unsure
    return _Dated(currency, since, until, up, down)


def _today(cut: Cut) -> _Rates:
    return _Rates(_rates(cut, cut.day, cut.day))


_Sum = tuple[Group, str, int]
"""Group, forecast, and amount in the reporting currency."""


def _sums(query: Query, cut: Cut, equal: Mapping[str, str], source: _Source, rates: _Rates) -> Iterator[_Sum]:
    """Sums of the parts."""

    def column(name: str) -> str:
        return product_of(parts=source.has_parts) if name == "product" else name

    worth = _worth(rates, "h.part_amount" if source.has_parts else "h.amount_minor")
    names = "".join(f"h.{column(name)} AS by_{name}, " for name in cut.by)
    only = also(*(Sql(f"h.{column(name)} = ?", (value,)) for name, value in equal.items()))
    asked = source.select(f"{names}{source.forecast} AS forecast, {worth} AS amount", only)
    groups = "".join(f"w.by_{name}, " for name in cut.by) + "w.forecast"
    sql = f"""
WITH w AS MATERIALIZED ({asked.text})
SELECT {groups}, COUNT(*) - COUNT(w.amount), SUM(w.amount >> {_HALF}), SUM(w.amount & {_LOW}) FROM w GROUP BY {groups}
"""  # noqa: S608 - our identifiers
    for *group, forecast, lacks, high, low in query(sql, asked.values):
        if lacks:
            raise Unsure
        yield tuple(map(str, group)), str(forecast), (int(high or 0) << _HALF) + int(low or 0)


def _worth(rates: _Rates, amount: str) -> str:
    """An amount in the reporting currency; null where no rate is known."""
    of: dict[str, list[str]] = {}
    for currency, since, until, up, down in rates.dated:
        if _CODE.fullmatch(currency) is None:
            raise Unsure
        within = f"WHEN h.{rates.when} >= '{since}' AND h.{rates.when} < '{until}'" if rates.when else "WHEN 1 = 1"
        converted = f"({amount} / {down}) * {up} + (2 * ({amount} % {down}) * {up} + {down}) / {2 * down}"
        of.setdefault(currency, []).append(f"{within} THEN {amount if up == down else converted}")
    by_day = " ".join(f"WHEN '{currency}' THEN CASE {' '.join(dated)} END" for currency, dated in of.items())
    return f"CASE {amount} WHEN 0 THEN 0 ELSE CASE h.currency {by_day} END END"
