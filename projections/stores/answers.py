"""SQL views that answer: what analysts query and what `read_view` selects from.

Partial rows are summed here, percentiles are taken here, and every row gets `complete_to`. The statements are those
that SQLite and PostgreSQL both take.
"""

from typing import Any, NamedTuple

from projections.catalogue import DERIVED, PROJECTION_OF, PROJECTIONS, VIEWS
from projections.projection import Projection
from projections.stores.schema import Dialect, base_table, quoted
from projections.views.commitment import COMMITMENT
from projections.views.companies import COMPANIES
from projections.views.council_actions import COUNCIL_ACTIONS
from projections.views.duplicates import DUPLICATES
from projections.views.funnel import CAPTURED, CONVERTED, FUNNEL
from projections.views.hygiene import HYGIENE
from projections.views.opportunities import OPPORTUNITIES
from projections.views.opportunity_history import (
    EACH_LINE,
    HISTORY_QUERY,
    OPPORTUNITY_HISTORY,
    VERSIONS,
    VERSIONS_QUERY,
    parts_query,
)
from projections.views.prospects import PREDICTION_COUNTS
from projections.views.response_times import RESPONSE_TIMES
from projections.views.routing import ROUTING
from projections.views.sla import SLA
from projections.views.tasks import TASKS
from projections.views.view import COMPLETE_TO, Aggregate, Column, Computed, Shown, View


class Answer(NamedTuple):
    """A SQL view: its name and the query behind it."""

    name: str
    query: str

    def sql(self, dialect: Dialect) -> str:
        """The query as a database takes it."""
        return self.query.replace(EACH_LINE, dialect.each_line)


def _completeness(projection: Projection) -> Answer:
    return Answer(
        projection.completeness,
        "SELECT CASE WHEN COUNT(*) > 0 AND COUNT(*) = COUNT(complete_to) THEN MIN(complete_to) END AS complete_to "  # noqa: S608 - our identifier
        f"FROM {projection.clock}",
    )


_FUNNEL = f"""
WITH listed AS (
    SELECT agreement, status, MIN(place_overall) AS place_overall FROM (
        SELECT agreement, status, ROW_NUMBER() OVER (ORDER BY agreement, version, place) AS place_overall
        FROM agreement_statuses WHERE status NOT IN ('{CAPTURED}', '{CONVERTED}')
    ) AS every_version GROUP BY agreement, status
), stages AS (
    SELECT status AS stage, MIN(place_overall) AS stage_order FROM listed GROUP BY status
    UNION ALL SELECT '{CAPTURED}', 0
    UNION ALL SELECT '{CONVERTED}', (SELECT COUNT(*) + 1 FROM agreement_statuses)
), sources AS (
    SELECT DISTINCT agreement, source FROM funnel_base WHERE stage = '{CAPTURED}'
), shown AS (
    SELECT agreement, source, '{CAPTURED}' AS stage FROM sources
    UNION ALL SELECT agreement, source, '{CONVERTED}' FROM sources
    UNION ALL SELECT s.agreement, s.source, l.status FROM sources s JOIN listed l ON l.agreement = s.agreement
)
SELECT w.source, w.stage, CAST(COALESCE(SUM(b.leads), 0) AS BIGINT) AS leads, MIN(t.stage_order) AS stage_order,
    c.complete_to
FROM shown w
JOIN stages t ON t.stage = w.stage
LEFT JOIN funnel_base b ON b.agreement = w.agreement AND b.source = w.source AND b.stage = w.stage
CROSS JOIN completeness c
GROUP BY w.source, w.stage, c.complete_to
"""  # noqa: S608 - the names of the two stages are ours


