"""The figures of a quarter, summed by the database: the same as `figures.shares` summed, to the last minor unit.

Each part of an amount is turned into the reporting currency by itself, in whole numbers: with a rate of n / d, an
amount of a is (a ÷ d) · n + (2 · (a mod d) · n + d) ÷ 2d, rounded half up. What no database can be sure of (a rate that
is missing, or one with so many digits that a product could be too large) is left to the law itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from projections.pipeline.deal import OPEN, WON, Group
from projections.pipeline.figures import ALL_FORECASTS, CLOSED, GENERATION, OPEN_PIPE, Cut, Share
from projections.pipeline.quarters import midnight
from projections.pipeline.standing import Sql, column_of, standing_at
from projections.views.times import instant_text
from projections.views.view import Cell, Query

_MOST = 1 << 62
_HALF = 32
_OPEN = f"h.status = '{OPEN}' AND h.close_date >= ? AND h.close_date < ?"
_FOR_EVER = "9999"


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
    today = _Rates(_rates(cut, cut.day, cut.day))
    of_won = _Rates(_rates(cut, cut.quarter.first, cut.quarter.after), "closed_at")
    of_born = _Rates(_rates(cut, cut.quarter.first, date.max), "valid_from")
    closing = (cut.quarter.first.isoformat(), cut.quarter.after.isoformat())
    is_open = Sql(_OPEN, closing)
    for group, forecast, amount in _sums(query, cut, equal, standing_at(cut.at, known, is_open, parts=True), today):
        for measure in (OPEN_PIPE, *ALL_FORECASTS.get(forecast, ())):
            yield Share("", group, measure, amount)
    is_won = Sql(f"h.status = '{WON}' AND h.closed_at >= ? AND h.closed_at < ?", (begin, end))
    won = standing_at(cut.at, known, is_won, parts=True)
    for group, _, amount in _sums(query, cut, equal, won, of_won):
        for measure in (CLOSED, *ALL_FORECASTS["closed"]):
            yield Share("", group, measure, amount)
    born = _born(begin, end, cut.at, known)
    for group, _, amount in _sums(query, cut, equal, born, of_born):
        yield Share("", group, GENERATION, amount)


def open_pipe(query: Query, cut: Cut, known: int | None, equal: Mapping[str, str]) -> dict[Group, int]:
    """The open pipe of the quarter by slice, by the rate of the day asked about; see `totals`.

    Raises:
        Unsure: a rate is missing, or has too many digits.
    """
    closing = (cut.quarter.first.isoformat(), cut.quarter.after.isoformat())
    source = standing_at(cut.at, known, Sql(_OPEN, closing), parts=True)
    found: dict[Group, int] = {}
    for group, _, amount in _sums(query, cut, equal, source, _Rates(_rates(cut, cut.day, cut.day))):
        found[group] = found.get(group, 0) + amount
    return found


def _born(begin: str, end: str, at: int, known: int | None) -> Sql:
    now, heard = instant_text(at), None if known is None else instant_text(known)

    def told(name: str) -> str:
        both = f"{name}.known_from <= ? AND ({name}.known_to IS NULL OR {name}.known_to > ?)"
        return f"{name}.known_to IS NULL" if heard is None else both

    times: tuple[Cell, ...] = () if heard is None else (heard, heard)
    text = f"""
    SELECT h.*, '' AS forecast, h.product AS part_product, h.amount_minor AS part_amount FROM opportunity_births_base h
    WHERE h.opened_at >= ? AND h.opened_at < ? AND h.valid_from <= ? AND {told("h")} AND (h.alone = 1 OR NOT EXISTS (
        SELECT 1 FROM opportunity_births_base e
        WHERE e.opportunity = h.opportunity AND e.valid_from < h.valid_from AND {told("e")}))
    """  # noqa: S608 - our identifiers
    return Sql(text, (begin, end, now, *times, *times))


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
    found = [_Dated(cut.terms.rates.reporting, "", _FOR_EVER, 1, 1)]
    for currency, dated in cut.terms.rates.dated.items():
        days = [since for since, _ in dated]
        for place, (since, value) in enumerate(dated):
            after = days[place + 1] if place + 1 < len(days) else None
            if since <= last and (after is None or after > first):
                until = _FOR_EVER if after is None else instant_text(midnight(after, cut.terms.zone))
                found.append(_checked(currency, instant_text(midnight(since, cut.terms.zone)), until, value))
    return found


def _checked(currency: str, since: str, until: str, value: Fraction) -> _Dated:
    up, down = value.as_integer_ratio()
    if 2 * up * down + down >= _MOST or up > down << 8:
        raise Unsure
    return _Dated(currency, since, until, up, down)


def _sums(
    query: Query, cut: Cut, equal: Mapping[str, str], source: Sql, rates: _Rates
) -> Iterator[tuple[tuple[str, ...], str, int]]:
    """Sums by group and forecast, in the reporting currency."""
    groups = "".join(f"s.{column_of(name, parts=True)}, " for name in cut.by)
    only = "".join(f" AND s.{column_of(name, parts=True)} = ?" for name in equal)
    at = "" if not rates.when else f" AND r.since <= s.{rates.when} AND r.until > s.{rates.when}"
    marks = ", ".join("(?, ?, ?, ?, ?)" for _ in rates.dated)
    worth = (
        "CASE WHEN r.down = 1 AND r.up = 1 THEN s.part_amount ELSE (s.part_amount / r.down) * r.up"
        " + (2 * (s.part_amount % r.down) * r.up + r.down) / (2 * r.down) END"
    )
    sql = f"""
WITH r (currency, since, until, up, down) AS (VALUES {marks}), s AS ({source.text}),
w AS (
    SELECT {groups}s.forecast, CASE WHEN r.up IS NULL AND s.part_amount <> 0 THEN 1 ELSE 0 END AS lacks,
        CASE WHEN r.up IS NULL THEN 0 ELSE {worth} END AS worth
    FROM s LEFT JOIN r ON r.currency = s.currency{at} WHERE 1 = 1{only}
)
SELECT {groups.replace("s.", "w.")}w.forecast, SUM(w.lacks), SUM(w.worth >> {_HALF}), SUM(w.worth & {(1 << _HALF) - 1})
FROM w GROUP BY {groups.replace("s.", "w.")}w.forecast
"""  # noqa: S608 - our identifiers
    values: list[Cell] = [cell for rate in rates.dated for cell in rate]
    for *group, forecast, lacks, high, low in query(sql, (*values, *source.values, *equal.values())):
        if lacks:
            raise Unsure
        yield tuple(map(str, group)), str(forecast), (int(high or 0) << _HALF) + int(low or 0)
