"""`councils`: the meetings of each council, with what was red and yellow, said and planned."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.council import ActionDone, ActionPlanned, CellCommented, CouncilConvened
from events.envelope import Envelope
from events.fact import Fact
from events.instants import to_us
from projections.views.times import instant_text, recorded_at
from projections.views.view import Cells, Column, Detail, Handler, Kind


class Meeting(Struct, frozen=True, gc=False, array_like=True):
    """A meeting; instants in microseconds."""

    week: str
    quarter: str
    known_at: int
    convened_at: int
    by: str
    timezone: str
    day: int
    days: int
    currency: str
    cells: int
    red: int
    yellow: int
    green: int
    recorded_at: int
    comments: int = 0
    actions: int = 0
    actions_open: int = 0
    left_out: str = ""


class Meetings(Struct, frozen=True, gc=False, array_like=True):
    """Base row: the meetings in the order in which they became known, and the week of each action."""

    meetings: tuple[Meeting, ...] = ()
    weeks: dict[int, str] = {}


def _convened(row: Meetings, fact: CouncilConvened, envelope: Envelope) -> Meetings:
    colours = [cell.colour for cell in fact.cells]
    red, yellow, green = (colours.count(name) for name in ("red", "yellow", "green"))
    new = Meeting(
        fact.week, fact.quarter, to_us(fact.known_at), to_us(envelope.time), fact.by, fact.timezone, fact.day,
        fact.days, fact.currency, len(colours), red, yellow, green, recorded_at(envelope), left_out=fact.left_out,
    )  # fmt: skip
    return replace(row, meetings=(*row.meetings, new))


def _counted(row: Meetings, week: str, **more: int) -> tuple[Meeting, ...]:
    """The meetings, of which one counts so many more."""
    return tuple(
        replace(each, **{name: getattr(each, name) + n for name, n in more.items()}) if each.week == week else each
        for each in row.meetings
    )


def _commented(row: Meetings, fact: CellCommented, _: Envelope) -> Meetings:
    return replace(row, meetings=_counted(row, fact.week, comments=1))


def _planned(row: Meetings, fact: ActionPlanned, _: Envelope) -> Meetings:
    return Meetings(_counted(row, fact.week, actions=1, actions_open=1), {**row.weeks, fact.action: fact.week})


def _done(row: Meetings, fact: ActionDone, _: Envelope) -> Meetings:
    return replace(row, meetings=_counted(row, row.weeks[fact.action], actions_open=-1))


_ON: dict[type[Fact], Handler[Meetings]] = {
    CouncilConvened: _convened,
    CellCommented: _commented,
    ActionPlanned: _planned,
    ActionDone: _done,
}


def _entries(row: Meetings) -> dict[Cells, Any]:
    return {(each.week,): each for each in row.meetings}


def _render(council: str, identity: Cells, each: Meeting) -> Cells:
    times = instant_text(each.known_at), instant_text(each.convened_at)
    of = each.day, each.days, each.currency
    counts = each.cells, each.red, each.yellow, each.green, each.comments, each.actions, each.actions_open
    recorded = instant_text(each.recorded_at)
    told = each.by, each.timezone, *of, *counts, each.left_out
    return (council, *identity, each.quarter, *times, *told, recorded)


COUNCIL = Column("council", Kind.TEXT, "the council")
WEEK = Column("week", Kind.TEXT, "ISO 8601 week of `known_at` in the zone of reports, such as 2026-W08; the meeting")
_COLUMNS = (
    COUNCIL,
    WEEK,
    Column("quarter", Kind.TEXT, "the fiscal quarter its matrix is about"),
    Column("known_at", Kind.INSTANT, "the matrix is of this instant, by what was recorded up to it; it never changes"),
    Column("convened_at", Kind.INSTANT, "when it was frozen"),
    Column("by", Kind.TEXT, "who convened it"),
    Column("timezone", Kind.TEXT, "the zone of reports"),
    Column("day", Kind.INTEGER, "days of the quarter that had begun"),
    Column("days", Kind.INTEGER, "days it has"),
    Column("currency", Kind.TEXT, "ISO 4217 code of the amounts"),
    Column("cells", Kind.INTEGER, "cells of the matrix"),
    Column("red", Kind.INTEGER, "red ones"),
    Column("yellow", Kind.INTEGER, "yellow ones"),
    Column("green", Kind.INTEGER, "green ones; the rest have no target"),
    Column("comments", Kind.INTEGER, "what was said of its cells"),
    Column("actions", Kind.INTEGER, "what was planned about them"),
    Column("actions_open", Kind.INTEGER, "actions that are not done yet"),
    Column("left_out", Kind.TEXT, "what the sums of its matrix leave out, because no rate was known; blank: nothing"),
    Column("recorded_at", Kind.INSTANT, "when it became known that it was frozen"),
)

COUNCILS = Detail(
    name="councils",
    version=3,
    meaning="The weekly meetings of pipeline councils, each with the matrix it froze in figures.",
    initial=Meetings(),
    on=_ON,
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("council", "known_at"),
    entries=_entries,
    render=_render,
)