_COMMITMENT = """
WITH holding AS (
    SELECT agreement, quarter, MAX(version) AS version FROM agreement_promises GROUP BY agreement, quarter
), promised AS (
    SELECT p.agreement, p.quarter, p.week, p.wanted, p.promised
    FROM agreement_promises p JOIN holding h
        ON h.agreement = p.agreement AND h.quarter = p.quarter AND h.version = p.version
), delivered AS (
    SELECT agreement, quarter, week, CAST(SUM(delivered) AS BIGINT) AS delivered
    FROM commitment_base GROUP BY agreement, quarter, week
), weeks AS (
    SELECT agreement, quarter, week FROM promised UNION SELECT agreement, quarter, week FROM delivered
), counted AS (
    SELECT w.agreement, w.quarter, w.week, COALESCE(d.delivered, 0) AS delivered,
        CAST(SUM(COALESCE(d.delivered, 0)) OVER (PARTITION BY w.agreement, w.quarter ORDER BY w.week) AS BIGINT)
            AS delivered_so_far,
        p.wanted AS wanted_by_then, p.promised
    FROM weeks w
    LEFT JOIN delivered d ON d.agreement = w.agreement AND d.quarter = w.quarter AND d.week = w.week
    LEFT JOIN promised p ON p.agreement = w.agreement AND p.quarter = w.quarter AND p.week = w.week
)
SELECT k.*, CASE WHEN k.wanted_by_then IS NULL THEN NULL WHEN k.delivered_so_far >= k.wanted_by_then THEN 1 ELSE 0 END
    AS enough, c.complete_to
FROM counted k CROSS JOIN completeness c
"""


_COMPANIES = """
WITH statuses AS (
    SELECT agreement, status, means, ROW_NUMBER() OVER (PARTITION BY agreement, status ORDER BY version DESC) AS nth
    FROM agreement_statuses
), caps AS (
    SELECT agreement, account_score_cap, ROW_NUMBER() OVER (PARTITION BY agreement ORDER BY version DESC) AS nth
    FROM agreement_terms
), people AS (
    SELECT b.company, b.account, b.name, l.score, l.scored_at, k.account_score_cap,
        CASE WHEN p.decision IN ('converted', 'archived') OR s.means = 'unqualified' THEN 0 ELSE 1 END AS open_lead
    FROM companies_base b
    JOIN leads_base l ON l.lead = b.lead
    JOIN prospects_base p ON p.lead = b.lead
    LEFT JOIN statuses s ON p.decision = 'status' AND s.agreement = p.team AND s.status = p.status AND s.nth = 1
    LEFT JOIN caps k ON k.agreement = l.agreement AND k.nth = 1
), summed AS (
    SELECT company, account, MIN(name) AS name, COUNT(*) AS people, SUM(open_lead) AS open_leads, SUM(score) AS score,
        MAX(account_score_cap) AS cap, MIN(scored_at) AS scored_at
    FROM people GROUP BY company, account
)
SELECT s.company, s.account, s.name, s.people, CAST(s.open_leads AS BIGINT) AS open_leads,
    CAST(CASE WHEN s.score > s.cap THEN s.cap ELSE s.score END AS BIGINT) AS score, s.scored_at, c.complete_to
FROM summed s CROSS JOIN completeness c
"""


def _plain(view: View[Any]) -> str:
    columns = ", ".join(f"b.{quoted(column.name)}" for column in view.answer)
    return (
        f"SELECT {columns}, c.complete_to FROM {quoted(base_table(view).name)} b "  # noqa: S608 - our identifiers
        f"CROSS JOIN {PROJECTION_OF[view.name].completeness} c"
    )


def _placed(view: View[Any], place: str) -> str:
    """All rows, with a column `place` that says what comes first."""
    columns = ", ".join(f"b.{quoted(column.name)}" for column in view.answer)
    return (
        f"SELECT {columns}, {place} AS place, c.complete_to FROM {quoted(base_table(view).name)} b "  # noqa: S608 - our identifiers
        f"CROSS JOIN {PROJECTION_OF[view.name].completeness} c"
    )


def _summed(view: Aggregate[Any]) -> str:
    groups = ", ".join(f"b.{quoted(column.name)}" for column in view.columns[1 : -view.counters])
    sums = ", ".join(
        f"CAST(SUM(b.{quoted(column.name)}) AS BIGINT) AS {quoted(column.name)}"
        for column in view.columns[-view.counters :]
    )
    return (
        f"SELECT {groups}, {sums}, c.complete_to FROM {quoted(base_table(view).name)} b "  # noqa: S608 - our identifiers
        f"CROSS JOIN {PROJECTION_OF[view.name].completeness} c GROUP BY {groups}, c.complete_to"
    )


