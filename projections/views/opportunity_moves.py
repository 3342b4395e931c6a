"""`opportunity-moves`: what each change of an opportunity did to the open pipe, for waterfalls to sum."""

from typing import Any

from projections.pipeline.deal import DIMENSIONS
from projections.pipeline.kept import EMPTY, Between, Kept, changed_moves, moved
from projections.pipeline.moves import Moved
from projections.views.opportunity_history import OPPORTUNITY_HISTORY
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Cells, Column, Detail, Kind


def _entries(row: Kept) -> dict[Cells, Any]:
    return {(instant_text(at), instant_text(known), number): each for (at, known, number), each in moved(row).items()}


def _changed(old: Kept, new: Kept, between: Between) -> list[tuple[Cells, Any]]:
    return [
        ((instant_text(at), instant_text(known), number), each)
        for (at, known, number), each in changed_moves(old, new, between)
    ]


def _render(opportunity: str, identity: Cells, each: Moved) -> Cells:
    (step, gain, loss, among, several, before, after, group), known_to, seen = each
    return (
        opportunity, *identity, instant_text_or_none(known_to), instant_text_or_none(seen), step, gain, loss, among,
        several, *before, *after, *group,
    )  # fmt: skip


_SHOWN = (
    Column("opportunity", Kind.TEXT, "opportunity id"),
    Column("at", Kind.INSTANT, "when it changed"),
    Column("known_from", Kind.INSTANT, "since when that is known"),
    Column("number", Kind.INTEGER, "place of the row in the change, from 0"),
    Column("known_to", Kind.INSTANT, "until when that was known; empty: it still is", True),
    Column(
        "seen",
        Kind.INSTANT,
        "when it was seen, by what was known at that very instant; empty: it was never seen as such. A leap from what "
        "was thought to what a late fact says is known for no time, from the instant it was seen to the same",
        True,
    ),
    Column("step", Kind.INTEGER, "place in the change of the step that it is part of, from 0"),
    Column("gain", Kind.TEXT, "the column of `waterfall` it counts to where a slice is worth more after the step"),
    Column("loss", Kind.TEXT, "the one it counts to where a slice is worth less"),
    Column(
        "among",
        Kind.INTEGER,
        "it counts only if it is cut by one of these dimensions: 1 product, 2 region, 4 segment, 8 source, "
        "16 campaign, 32 owner, 64 opener_role, summed; 0: however it is cut",
    ),
    Column(
        "several",
        Kind.BOOLEAN,
        "the step may have gains and losses in a slice, which are summed before it is told what they are",
    ),
    Column("amount_before", Kind.INTEGER, "what it was worth, in minor units of its currency; 0: it was not there"),
    Column("currency_before", Kind.TEXT, "ISO 4217 code; blank where it was not there"),
    Column("close_date_before", Kind.TEXT, "the day on which it was expected to close, ISO 8601, or blank"),
    Column("amount_minor", Kind.INTEGER, "what it is worth after it; 0: it is not there"),
    Column("currency", Kind.TEXT, "ISO 4217 code; blank where it is not there"),
    Column("close_date", Kind.TEXT, "the day on which it is then expected to close, ISO 8601, or blank"),
    *(
        Column(name, Kind.TEXT, f"the {name.replace('_', ' ')} it counts to; blank where none was said")
        for name in DIMENSIONS
    ),
)

OPPORTUNITY_MOVES = Detail(
    name="opportunity-moves",
    version=3,
    meaning="What each change of an opportunity did to the open pipe, step by step: what a waterfall sums.",
    initial=EMPTY,
    on={},
    columns=_SHOWN,
    key=4,
    answer=_SHOWN,
    order=("opportunity", "at", "known_from", "number"),
    indexes=(("at",), ("seen",)),
    clustered=("at", "opportunity", "known_from", "number"),
    entries=_entries,
    render=_render,
    changed=_changed,
    of=OPPORTUNITY_HISTORY,
)
