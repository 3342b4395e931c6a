"""What is made of the rows of `clocks`: the SLA board, and verdicts by whatever one wants to split them by."""

from projections.views.clock_columns import COLUMNS
from projections.views.queue import CLOSED_BY_STATUS
from projections.views.view import Column, Derived, Kind

_BY_NAME = {column.name: column for column in COLUMNS}
_SHOWN = ("due", "lead", "clause", "side", "owner", "state", "source", "started_at", "target", "warned", "agreement",
          "version", "cycle", "escalated", "escalated_to", "escalates_at", "needs", "next_action")  # fmt: skip

BOARD = Derived(
    name="sla-board",
    meaning="Clocks that somebody has to answer, what is due first at the top: open, paused, and breached ones.",
    answer=tuple(_BY_NAME[name] for name in _SHOWN),
    order=("due", "lead", "clause"),
    query=f"""
WITH {CLOSED_BY_STATUS}
SELECT {", ".join(f'b."{name}"' for name in _SHOWN)}, c.complete_to
FROM clocks_base b LEFT JOIN closed k ON k.lead = b.lead CROSS JOIN completeness c
WHERE b.state IN ('open', 'paused', 'breached') AND (b.state <> 'breached' OR k.lead IS NULL)
""",  # noqa: S608 - our identifiers
)

_GROUP = ("agreement", "clause", "version", "owner", "source", "week")
_COUNTED = {
    "started": ("1 = 1", "clocks started; the sum of the next four"),
    "met": ("b.verdict = 'met'", "clocks answered in time"),
    "breached": ("b.verdict = 'breached'", "clocks not answered in time, later answers included"),
    "cancelled": ("b.verdict = 'cancelled'", "clocks ended without a verdict"),
    "open": ("b.verdict = 'open'", "clocks still running or paused"),
    "retracted": ("b.retracted = 1", "clocks of which a breach was taken back"),
}
_SUMS = ", ".join(
    f'CAST(SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) AS BIGINT) AS "{name}"'
    for name, (condition, _) in _COUNTED.items()
)
_GROUPED = ", ".join(f"b.{name}" for name in _GROUP)

VERDICTS = Derived(
    name="verdicts",
    meaning="Verdicts of all clocks by clause, version, owner, source and the week they started in.",
    answer=(
        *(_BY_NAME[name] for name in _GROUP),
        *(Column(name, Kind.INTEGER, meaning) for name, (_, meaning) in _COUNTED.items()),
        Column("share_met", Kind.REAL, "met / (met + breached), rounded half up to four digits", True),
    ),
    order=_GROUP,
    query=f"""
WITH counted AS (SELECT {_GROUPED}, {_SUMS} FROM clocks_base b GROUP BY {_GROUPED})
SELECT k.*, CAST((k.met * 20000 + k.met + k.breached) / NULLIF(2 * (k.met + k.breached), 0) AS DOUBLE PRECISION)
    / 10000 AS share_met, c.complete_to
FROM counted k CROSS JOIN completeness c
""",  # noqa: S608 - our identifiers
)