def _percentile(percent: int) -> str:
    """Nearest rank: the least value that has at least so many percent of the values at or below it."""
    return f"MIN(CASE WHEN r.place * 100 >= {percent} * r.answered THEN r.response_seconds END)"


def _response_times(by: str | None) -> str:
    group = f"b.{by}, " if by else ""
    within = f"PARTITION BY b.{by}, " if by else "PARTITION BY "
    named = f"r.{by}, " if by else ""
    grouped = f"GROUP BY r.{by}, c.complete_to" if by else "GROUP BY c.complete_to"
    return f"""
WITH ranked AS (
    SELECT {group}b.response_seconds,
        ROW_NUMBER() OVER ({within}b.response_seconds IS NULL ORDER BY b.response_seconds) AS place,
        COUNT(*) OVER ({within}b.response_seconds IS NULL) AS answered
    FROM response_times_base b
)
SELECT {named}COUNT(r.response_seconds) AS answered, COUNT(r.place) AS leads,
    CAST((COUNT(r.response_seconds) * 20000 + COUNT(r.place)) / NULLIF(2 * COUNT(r.place), 0) AS DOUBLE PRECISION)
        / 10000 AS share_answered,
    (2 * CAST(SUM(r.response_seconds) AS BIGINT) + COUNT(r.response_seconds))
        / NULLIF(2 * COUNT(r.response_seconds), 0) AS mean_seconds,
    {_percentile(50)} AS p50_seconds,
    {_percentile(90)} AS p90_seconds,
    c.complete_to
FROM completeness c {"CROSS" if by else "LEFT"} JOIN ranked r {"" if by else "ON 1 = 1"}
{grouped}
"""  # noqa: S608 - our identifiers


def table_by(view: Shown, by: str | None) -> str:
    """Name of the SQL view that answers, split by a column or not."""
    return view.table if by is None else f"{view.table}_by_{by}"


def columns_by(view: Shown, by: str | None) -> tuple[Column, ...]:
    """Columns of an answer, `complete_to` the last."""
    leading = () if isinstance(view, Computed) else tuple(column for column in view.columns if column.name == by)
    return (*leading, *view.answer, COMPLETE_TO)


_SPECIAL = {
    PREDICTION_COUNTS.name: _summed(PREDICTION_COUNTS),
    FUNNEL.name: _FUNNEL,
    SLA.name: _summed(SLA),
    RESPONSE_TIMES.name: _response_times(None),
    COMMITMENT.name: _COMMITMENT,
    COMPANIES.name: _COMPANIES,
    ROUTING.name: _placed(ROUTING, "CASE b.state WHEN 'waiting' THEN 0 ELSE 1 END"),
    OPPORTUNITY_HISTORY.name: HISTORY_QUERY,
    HYGIENE.name: _placed(HYGIENE, "CASE b.state WHEN 'untidy' THEN 0 ELSE 1 END"),
    COUNCIL_ACTIONS.name: _placed(COUNCIL_ACTIONS, "CASE b.state WHEN 'open' THEN 0 ELSE 1 END"),
    TASKS.name: _placed(TASKS, "CASE WHEN b.state = 'done' THEN 2 WHEN b.due IS NULL THEN 1 ELSE 0 END"),
    DUPLICATES.name: _placed(DUPLICATES, "CASE b.state WHEN 'suspected' THEN 0 WHEN 'merged' THEN 1 ELSE 2 END"),
}

ANSWERS: tuple[Answer, ...] = (
    *(_completeness(projection) for projection in PROJECTIONS),
    Answer(VERSIONS, VERSIONS_QUERY),
    *(Answer(f"{view.table}_parts", parts_query(view.table)) for view in (OPPORTUNITIES, OPPORTUNITY_HISTORY)),
    *(Answer(view.table, _SPECIAL.get(view.name) or _plain(view)) for view in VIEWS),
    *(Answer(table_by(RESPONSE_TIMES, by), _response_times(by)) for by in RESPONSE_TIMES.groupings),
    *(Answer(view.table, view.query) for view in DERIVED),
)
"""In an order in which they can be made."""
