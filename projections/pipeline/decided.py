"""How often opportunities were won, counted by the database: the same as `velocity.win_rates`."""

from collections.abc import Mapping
from fractions import Fraction

from projections.pipeline.deal import LOST, WON, Group
from projections.pipeline.standing import Sql, also, product_of, standing_at
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
    exploded = "product" in (*by, *equal)

    def column(name: str) -> str:
        return product_of(parts=exploded) if name == "product" else name

    closed = Sql(f"h.status IN ('{WON}', '{LOST}') AND h.closed_at >= ?", (instant_text(since),))
    only = also(closed, *(Sql(f"h.{column(name)} = ?", (value,)) for name, value in equal.items()))
    groups = "".join(f", h.{column(name)} AS by_{name}" for name in by)
    one = "h.opportunity, " * exploded  # what nobody asks for is not read
    source = standing_at((at, known), f"{one}h.status{groups}", only, parts=exploded)
    named = "".join(f"w.by_{name}, " for name in by)
    once = f"SELECT DISTINCT * FROM ({source.text}) AS every" if exploded else source.text  # noqa: S608 - our identifiers
    sql = f"""
SELECT {named}SUM(CASE w.status WHEN '{WON}' THEN 1 ELSE 0 END), COUNT(*) FROM ({once}) AS w
{"GROUP BY " + named.removesuffix(", ") if by else ""}
"""  # noqa: S608 - our identifiers
    rows = query(sql, source.values)
    return {tuple(map(str, group)): Fraction(int(won or 0), int(every)) for *group, won, every in rows if every}
