"""`hygiene`: what is, or was, untidy about opportunities."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.instants import to_us
from events.opportunity import HygieneCleared, HygieneFlagged
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Cells, Column, Detail, Handler, Kind


class Flag(Struct, frozen=True, gc=False, array_like=True):
    """Something untidy, as it was said last; instants in microseconds."""

    kind: str
    flagged_at: int
    cleared_at: int | None = None
    days: int | None = None
    times: int = 1


class Flags(Struct, frozen=True, gc=False, array_like=True):
    """Base row: one entry a kind, in the order in which they were first said."""

    flags: tuple[Flag, ...] = ()


def _put(row: Flags, new: Flag) -> Flags:
    if any(each.kind == new.kind for each in row.flags):
        return replace(row, flags=tuple(new if each.kind == new.kind else each for each in row.flags))
    return replace(row, flags=(*row.flags, new))


def _flagged(row: Flags, fact: HygieneFlagged, envelope: Envelope) -> Flags:
    times = next((each.times for each in row.flags if each.kind == fact.kind), 0)
    return _put(row, Flag(fact.kind, to_us(envelope.time), None, fact.days, times + 1))


def _cleared(row: Flags, fact: HygieneCleared, envelope: Envelope) -> Flags:
    old = next((each for each in row.flags if each.kind == fact.kind), None)
    return row if old is None else _put(row, replace(old, cleared_at=to_us(envelope.time)))


_ON: dict[type[Fact], Handler[Flags]] = {HygieneFlagged: _flagged, HygieneCleared: _cleared}


def _render(opportunity: str, identity: Cells, flag: Flag) -> Cells:
    cleared = instant_text_or_none(flag.cleared_at)
    state = "untidy" if flag.cleared_at is None else "mended"
    return (opportunity, *identity, state, instant_text(flag.flagged_at), cleared, flag.days, flag.times)


def _entries(row: Flags) -> dict[Cells, Any]:
    return {(flag.kind,): flag for flag in row.flags}


_COLUMNS = (
    Column("opportunity", Kind.TEXT, "opportunity id"),
    Column("kind", Kind.TEXT, "what: close_date_past, no_close_date, no_next_step, no_contact, no_products, ..."),
    Column("state", Kind.TEXT, "untidy, or mended"),
    Column("flagged_at", Kind.INSTANT, "since when it was untidy, the last time"),
    Column("cleared_at", Kind.INSTANT, "when that was mended, or the opportunity closed", True),
    Column("days", Kind.INTEGER, "of `untouched`: after how many days without a fact from outside", True),
    Column("times", Kind.INTEGER, "how often it was said"),
)

HYGIENE = Detail(
    name="hygiene",
    version=1,
    meaning="What is untidy about opportunities, the oldest at the top, and what was until it was mended.",
    initial=Flags(),
    on=_ON,
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("place", "flagged_at", "opportunity", "kind"),
    indexes=(("state", "flagged_at"),),
    entries=_entries,
    render=_render,
)
