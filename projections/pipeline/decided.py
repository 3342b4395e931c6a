"""How often opportunities were won, counted by the database: the same as `velocity.win_rates`."""

from collections.abc import Mapping
from fractions import Fraction

from projections.pipeline.deal import LOST, WON, Group
from projections.pipeline.standing import Sql, column_of, standing_at
from projections.views.times import instant_text
from projections.views.view import Query


def win_shares(
    query: Query, by: tuple[str, ...], times: tuple[int, int, int | None], equal: Mapping[str, str]
) -> dict[Group, Fraction]:
    """Won ÷ won and lost, by slice.

    Args:
        query: asks the store.
        by: what it is cut by; one with several products counts to each of them.
        times: since when an opportunity is closed, the instant asked about, and that of knowledge; see `standing_at`.
        equal: dimension -> the only value that counts.
    """
    since, at, known = times
    closed = Sql(f"h.status IN ('{WON}', '{LOST}') AND h.closed_at >= ?", (instant_text(since),))
    source = standing_at(at, known, closed, parts="product" in by)
    groups = "".join(f", s.{column_of(name, parts='product' in by)} AS by_{name}" for name in by)
    only = "".join(f" AND s.{column_of(name, parts='product' in by)} = ?" for name in equal)
    named = ", ".join(f"w.by_{name}" for name in by)
    sql = f"""
WITH s AS ({source.text}), w AS (SELECT DISTINCT s.opportunity, s.status{groups} FROM s WHERE 1 = 1{only})
SELECT {named + ", " if by else ""}SUM(CASE w.status WHEN '{WON}' THEN 1 ELSE 0 END), COUNT(*)
FROM w{" GROUP BY " + named if by else ""}
"""  # noqa: S608 - our identifiers
    rows = query(sql, (*source.values, *equal.values()))
    return {tuple(map(str, group)): Fraction(int(won or 0), int(every)) for *group, won, every in rows if every}
