"""`opportunity-history`: every version of every opportunity, on both axes of time.

The rows are spells (`projections.pipeline.spells`) that are over: what was so from one instant to another, as it was
known from one instant to another. When something else becomes known a row is closed, and never changed. What stands is
in `opportunities`, so a fact told in order adds one row here and sets one there.
"""

from typing import Any

from events.envelope import Envelope
from events.fact import Fact
from projections.pipeline.blocks import block_of
from projections.pipeline.kept import EMPTY, Between, Kept, changed_over, over, told
from projections.pipeline.spells import Spell
from projections.pipeline.telling import TELLING, step_of
from projections.views.deal_columns import DEAL_COLUMNS, OF_DEAL, cells_of
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Cells, Column, Detail, Kind

VERSIONS = "opportunity_versions"
"""The SQL view of all versions, those that stand among them."""


def _told(row: Kept, _: Fact, envelope: Envelope) -> Kept:
    return told(row, step_of(envelope))


def _entries(row: Kept) -> dict[Cells, Any]:
    return {(instant_text(each.valid_from), instant_text(each.known_from)): each for each in over(row)}


def _changed(old: Kept, new: Kept, between: Between) -> list[tuple[Cells, Any]]:
    changed = changed_over(old, new, between)
    return [((instant_text(begin), instant_text(known)), each) for (begin, known), each in changed]


def _render(opportunity: str, identity: Cells, spell: Spell) -> Cells:
    held = None if spell.valid_to is None else block_of(spell.valid_from, spell.valid_to)
    unsure = spell.ended_known if spell.valid_to is not None else spell.known_to
    return (
        opportunity,
        *identity,
        instant_text_or_none(spell.valid_to),
        instant_text_or_none(spell.ended_known),
        instant_text_or_none(spell.known_to),
        held,
        None if unsure is None else block_of(spell.known_from, unsure),
        *cells_of(spell.deal),
    )


_OPPORTUNITY = Column("opportunity", Kind.TEXT, "opportunity id")
_FROM = (
    Column("valid_from", Kind.INSTANT, "it was so from here on"),
    Column("known_from", Kind.INSTANT, "that was known from here on"),
)
_VALID_TO = Column("valid_to", Kind.INSTANT, "up to here, itself excluded; empty: nothing else happened since", True)
_KNOWN_TO = Column("known_to", Kind.INSTANT, "up to here, itself excluded; empty: it still is what is known", True)

OPPORTUNITY_HISTORY = Detail(
    name="opportunity-history",
    version=3,
    meaning="Every version of every opportunity: what was so from when to when, as known from when to when.",
    initial=EMPTY,
    on=dict.fromkeys(TELLING, _told),
    columns=(
        _OPPORTUNITY,
        *_FROM,
        _VALID_TO,
        Column(
            "ended_known",
            Kind.INSTANT,
            "since when the end is known; before that it was known without one. Empty: it was known from the beginning",
            True,
        ),
        _KNOWN_TO,
        Column("held_block", Kind.INTEGER, "block of time that valid_from to valid_to lies in; for the index", True),
        Column(
            "known_block",
            Kind.INTEGER,
            "block of time in which it was known without an end; for the index",
            True,
        ),
        *OF_DEAL,
    ),
    key=3,
    answer=(_OPPORTUNITY, *_FROM, _VALID_TO, _KNOWN_TO, *OF_DEAL),
    order=("opportunity", "known_from", "valid_from"),
    indexes=(
        ("valid_from",),
        ("held_block", "valid_to", "valid_from", "known_to", "status"),
        ("known_block", "known_from", "valid_from", "valid_to", "ended_known", "known_to", "status"),
    ),
    entries=_entries,
    render=_render,
    changed=_changed,
)

_DEAL = ", ".join(DEAL_COLUMNS)
VERSIONS_QUERY = f"""
SELECT opportunity, valid_from, known_from, CASE WHEN ended_known IS NULL THEN valid_to END AS valid_to,
    COALESCE(ended_known, known_to) AS known_to, {_DEAL}
FROM opportunity_history_base
UNION ALL
SELECT opportunity, valid_from, ended_known, valid_to, known_to, {_DEAL}
FROM opportunity_history_base WHERE ended_known IS NOT NULL
UNION ALL
SELECT opportunity, since, known_since, NULL, NULL, {_DEAL}
FROM opportunities_base
"""  # noqa: S608 - our identifiers
"""What `VERSIONS` selects."""
HISTORY_QUERY = f"""
SELECT v.opportunity, v.valid_from, v.known_from, v.valid_to, v.known_to, {", ".join(f"v.{n}" for n in DEAL_COLUMNS)},
    c.complete_to
FROM {VERSIONS} v CROSS JOIN opportunity_completeness c
"""  # noqa: S608 - our identifiers
"""What the answer selects."""

EACH_LINE = "{each_line}"
"""Stands for the join of a row's product lines, which every database does in its own way."""


def parts_query(table: str) -> str:
    """What the SQL view `TABLE_parts` selects: each row once for each of its product lines, or once without any."""
    return f"""
SELECT h.*, COALESCE(j.value ->> 1, h.product) AS part_product,
    COALESCE(CAST(j.value ->> 2 AS BIGINT), h.amount_minor) AS part_amount
FROM {table}_base h {EACH_LINE}
"""  # noqa: S608 - our identifiers
