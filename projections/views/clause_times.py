"""`clause-times`: how long answers took, clause by clause, in clock hours and in the working hours of the clause.

Percentiles do not add up, so they are taken on read from the rows of `clocks`, one a clock.
"""

from projections.views.clock_columns import COLUMNS
from projections.views.view import Column, Derived, Kind

_BY_NAME = {column.name: column for column in COLUMNS}
_GROUP = ("agreement", "clause", "version", "owner", "source")
_GROUPED = ", ".join(f"b.{name}" for name in _GROUP)
_NAMED = ", ".join(f"r.{name}" for name in _GROUP)
_MEASURES = {"took": "real time", "worked": "working time"}


def _ranked(measure: str) -> str:
    """The place of each answered clock among those of its group, by one measure, and how many there are."""
    within = f"PARTITION BY {_GROUPED}, b.{measure}_seconds IS NULL"
    return f"""
        ROW_NUMBER() OVER ({within} ORDER BY b.{measure}_seconds) AS {measure}_place,
        COUNT(*) OVER ({within}) AS {measure}_count"""


def _figures(measure: str) -> str:
    """Mean rounded half up, and percentiles by nearest rank."""
    seconds, place, count = f"r.{measure}_seconds", f"r.{measure}_place", f"r.{measure}_count"
    mean = f"(2 * CAST(SUM({seconds}) AS BIGINT) + COUNT({seconds})) / NULLIF(2 * COUNT({seconds}), 0)"
    ranks = [
        f"MIN(CASE WHEN {place} * 100 >= {percent} * {count} THEN {seconds} END) AS {measure}_p{percent}_seconds"
        for percent in (50, 90)
    ]
    return ", ".join([f"{mean} AS {measure}_mean_seconds", *ranks])


CLAUSE_TIMES = Derived(
    name="clause-times",
    meaning="How long answers took, clause by clause: in clock hours, and in the working hours of the clause.",
    answer=(
        *(_BY_NAME[name] for name in _GROUP),
        Column("answered", Kind.INTEGER, "clocks that were answered, in time or late"),
        *(
            Column(f"{measure}_{figure}_seconds", Kind.INTEGER, f"{words} of {meaning}", True)
            for measure, meaning in _MEASURES.items()
            for figure, words in (
                ("mean", "mean, rounded half up, in completed seconds"),
                ("p50", "median, nearest rank, in completed seconds"),
                ("p90", "90th percentile, nearest rank, in completed seconds"),
            )
        ),
    ),
    order=_GROUP,
    query=f"""
WITH ranked AS (
    SELECT {_GROUPED}, b.took_seconds, b.worked_seconds,{",".join(_ranked(measure) for measure in _MEASURES)}
    FROM clocks_base b WHERE b.took_seconds IS NOT NULL AND b.verdict IN ('met', 'breached')
)
SELECT {_NAMED}, COUNT(*) AS answered, {", ".join(_figures(measure) for measure in _MEASURES)}, c.complete_to
FROM ranked r CROSS JOIN completeness c GROUP BY {_NAMED}, c.complete_to
""",  # noqa: S608 - our identifiers
)
