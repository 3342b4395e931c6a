"""How far everything is known: the time of each partition, and how far behind each source is."""

from events.sources import HEARD_FROM, OWN_SOURCE
from projections.views.view import Column, Derived, Kind

PARTITIONS = Derived(
    name="partitions",
    meaning="How far each partition of the log is complete; the least of them is `complete_to` everywhere.",
    answer=(
        Column("partition", Kind.INTEGER, "partition number of the log"),
        Column("partition_complete_to", Kind.INSTANT, "all that was recorded in it up to here is in the rows", True),
    ),
    order=("partition",),
    only_now="it is about how far the log has been read, and nobody writes down how far that was before",
    query="""
SELECT p.partition, p.complete_to AS partition_complete_to, c.complete_to FROM progress p CROSS JOIN completeness c
""",
)

SOURCES = Derived(
    name="sources",
    meaning="Each source of facts from outside: how much it said, when it was last heard of, and how late it tells.",
    answer=(
        Column("source", Kind.TEXT, "who says so, as CloudEvents' source"),
        Column("facts", Kind.INTEGER, "accepted facts"),
        Column("last_occurred_at", Kind.INSTANT, "when the latest thing happened that it told"),
        Column("last_recorded_at", Kind.INSTANT, "when it was last heard of"),
        Column("mean_lag_seconds", Kind.INTEGER, "mean of recorded less occurred, rounded half up"),
        Column("longest_lag_seconds", Kind.INTEGER, "longest of recorded less occurred"),
        Column("late_facts", Kind.INTEGER, "facts that came too late to change a verdict"),
    ),
    order=("last_recorded_at", "source"),
    query=f"""
WITH told AS (
    SELECT source, COUNT(*) AS facts, MAX(occurred_at) AS last_occurred_at, MAX(recorded_at) AS last_recorded_at,
        (2 * CAST(SUM(lag_seconds) AS BIGINT) + COUNT(*)) / (2 * COUNT(*)) AS mean_lag_seconds,
        MAX(lag_seconds) AS longest_lag_seconds,
        CAST(SUM(CASE WHEN late = 1 THEN 1 ELSE 0 END) AS BIGINT) AS late_facts
    FROM timeline_base WHERE source <> '{OWN_SOURCE}' AND source NOT LIKE '{HEARD_FROM}%' GROUP BY source
)
SELECT t.*, c.complete_to FROM told t CROSS JOIN completeness c
""",  # noqa: S608 - our constants
)
