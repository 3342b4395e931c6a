"""The figures of a quarter, summed by the database: the same as `figures.shares` summed, to the last minor unit.

Each part of an amount is turned into the reporting currency by itself (`projections.pipeline.worth`).
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from projections.pipeline.deal import OPEN, WON, Group
from projections.pipeline.figures import ALL_FORECASTS, CLOSED, GENERATION, OPEN_PIPE, OPPORTUNITY, Cut, Share
from projections.pipeline.left_out import lacking_columns, note_left_out
from projections.pipeline.quarters import local_day
from projections.pipeline.standing import Sql, also, product_of, standing_at, told_at
from projections.pipeline.worth import EVERY, HALF, LOW, DatedRates, rates_between, rates_today, whole, worth
from projections.views.times import instant_text
from projections.views.view import Query

_OPEN = f"h.status = '{OPEN}' AND h.close_date >= ? AND h.close_date < ?"


def totals(query: Query, cut: Cut, known: int | None, equal: Mapping[str, str]) -> Iterator[Share]:
    """What all opportunities together add to each figure of a cut.

    Args:
        query: asks the store.
        cut: what is asked; it may be cut by `opportunity` as well.
        known: by what was recorded up to then, in microseconds; None: by all that is known.
        equal: dimension -> the only value that counts.

    Raises:
        Unsure: a rate has too many digits.
    """
    for group, forecast, amount in _sums(query, cut, equal, _open(cut, known), rates_today(cut)):
        for measure in (OPEN_PIPE, *ALL_FORECASTS.get(forecast, ())):
            yield Share("", group, measure, amount)
    for share in won_and_born(query, cut, known, equal):
        forecasts = ALL_FORECASTS["closed"] if share.measure == CLOSED else ()
        yield from (share._replace(measure=measure) for measure in (share.measure, *forecasts))


def won_and_born(query: Query, cut: Cut, known: int | None, equal: Mapping[str, str]) -> Iterator[Share]:
    """What was won and what pipe was generated in the quarter; see `totals`.

    Raises:
        Unsure: a rate has too many digits.
    """
    begin, end = map(instant_text, cut.quarter.instants(cut.terms.zone))
    is_won = Sql(f"h.status = '{WON}' AND h.closed_at >= ? AND h.closed_at < ?", (begin, end))
    of_won = rates_between(cut, cut.quarter.first, cut.quarter.after, "closed_at")
    for group, _, amount in _sums(query, cut, equal, _standing(cut, known, is_won), of_won):
        yield Share("", group, CLOSED, amount)
    of_born = rates_between(cut, cut.quarter.first, date.max, "valid_from")
    for group, _, amount in _sums(query, cut, equal, _born((begin, end), cut.at, known), of_born):
        yield Share("", group, GENERATION, amount)


def won_since(query: Query, cut: Cut, since: int, known: int | None, equal: Mapping[str, str]) -> dict[Group, int]:
    """What was won since an instant and is won still, by slice, by the rates of the days it was won; see `totals`.

    Raises:
        Unsure: a rate has too many digits.
    """
    is_won = Sql(f"h.status = '{WON}' AND h.closed_at >= ?", (instant_text(since),))
    rates = rates_between(cut, local_day(since, cut.terms.zone), cut.day, "closed_at")
    return {group: amount for group, _, amount in _sums(query, cut, equal, _standing(cut, known, is_won), rates)}


def open_pipe(query: Query, cut: Cut, known: int | None, equal: Mapping[str, str]) -> dict[Group, int]:
    """The open pipe of the quarter by slice, by the rate of the day asked about; see `totals`.

    Raises:
        Unsure: a rate has too many digits.
    """
    found: dict[Group, int] = {}
    for group, _, amount in _sums(query, cut, equal, _open(cut, known)._replace(by_forecast=False), rates_today(cut)):
        found[group] = found.get(group, 0) + amount
    return found


def open_amounts(query: Query, cut: Cut, known: int | None) -> dict[str, int]:
    """What each open opportunity is worth, whatever its close date, by the rate of the day; see `totals`.

    Raises:
        Unsure: a rate has too many digits.
    """
    is_open = _standing(cut, known, Sql(f"h.status = '{OPEN}'"))
    sums = _sums(query, cut._replace(by=(OPPORTUNITY,)), {}, is_open, rates_today(cut))
    return {opportunity: amount for (opportunity,), _, amount in sums}


class _Source(NamedTuple):
    """Where rows come from.

    Attributes:
        select: (columns, condition) -> the query; the table is `h`, part by part.
        has_parts: whether product and amount of a part have columns of their own.
        by_forecast: whether how sure it is is told apart besides.
    """

    select: Callable[[str, Sql], Sql]
    has_parts: bool
    by_forecast: bool = False


def _standing(cut: Cut, known: int | None, condition: Sql) -> _Source:
    return _Source(lambda columns, more: standing_at((cut.at, known), columns, also(condition, more), parts=True), True)


def _open(cut: Cut, known: int | None) -> _Source:
    closing = (cut.quarter.first.isoformat(), cut.quarter.after.isoformat())
    return _standing(cut, known, Sql(_OPEN, closing))._replace(by_forecast=True)


def _born(opened: tuple[str, str], at: int, known: int | None) -> _Source:
    return _Source(lambda columns, more: first_with_an_amount(opened, (at, known), columns, more), False)


def first_with_an_amount(opened: tuple[str, str], times: tuple[int, int | None], columns: str, more: Sql) -> Sql:
    """A query for opportunities as they were when they first had an amount, a row for each product.

    Args:
        opened: since when they were opened, and before when; as texts.
        times: the instant asked about in microseconds, and that of knowledge; see `standing_at`.
        columns: what is selected; the table is `h`.
        more: what else has to hold.
    """
    at, known = times
    told, earlier = told_at(known), told_at(known, "e")
    text = f"""
    SELECT {columns} FROM opportunity_births_base h
    WHERE h.opened_at >= ? AND h.opened_at < ? AND h.valid_from <= ? AND {told.text}
        AND (h.alone = 1 OR NOT EXISTS (
            SELECT 1 FROM opportunity_births_base e
            WHERE e.opportunity = h.opportunity AND e.valid_from < h.valid_from AND {earlier.text}
        ))
    """  # noqa: S608 - our identifiers
    return also(Sql(text, (*opened, instant_text(at), *told.values, *earlier.values)), more)


_Sum = tuple[Group, str, int]
"""Group, forecast, and amount in the reporting currency."""


def _sums(query: Query, cut: Cut, equal: Mapping[str, str], source: _Source, rates: DatedRates) -> Iterator[_Sum]:
    """Sums of the parts."""

    def column(name: str) -> str:
        return product_of(parts=source.has_parts) if name == "product" else name

    amount = worth(rates, "h.part_amount" if source.has_parts else "h.amount_minor")
    names = "".join(f"h.{column(name)} AS by_{name}, " for name in cut.by)
    names += "h.forecast AS forecast, " * source.by_forecast
    only = also(*(Sql(f"h.{column(name)} = ?", (value,)) for name, value in equal.items()))
    asked = source.select(f"{names}{amount} AS amount", only)
    groups = [f"w.by_{name}" for name in cut.by] + ["w.forecast"] * source.by_forecast
    sql = f"""
SELECT {"".join(f"{name}, " for name in groups)}
    COUNT(*) - COUNT(w.amount), SUM(w.amount >> {HALF}), SUM(w.amount & {LOW}), COUNT(*)
FROM ({asked.text} LIMIT {EVERY}) AS w {"GROUP BY " + ", ".join(groups) if groups else ""}
"""  # noqa: S608 - our identifiers
    lacking = False
    for *group, lacks, high, low, every in query(sql, asked.values):
        lacking = lacking or bool(lacks)
        if every:
            forecast = str(group.pop()) if source.by_forecast else ""
            yield tuple(map(str, group)), forecast, whole(high, low)
    if lacking:
        lacks_rate = also(only, Sql(f"{amount} IS NULL"))
        note_left_out(query, cut, source.select(lacking_columns(rates), lacks_rate))
