"""An opportunity at one instant as the cells of a row, and back."""

from typing import Any

import msgspec

from projections.pipeline.deal import Deal, Line
from projections.views.times import instant_text_or_none, us_of_text
from projections.views.view import Cells, Column, Kind

_encode = msgspec.json.Encoder().encode
_lines = msgspec.json.Decoder(tuple[Line, ...]).decode
_NO_LINES = "[]"

_INSTANTS = ("opened_at", "closed_at", "stage_since")
OF_DEAL = (
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
DEAL_COLUMNS = tuple(column.name for column in OF_DEAL)
"""Of a row, in order, what `deal_of` takes."""


def cells_of(deal: Deal) -> Cells:
    """The cells of `OF_DEAL`."""
    return (
        deal.status, deal.name, deal.account, deal.stage, deal.forecast, deal.amount_minor, deal.currency,
        deal.close_date, _encode(deal.lines).decode() if deal.lines else _NO_LINES, deal.product, deal.region,
        deal.segment, deal.source, deal.campaign, deal.owner, deal.opener, deal.opener_role, deal.lead, deal.next_step,
        len(deal.contacts), instant_text_or_none(deal.opened_at), instant_text_or_none(deal.closed_at),
        instant_text_or_none(deal.stage_since), deal.reason, deal.reopened,
    )  # fmt: skip


def deal_of(cells: Cells) -> Deal:
    """The opportunity of a row, given its cells of `DEAL_COLUMNS`; people are counted there and not named."""
    told: dict[str, Any] = dict(zip(DEAL_COLUMNS, cells, strict=True))
    told |= {"lines": () if told["lines"] == _NO_LINES else _lines(told["lines"]), "contacts": ()}
    return Deal(**told | {name: us_of_text(told[name]) for name in _INSTANTS})
