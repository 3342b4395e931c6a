"""`opportunities`, as they stand, and `opportunity-births`, how they first had an amount."""

from typing import Any

from projections.pipeline.deal import Line
from projections.pipeline.kept import EMPTY, Between, Birth, Kept, born, differing, standing
from projections.pipeline.spells import Spell
from projections.views.deal_columns import OF_DEAL, cells_of
from projections.views.opportunity_history import OPPORTUNITY_HISTORY
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Cells, Column, Detail, Kind


def _stands(row: Kept) -> dict[Cells, Any]:
    return dict(zip([()], standing(row), strict=False))


def _stands_now(old: Kept, new: Kept, _: Between) -> list[tuple[Cells, Any]]:
    if new.deal is old.deal and (new.since, new.known) == (old.since, old.known):
        return []
    return differing(_stands(old), _stands(new)) if new.since is None else [((), standing(new)[0])]


def _render(opportunity: str, _: Cells, spell: Spell) -> Cells:
    return (opportunity, *cells_of(spell.deal), instant_text(spell.valid_from), instant_text(spell.known_from))


_OPPORTUNITY = Column("opportunity", Kind.TEXT, "opportunity id")
_SHOWN = (_OPPORTUNITY, *OF_DEAL, Column("since", Kind.INSTANT, "when something about it last changed"))

OPPORTUNITIES = Detail(
    name="opportunities",
    version=2,
    meaning="Opportunities as they stand, one row each.",
    initial=EMPTY,
    on={},
    columns=(*_SHOWN, Column("known_since", Kind.INSTANT, "when that became known")),
    key=1,
    answer=_SHOWN,
    order=("opportunity",),
    indexes=(("status", "close_date"), ("status", "closed_at", "since")),
    entries=_stands,
    render=_render,
    changed=_stands_now,
    of=OPPORTUNITY_HISTORY,
)

Part = tuple[Birth, Line]


def _births(row: Kept) -> dict[Cells, Any]:
    return {
        (instant_text(begin), instant_text(known), part.line): (birth, part)
        for (begin, known), birth in born(row).items()
        for part in birth.spell.deal.parts()
    }


def _born_now(old: Kept, new: Kept, _: Between) -> list[tuple[Cells, Any]]:
    if old.turned == new.turned and old.had_amount == new.had_amount:
        return []
    return differing(_births(old), _births(new))


def _render_birth(opportunity: str, identity: Cells, part: Part) -> Cells:
    (spell, alone), line = part
    deal = spell.deal
    return (
        opportunity, *identity, instant_text_or_none(spell.known_to), alone, instant_text_or_none(deal.opened_at),
        line.product, line.amount_minor, deal.currency, deal.region, deal.segment, deal.source, deal.campaign,
        deal.owner, deal.opener_role,
    )  # fmt: skip


_BIRTH = (
    _OPPORTUNITY,
    Column("valid_from", Kind.INSTANT, "when it first had an amount"),
    Column("known_from", Kind.INSTANT, "since when that is known"),
    Column("line", Kind.TEXT, "product line; blank where there was none"),
    Column("known_to", Kind.INSTANT, "until when that was known; empty: it still is", True),
    Column(
        "alone", Kind.BOOLEAN, "no other instant was ever known as that; else the earliest one that is known counts"
    ),
    Column("opened_at", Kind.INSTANT, "when it was opened", True),
    Column("product", Kind.TEXT, "the product of the line, or the one it was about"),
    Column("amount_minor", Kind.INTEGER, "amount of the line, or the whole one, in minor units of its currency"),
    Column("currency", Kind.TEXT, "ISO 4217 code; blank when none was said"),
    Column("region", Kind.TEXT, "where it counted"),
    Column("segment", Kind.TEXT, "the segment it counted to"),
    Column("source", Kind.TEXT, "the marketing source"),
    Column("campaign", Kind.TEXT, "the campaign that brought it"),
    Column("owner", Kind.TEXT, "who had it"),
    Column("opener_role", Kind.TEXT, "the role of who opened it"),
)

OPPORTUNITY_BIRTHS = Detail(
    name="opportunity-births",
    version=1,
    meaning="How opportunities first had an amount, line by line: what pipe generation sums.",
    initial=EMPTY,
    on={},
    columns=_BIRTH,
    key=4,
    answer=_BIRTH,
    order=("opportunity", "known_from", "valid_from", "line"),
    indexes=(("opened_at",),),
    entries=_births,
    render=_render_birth,
    changed=_born_now,
    of=OPPORTUNITY_HISTORY,
)
