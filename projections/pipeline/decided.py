"""What became of opportunities, counted by the database: the same as `velocity.win_rates` and `velocity.velocities`."""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from projections.pipeline.deal import LOST, OPEN, WON, Group
from projections.pipeline.standing import Sql, also, microseconds, product_of, standing_at
from projections.pipeline.worth import EVERY, HALF, LOW, whole
from projections.views.times import instant_text
from projections.views.view import Query

_SEVERAL = "h.lines LIKE '%],[%'"
"""Of whatever has two lines or more; a name of a product that reads so costs time, and nothing else."""
_TOOK = (
    f"CASE h.status WHEN '{WON}' THEN COALESCE({microseconds('h.closed_at')} - {microseconds('h.opened_at')}, 0) "
    "ELSE 0 END"
)


class Decided(NamedTuple):
    """How many opportunities were won and lost, and how long the won ones took together, in microseconds."""

    won: int
    lost: int
    won_us: int

    @property
    def share(self) -> Fraction:
        """Won ÷ won and lost; of a slice in which something was decided."""
        return Fraction(self.won, self.won + self.lost)


def win_shares(
    query: Query, by: tuple[str, ...], times: tuple[int, int, int | None], equal: Mapping[str, str]
) -> dict[Group, Fraction]:
    """Won ÷ won and lost, by slice; see `decided`."""
    return {group: each.share for group, each in decided(query, by, times, equal, lengths=False).items()}


def decided(
    query: Query,
    by: tuple[str, ...],
    times: tuple[int, int, int | None],
    equal: Mapping[str, str],
    *,
    lengths: bool = True,
) -> dict[Group, Decided]:
    """What was won and lost, by slices in which something was.

    Args:
        query: asks the store.
        by: what it is cut by; one with several products counts to each of them.
        times: since when an opportunity is closed, the instant asked about, and that of knowledge; see `standing_at`.
        equal: dimension -> the only value that counts.
        lengths: how long it took is asked for, too; else it is 0.
    """
    since, at, known = times
    closed = Sql(f"h.status IN ('{WON}', '{LOST}') AND h.closed_at >= ?", (instant_text(since),))
    asked = _each_once(by, (at, known), closed, equal, {"status": "h.status", "took": _TOOK if lengths else "0"})
    named = "".join(f"w.by_{name}, " for name in by)
    sql = f"""
SELECT {named}SUM(CASE w.status WHEN '{WON}' THEN 1 ELSE 0 END), COUNT(*), SUM(w.took >> {HALF}), SUM(w.took & {LOW})
FROM ({asked.text} LIMIT {EVERY}) AS w {"GROUP BY " + named.removesuffix(", ") if by else ""}
"""  # noqa: S608 - our identifiers
    return {
        tuple(map(str, group)): Decided(int(won or 0), int(every) - int(won or 0), whole(high, low))
        for *group, won, every, high, low in query(sql, asked.values)
        if every
    }


def open_ones(
    query: Query, by: tuple[str, ...], times: tuple[int, int | None], equal: Mapping[str, str]
) -> dict[Group, int]:
    """How many are open, by slices in which one is; see `decided`."""
    asked = _each_once(by, times, Sql(f"h.status = '{OPEN}'"), equal, {"one": "1"})
    named = "".join(f"w.by_{name}, " for name in by)
    sql = f"SELECT {named}COUNT(*) FROM ({asked.text}) AS w {'GROUP BY ' + named.removesuffix(', ') if by else ''}"  # noqa: S608 - our identifiers
    return {tuple(map(str, group)): int(every) for *group, every in query(sql, asked.values) if every}


def _each_once(
    by: tuple[str, ...],
    times: tuple[int, int | None],
    condition: Sql,
    equal: Mapping[str, str],
    columns: Mapping[str, str],
) -> Sql:
    """Some columns of opportunities, by name, with the slices they count to, each once a slice."""
    exploded = "product" in (*by, *equal)

    def column(name: str) -> str:
        return f"h.{product_of(parts=exploded) if name == 'product' else name}"

    only = also(condition, *(Sql(f"{column(name)} = ?", (value,)) for name, value in equal.items()))
    wanted = {**columns, **{f"by_{name}": column(name) for name in by}}
    asked = ", ".join(f"{of} AS {name}" for name, of in wanted.items())
    if not exploded:
        return standing_at(times, asked, only)
    alone = standing_at(times, asked, also(only, Sql(f"NOT {_SEVERAL}")), parts=True)
    several = standing_at(times, f"h.opportunity, {asked}", also(only, Sql(_SEVERAL)), parts=True)
    once = f"SELECT {', '.join(wanted)} FROM (SELECT DISTINCT * FROM ({several.text}) AS every) AS once"  # noqa: S608 - our identifiers
    return Sql(f"{alone.text} UNION ALL {once}", (*alone.values, *several.values))
