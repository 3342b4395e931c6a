"""What moved the open pipe in a span of time, summed by the database: the same as `waterfall` of every opportunity.

Most rows are a step by themselves. Where several are one step of one opportunity in a slice, only their sum says
whether it is a gain or a loss, so these are summed first.
"""

from collections.abc import Mapping

from projections.pipeline.deal import Group
from projections.pipeline.figures import Cut
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


def waterfalls(
    query: Query, cut: Cut, begin: int, known: int | None, equal: Mapping[str, str]
) -> dict[Group, Waterfall]:
    """The waterfalls of all opportunities together, by slice.

    What neither start nor end nor anything that happened accounts for is what rates did.

    Args:
        query: asks the store.
        cut: what is asked; its instant is the last one, itself in the span.
        begin: the first one, in microseconds; what happened at that very instant is in the start.
        known: by what was recorded up to then, in microseconds; None: by all that is known.
        equal: dimension -> the only value that counts.

    Raises:
        Unsure: a rate is missing, or an amount or a rate has too many digits.
    """
    first, last = open_pipe(query, cut._replace(at=begin), known, equal), open_pipe(query, cut, known, equal)
    sums, found = _moved(query, cut, begin, known, equal), dict[Group, Waterfall]()
    for group in first.keys() | last.keys() | sums.keys():
        told = Waterfall(**sums.get(group, {}), start=first.get(group, 0), end=last.get(group, 0))
        found[group] = told._replace(revalued=told.end - told.reckoned)
    return found


def _moved(
    query: Query, cut: Cut, begin: int, known: int | None, equal: Mapping[str, str]
) -> dict[Group, dict[str, int]]:
    """By slice and column of a waterfall, what was added to the open pipe of a quarter or taken from it."""
    zone = cut.terms.zone
    rates = rates_between(cut, local_day(begin, zone), cut.day, "at")
    period = cut.quarter.first.isoformat(), cut.quarter.after.isoformat()

    def in_period(column: str, amount: str) -> str:
        return f"CASE WHEN h.{column} >= '{period[0]}' AND h.{column} < '{period[1]}' THEN {amount} ELSE 0 END"

    after = in_period("close_date", worth(rates, "h.amount_minor"))
    before = in_period("close_date_before", worth(rates, "h.amount_before", "h.currency_before"))
    closing = "(h.close_date >= ? AND h.close_date < ? OR h.close_date_before >= ? AND h.close_date_before < ?)"
    condition = also(
        Sql("h.at > ? AND h.at <= ?", (instant_text(begin), instant_text(cut.at))),
        told_at(known),
        Sql(closing, (*period, *period)),
        Sql(f"(h.among = 0 OR h.among & {among(cut.by)} <> 0)"),
        *(Sql(f"h.{name} = ?", (value,)) for name, value in equal.items()),
    )
    named = "".join(f"h.{name} AS by_{name}, " for name in cut.by)
    groups = "".join(f"by_{name}, " for name in cut.by)
    netted = f"CASE WHEN MAX(ABS(worth)) < {_LARGE} AND COUNT(*) = COUNT(worth) THEN CAST(SUM(worth) AS BIGINT) END"
    sql = f"""
WITH parts AS MATERIALIZED (
    SELECT {named}h.opportunity, h.at, h.step, h.several, h.gain, h.loss, {after} - {before} AS worth
    FROM opportunity_moves_base h WHERE {condition.text}
), steps AS (
    SELECT {groups}gain, loss, worth FROM parts WHERE several = 0
    UNION ALL
    SELECT {groups}gain, loss, {netted} FROM parts WHERE several = 1 GROUP BY {groups}opportunity, at, step, gain, loss
), told AS (
    SELECT {groups}CASE WHEN worth < 0 THEN loss ELSE gain END AS called, ABS(worth) AS worth FROM steps
)
SELECT {groups}called, COUNT(*) - COUNT(worth), SUM(worth >> {HALF}), SUM(worth & {LOW})
FROM told GROUP BY {groups}called
"""  # noqa: S608 - our identifiers, and days
    found: dict[Group, dict[str, int]] = {}
    for *group, called, lacks, high, low in query(sql, condition.values):
        if lacks:
            raise Unsure
        found.setdefault(tuple(map(str, group)), {})[str(called)] = whole(high, low)
    return found
