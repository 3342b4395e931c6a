"""`stage-entries`: when each lead entered each stage, the first time and every time after it.

The funnel counts a lead once in a stage; here every entry has a row of its own, so that coming back overwrites no date.
Statuses are put in the order in which they happened: one that is told again while the lead is in it is no new entry.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.instants import to_us
from events.lead import LeadCaptured, LeadConverted, LeadStatusChanged
from events.life import LeadUnconverted
from projections.views.funnel import CAPTURED, CONVERTED
from projections.views.merging import MERGING
from projections.views.times import instant_text, instant_text_or_none, recorded_at
from projections.views.view import Cells, Column, Detail, Handler, Kind

Order = tuple[int, str, str]
"""When it happened in microseconds, who says so, and the fact's id: one order whatever came first."""


class Said(Struct, frozen=True, gc=False, array_like=True):
    """A status, a conversion (no status), or one taken back, as it was told."""

    order: Order
    known_at: int
    status: str = ""
    undone: bool = False


class Stages(Struct, frozen=True, gc=False, array_like=True):
    """Base row: what was told of a lead's stages. `captured` is its earliest capture with when that became known."""

    captured: tuple[int, int] | None = None
    source: str = ""
    agreement: str | None = None
    is_test: bool = False
    merged: bool = False
    statuses: tuple[Said, ...] = ()
    conversions: tuple[Said, ...] = ()


class Entry(Struct, frozen=True, gc=False):
    """One row: instants in microseconds."""

    source: str
    agreement: str | None
    entered_at: int
    left_at: int | None
    known_at: int


def _captured(row: Stages, fact: LeadCaptured, envelope: Envelope) -> Stages:
    at, is_test = to_us(envelope.time), row.is_test or fact.is_test
    if row.captured is None:
        found = (at, recorded_at(envelope))
        return replace(row, captured=found, source=fact.source, agreement=fact.agreement, is_test=is_test)
    if at < row.captured[0]:  # the earliest capture says where it came from; the agreement stays the one first chosen
        return replace(row, captured=(at, recorded_at(envelope)), source=fact.source, is_test=is_test)
    return row if is_test == row.is_test else replace(row, is_test=is_test)


def _said(envelope: Envelope, status: str = "", *, undone: bool = False) -> Said:
    order = (to_us(envelope.time), envelope.source, envelope.id)
    return Said(order, recorded_at(envelope), status, undone)


def _status_changed(row: Stages, fact: LeadStatusChanged, envelope: Envelope) -> Stages:
    return replace(row, statuses=_in_order(row.statuses, _said(envelope, fact.status)))


def _converted(row: Stages, _: LeadConverted, envelope: Envelope) -> Stages:
    return replace(row, conversions=_in_order(row.conversions, _said(envelope)))


def _unconverted(row: Stages, _: LeadUnconverted, envelope: Envelope) -> Stages:
    return replace(row, conversions=_in_order(row.conversions, _said(envelope, undone=True)))


def _in_order(known: tuple[Said, ...], new: Said) -> tuple[Said, ...]:
    return tuple(sorted((*known, new), key=lambda each: each.order))


_ON: dict[type[Fact], Handler[Stages]] = {
    LeadCaptured: _captured,
    LeadStatusChanged: _status_changed,
    LeadConverted: _converted,
    LeadUnconverted: _unconverted,
    **MERGING,
}


def _entries(row: Stages) -> dict[Cells, Any]:
    if row.captured is None or row.is_test or row.merged:
        return {}
    found: dict[Cells, Any] = {(CAPTURED, 1): Entry(row.source, row.agreement, row.captured[0], None, row.captured[1])}
    times: dict[str, int] = {}
    for stage, said, left_at in (*_of_statuses(row.statuses), *_of_conversions(row.conversions)):
        times[stage] = times.get(stage, 0) + 1
        entry = Entry(row.source, row.agreement, said.order[0], left_at, said.known_at)
        found[stage, times[stage]] = entry
    return found


def _of_statuses(statuses: tuple[Said, ...]) -> Iterator[tuple[str, Said, int | None]]:
    """Each entry of a status with when it was left; what is told of a status that the lead is in is none."""
    entered = [each for before, each in pairwise((None, *statuses)) if before is None or before.status != each.status]  # type: ignore[union-attr]
    for each, after in pairwise((*entered, None)):
        if each is not None and each.status not in (CAPTURED, CONVERTED):  # such statuses are the stages themselves
            yield each.status, each, None if after is None else after.order[0]


def _of_conversions(conversions: tuple[Said, ...]) -> Iterator[tuple[str, Said, int | None]]:
    """Each conversion with when it was taken back."""
    for place, each in enumerate(conversions):
        if not each.undone:
            yield CONVERTED, each, next((later.order[0] for later in conversions[place:] if later.undone), None)


def _render(lead: str, identity: Cells, entry: Entry) -> Cells:
    _, number = identity
    return (
        lead,
        *identity,
        number == 1,
        instant_text(entry.entered_at),
        instant_text_or_none(entry.left_at),
        instant_text(entry.known_at),
        entry.source,
        entry.agreement,
    )


_COLUMNS = (
    Column("lead", Kind.TEXT, "lead id"),
    Column("stage", Kind.TEXT, "captured, a status, or converted"),
    Column("entry", Kind.INTEGER, "which time it entered the stage, 1 for the first"),
    Column("is_first", Kind.BOOLEAN, "the first entry: the one that the funnel counts"),
    Column("entered_at", Kind.INSTANT, "when it entered, as the source says"),
    Column(
        "left_at", Kind.INSTANT, "when another status was entered, or the conversion taken back; a capture stays", True
    ),
    Column("known_at", Kind.INSTANT, "when that became known"),
    Column("source", Kind.TEXT, "where the lead came from, in marketing's words; blank stays blank"),
    Column("agreement", Kind.TEXT, "agreement chosen at capture", True),
)

STAGE_ENTRIES = Detail(
    name="stage-entries",
    version=1,
    meaning="When each captured lead entered each stage: one row an entry; test and merged leads left out.",
    initial=Stages(),
    on=_ON,
    columns=_COLUMNS,
    key=3,
    answer=_COLUMNS,
    order=("lead", "entered_at", "stage", "entry"),
    indexes=(("stage", "entered_at"),),
    entries=_entries,
    render=_render,
)
