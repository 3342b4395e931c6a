"""What moved the open pipe in a span of time, summed by the database: the same as `waterfall` of every opportunity.

Most rows are a step by themselves. Where several are one step of one opportunity in a slice, only their sum says
whether it is a gain or a loss, so these are summed first.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from projections.pipeline.deal import Group
from projections.pipeline.figures import Cut
from projections.pipeline.left_out import lacking_columns, note_left_out
from projections.pipeline.moves import among
from projections.pipeline.quarters import local_day
from projections.pipeline.standing import Sql, also, told_at
from projections.pipeline.totals import open_pipe
from projections.pipeline.waterfall import Waterfall
from projections.pipeline.worth import HALF, LOW, Unsure, rates_between, whole, worth
from projections.views.times import instant_text
from projections.views.view import Query

_LARGE = 1 << 50
"""Amounts of that much are summed by the law: no more than thousands of parts could be too large together."""


class Heard(NamedTuple):
    """By what is known a waterfall is told; instants in microseconds.

    Attributes:
        known: by what was recorded up to then; None: by all that is known.
        then: each instant by what was known at it, as far as `known` allows.
    """

    known: int | None = None
    then: bool = False

    def at(self, instant: int) -> int | None:
        """By what was recorded up to when an instant is told."""
        if not self.then:
            return self.known
        return instant if self.known is None else min(instant, self.known)


def waterfalls(query: Query, cut: Cut, begin: int, heard: Heard, equal: Mapping[str, str]) -> dict[Group, Waterfall]:
    """The waterfalls of all opportunities together, by slice.

    What neither start nor end nor anything that happened accounts for is what rates did.

    Args:
        query: asks the store.
        cut: what is asked; its instant is the last one, itself in the span.
        begin: the first one, in microseconds; what happened at that very instant is in the start.
        heard: by what is known it is told.
        equal: dimension -> the only value that counts.

    Raises:
        Unsure: an amount or a rate has too many digits.
    """
    first = open_pipe(query, cut._replace(at=begin), heard.at(begin), equal)
    last, found = open_pipe(query, cut, heard.at(cut.at), equal), dict[Group, Waterfall]()
    sums = _moved(query, cut, begin, heard, equal)
    for group in first.keys() | last.keys() | sums.keys():
        told = Waterfall(**sums.get(group, {}), start=first.get(group, 0), end=last.get(group, 0))
        found[group] = told._replace(revalued=told.end - told.reckoned)
    return found


class _Span(NamedTuple):
    """Moves whose instant in a column lies after one and up to another, itself in it.

    Attributes:
        column: which instant; the table is `h`.
        begin: after it, in microseconds.
        end: up to it.
        more: what else has to hold.
        rated: the instant by whose day's rates they are worth something, if it is another one.
    """

    column: str
    begin: int
    end: int
    more: Sql
    rated: str = ""


def _spans(begin: int, end: int, heard: Heard) -> Iterator[_Span]:
    """Up to what is known each instant by what was known at it, and what lies ahead by what is known in the end.

    Nothing is seen before it happens, so most of what was seen in a span has happened in it, where rows lie together.
    """
    told, known = begin, heard.known
    if heard.then:
        told = end if known is None else max(begin, min(known, end))
        yield _Span("at", begin, told, Sql("h.seen <= ?", (instant_text(told),)), "seen")
        yield _Span("seen", begin, told, Sql("h.at <= ?", (instant_text(begin),)))
    yield _Span("at", told, end, told_at(known))


def _moved(query: Query, cut: Cut, begin: int, heard: Heard, equal: Mapping[str, str]) -> dict[Group, dict[str, int]]:
    """By slice and column of a waterfall, what was added to the open pipe of a quarter or taken from it."""
    found: dict[Group, dict[str, int]] = {}
    for span in _spans(begin, cut.at, heard):
        if span.begin < span.end:
            for group, called, amount in _moved_in(query, cut, span, equal):
                sums = found.setdefault(group, {})
                sums[called] = sums.get(called, 0) + amount
    return found


def _moved_in(query: Query, cut: Cut, span: _Span, equal: Mapping[str, str]) -> Iterator[tuple[Group, str, int]]:
    zone = cut.terms.zone
    rates = rates_between(cut, local_day(span.begin, zone), local_day(span.end, zone), span.rated or span.column)
    period = cut.quarter.first.isoformat(), cut.quarter.after.isoformat()

    def in_period(column: str, amount: str) -> str:
        return f"CASE WHEN h.{column} >= '{period[0]}' AND h.{column} < '{period[1]}' THEN {amount} ELSE 0 END"

    after = in_period("close_date", worth(rates, "h.amount_minor"))
    before = in_period("close_date_before", worth(rates, "h.amount_before", "h.currency_before"))
    closing = "(h.close_date >= ? AND h.close_date < ? OR h.close_date_before >= ? AND h.close_date_before < ?)"
    condition = also(
        Sql(f"h.{span.column} > ? AND h.{span.column} <= ?", (instant_text(span.begin), instant_text(span.end))),
        span.more,
        Sql(closing, (*period, *period)),
        Sql(f"(h.among = 0 OR h.among & {among(cut.by)} <> 0)"),
        *(Sql(f"h.{name} = ?", (value,)) for name, value in equal.items()),
    )
    named = "".join(f"h.{name} AS by_{name}, " for name in cut.by)
    groups = "".join(f"by_{name}, " for name in cut.by)
    asked = condition, named, groups
    rows = query(*_summed(asked, f"{after} - {before}"))
    if any(lacks for *_, lacks, _, _ in rows):  # a rate is missing, or an amount is too large: only the former is noted
        rows = query(*_summed(asked, f"COALESCE({after}, 0) - COALESCE({before}, 0)"))
        for amount, currency in ((after, "h.currency"), (before, "h.currency_before")):
            unrated = also(condition, Sql(f"{amount} IS NULL"))
            columns = lacking_columns(rates, currency)
            text = f"SELECT {columns} FROM opportunity_moves_base h WHERE {unrated.text}"  # noqa: S608 - our identifiers
            note_left_out(query, cut, Sql(text, unrated.values))
    for *group, called, lacks, high, low in rows:
        if lacks:
            raise Unsure
        yield tuple(map(str, group)), str(called), whole(high, low)


def _summed(asked: tuple[Sql, str, str], moved: str) -> Sql:
    """A query for sums of moves, which says of each how many could not be summed.

    Args:
        asked: which moves, and the columns that they are summed by: as they are selected, and by their names there.
        moved: what a move adds to the open pipe.
    """
    condition, named, groups = asked
    netted = f"CASE WHEN MAX(ABS(worth)) < {_LARGE} AND COUNT(*) = COUNT(worth) THEN CAST(SUM(worth) AS BIGINT) END"
    sql = f"""
WITH parts AS MATERIALIZED (
    SELECT {named}h.opportunity, h.at, h.known_from, h.step, h.several, h.gain, h.loss, {moved} AS worth
    FROM opportunity_moves_base h WHERE {condition.text}
), steps AS (
    SELECT {groups}gain, loss, worth FROM parts WHERE several = 0
    UNION ALL
    SELECT {groups}gain, loss, {netted} FROM parts WHERE several = 1
    GROUP BY {groups}opportunity, at, known_from, step, gain, loss
), told AS (
    SELECT {groups}CASE WHEN worth < 0 THEN loss ELSE gain END AS called, ABS(worth) AS worth FROM steps
)
SELECT {groups}called, COUNT(*) - COUNT(worth), SUM(worth >> {HALF}), SUM(worth & {LOW})
FROM told GROUP BY {groups}called
"""  # noqa: S608 - our identifiers, and days
    return Sql(sql, condition.values)
