"""`opportunity-history`: every version of every opportunity, on both axes of time, and `opportunities`, as they stand.

The rows are those of `projections.pipeline.history`: what was so from one instant to another, as it was known from one
instant to another. When something else becomes known a row is closed, and never changed.
"""

from typing import Any

import msgspec
from msgspec.structs import asdict

from events.envelope import Envelope
from events.fact import Fact
from projections.pipeline.deal import Deal, Line
from projections.pipeline.history import History, Version, versions, with_step
from projections.pipeline.telling import TELLING, step_of
from projections.views.times import instant_text, instant_text_or_none, us_of_text
from projections.views.view import Cells, Column, Derived, Detail, Kind

_encode = msgspec.json.Encoder().encode
_lines = msgspec.json.Decoder(tuple[Line, ...]).decode


def _told(row: History, _: Fact, envelope: Envelope) -> History:
    return with_step(row, step_of(envelope))


def _entries(row: History) -> dict[Cells, Any]:
    return {(instant_text(each.valid_from), instant_text(each.known_from)): each for each in versions(row)}


_INSTANTS = ("opened_at", "closed_at", "stage_since")
_OF_DEAL = (
    Column("status", Kind.TEXT, "open, won or lost; blank before it was opened"),
    Column("name", Kind.TEXT, "what it is called"),
    Column("account", Kind.TEXT, "id of the account it is with"),
    Column("stage", Kind.TEXT, "its stage, of the company's own list"),
    Column("forecast", Kind.TEXT, "how sure it is: pipeline, best_case, most_likely, commit, closed, omitted"),
    Column("amount_minor", Kind.INTEGER, "amount in minor units of its currency; the sum of its lines, if it has any"),
    Column("currency", Kind.TEXT, "ISO 4217 code; blank when none was said"),
    Column("close_date", Kind.TEXT, "the day on which it is expected to close, ISO 8601; blank when none was said"),
    Column("lines", Kind.TEXT, "product lines, a JSON array of [line, product, amount_minor], by line"),
    Column("product", Kind.TEXT, "the product it is about, as far as no line says so"),
    Column("region", Kind.TEXT, "where it counts"),
    Column("segment", Kind.TEXT, "the segment it counts to"),
    Column("source", Kind.TEXT, "the marketing source"),
    Column("campaign", Kind.TEXT, "the campaign that brought it"),
    Column("owner", Kind.TEXT, "who has it"),
    Column("opener", Kind.TEXT, "who opened it"),
    Column("opener_role", Kind.TEXT, "their role; pipe generation is credited to it"),
    Column("lead", Kind.TEXT, "the lead it was converted from"),
    Column("next_step", Kind.TEXT, "what is to be done next"),
    Column("contacts", Kind.INTEGER, "people who have to do with it"),
    Column("opened_at", Kind.INSTANT, "when it was opened", True),
    Column("closed_at", Kind.INSTANT, "when it was won or lost, while it is", True),
    Column("stage_since", Kind.INSTANT, "when it entered its stage; no edit of anything else moves it", True),
    Column("reason", Kind.TEXT, "why it was won or lost"),
    Column("reopened", Kind.INTEGER, "how often it was opened again"),
)
DEAL_COLUMNS = tuple(column.name for column in _OF_DEAL)
"""Of a row, in order, what `deal_of` takes."""


def _render(opportunity: str, identity: Cells, version: Version) -> Cells:
    known, deal = instant_text_or_none(version.known_to), version.deal
    cells = asdict(deal) | {"lines": _encode(deal.lines).decode(), "contacts": len(deal.contacts)}
    cells |= {name: instant_text_or_none(cells[name]) for name in _INSTANTS}
    return (opportunity, *identity, instant_text_or_none(version.valid_to), known, *(cells[n] for n in DEAL_COLUMNS))


def deal_of(cells: Cells) -> Deal:
    """The opportunity of a row, given its cells of `DEAL_COLUMNS`; people are counted there and not named."""
    told: dict[str, Any] = dict(zip(DEAL_COLUMNS, cells, strict=True))
    told |= {"lines": _lines(told["lines"]), "contacts": ()}
    return Deal(**told | {name: us_of_text(told[name]) for name in _INSTANTS})


_OPPORTUNITY = Column("opportunity", Kind.TEXT, "opportunity id")
_COLUMNS = (
    _OPPORTUNITY,
    Column("valid_from", Kind.INSTANT, "it was so from here on"),
    Column("known_from", Kind.INSTANT, "that was known from here on"),
    Column("valid_to", Kind.INSTANT, "up to here, itself excluded; empty: nothing else happened since", True),
    Column("known_to", Kind.INSTANT, "up to here, itself excluded; empty: it still is what is known", True),
    *_OF_DEAL,
)

OPPORTUNITY_HISTORY = Detail(
    name="opportunity-history",
    version=2,
    meaning="Every version of every opportunity: what was so from when to when, as known from when to when.",
    initial=History(),
    on=dict.fromkeys(TELLING, _told),
    columns=_COLUMNS,
    key=3,
    answer=_COLUMNS,
    order=("opportunity", "known_from", "valid_from"),
    indexes=(("known_to", "valid_to"),),
    entries=_entries,
    render=_render,
)

OPPORTUNITIES = Derived(
    name="opportunities",
    meaning="Opportunities as they stand, one row each: the versions of `opportunity-history` that nothing ended.",
    answer=(
        _OPPORTUNITY,
        *_OF_DEAL,
        Column("since", Kind.INSTANT, "when something about it last changed"),
    ),
    order=("opportunity",),
    query=f"""
SELECT h.opportunity, {", ".join(f"h.{name}" for name in DEAL_COLUMNS)}, h.valid_from AS since, c.complete_to
FROM opportunity_history_base h
CROSS JOIN opportunity_completeness c
WHERE h.known_to IS NULL AND h.valid_to IS NULL
""",  # noqa: S608 - our identifiers
)
