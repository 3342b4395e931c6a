"""What is made of the rows of `leads`: the queue of who has to be dealt with, and who is forgotten."""

from projections.views.lead_columns import COLUMNS
from projections.views.view import Column, Derived, Kind

_BY_NAME = {column.name: column for column in COLUMNS}
_MARKETINGS = "'captured', 'rejected', 'recycled', 'reopened'"
_PASSED = "'qualified', 'handed_over', 'accepted'"

CLOSED_BY_STATUS = """
closing AS (
    SELECT agreement, status FROM (
        SELECT agreement, status, means,
            ROW_NUMBER() OVER (PARTITION BY agreement, status ORDER BY version DESC) AS nth
        FROM agreement_statuses
    ) AS ranked WHERE nth = 1 AND means IN ('unqualified', 'converted', 'archived')
), closed AS (
    SELECT l.lead FROM leads_base l JOIN closing k ON k.agreement = l.agreement AND k.status = l.status
    WHERE l.reopened_at IS NULL OR l.reopened_at < l.status_at
)
"""
"""Common table `closed`: leads whose status says that nobody has to act on them, if nothing opened them since."""

_ACTIONS = """
actions AS (
    SELECT lead, due, next_action, ROW_NUMBER() OVER (PARTITION BY lead ORDER BY due, clause, version, cycle) AS nth
    FROM clocks_base WHERE next_action IS NOT NULL AND due IS NOT NULL
)
"""
"""Common table: what the clocks of each lead ask for, what is due first in front."""


def _of_leads(names: tuple[str, ...], phases: str, more: str = "") -> str:
    columns = ", ".join(f'b."{name}"' for name in names)
    return f"""
WITH {CLOSED_BY_STATUS}, {_ACTIONS}
SELECT {columns}, a.next_action, a.due AS act_by, COALESCE(u.undeliverable, 0) AS email_undeliverable, c.complete_to
FROM leads_base b
LEFT JOIN closed k ON k.lead = b.lead LEFT JOIN actions a ON a.lead = b.lead AND a.nth = 1
LEFT JOIN bounces_base u ON u.lead = b.lead AND u.channel = 'email' CROSS JOIN completeness c
WHERE b.is_test = 0 AND k.lead IS NULL AND b.phase IN ({phases}){more}
"""  # noqa: S608 - our identifiers


_NEXT = (
    Column("next_action", Kind.TEXT, "what has to be done first about it, in words, also when it is overdue", True),
    Column("act_by", Kind.INSTANT, "when that is due, or was", True),
    Column("email_undeliverable", Kind.BOOLEAN, "no e-mail arrives at the address that is known now"),
)

_QUEUE = ("next_due", "lead", "company", "grade", "score", "owner", "phase", "status", "next_clause", "why_passed",
          "source", "agreement", "qualified_at", "handed_over_at", "last_touch_at", "scored_at")  # fmt: skip
QUEUE = Derived(
    name="queue",
    meaning="Leads that were passed to sales and wait for somebody, what is due first at the top, with the reasons.",
    answer=(*(_BY_NAME[name] for name in _QUEUE), *_NEXT),
    order=("next_due", "lead"),
    query=_of_leads(_QUEUE, _PASSED),
)

_UNOWNED = ("lead", "company", "phase", "grade", "score", "next_due", "next_clause", "source", "qualified_at",
            "handed_over_at", "last_touch_at")  # fmt: skip
UNOWNED = Derived(
    name="unowned",
    meaning="Leads that are qualified or handed over, and belong to nobody.",
    answer=(*(_BY_NAME[name] for name in _UNOWNED), *_NEXT),
    order=("next_due", "lead"),
    query=_of_leads(_UNOWNED, _PASSED, " AND b.owner IS NULL"),
)

_STAGNANT = ("last_touch_at", "lead", "company", "phase", "status", "owner", "grade", "score", "source", "captured_at",
             "updated_at")  # fmt: skip
STAGNANT = Derived(
    name="stagnant",
    meaning="Open leads, those that were left alone the longest at the top.",
    answer=(*(_BY_NAME[name] for name in _STAGNANT), *_NEXT),
    order=("last_touch_at", "lead"),
    query=_of_leads(_STAGNANT, f"{_MARKETINGS}, {_PASSED}"),
)

RATINGS = Derived(
    name="ratings",
    meaning="What is thought of the leads of each source, as those who work on them rated them; test leads left out.",
    answer=(
        _BY_NAME["agreement"],
        _BY_NAME["source"],
        Column("leads", Kind.INTEGER, "leads that were rated"),
        Column("ratings", Kind.INTEGER, "how often"),
        Column("rating", Kind.REAL, "the mean of all ratings, from 1 (useless) to 5 (just what we need)"),
    ),
    order=("agreement", "source"),
    query="""
SELECT b.agreement, b.source, COUNT(*) AS leads, SUM(b.ratings) AS ratings,
    SUM(b.rating * b.ratings) / SUM(b.ratings) AS rating, MAX(c.complete_to) AS complete_to
FROM leads_base b CROSS JOIN completeness c
WHERE b.is_test = 0 AND b.merged_into IS NULL AND b.ratings > 0
GROUP BY b.agreement, b.source
""",
)
