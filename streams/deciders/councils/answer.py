"""What follows from a command to a council, or why it is refused: in short, and what is wrong with which field."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from events.council import (
    DIMENSIONS,
    ActionDone,
    ActionPlanned,
    CellCommented,
    CellKey,
    CommentCell,
    ConveneCouncil,
    CouncilConvened,
    FinishAction,
    OnCell,
    PlanAction,
    cell_key,
    cell_words,
    week_of,
)
from events.currencies import MINOR_DIGITS
from events.envelope import Envelope
from events.fact import Fact
from events.ids import fingerprint
from events.instants import from_us, iso, to_us
from events.sources import OWN_SOURCE
from streams.calendar_windows import load_zone
from streams.deciders.councils.state import Council
from streams.deciders.subject import Around, first_id
from streams.deciders.told import Before, Refusal, Told

_SHOWN = 10


def answer(state: Council, envelope: Envelope, at: int, around: Around) -> Sequence[Told] | Refusal | Before:
    """Decide a command.

    Args:
        state: the council before it.
        envelope: the command.
        at: when it was sent, microseconds.
        around: the circumstances.
    """
    leads_to, ask = _ASKED[type(envelope.data)]
    fact_id = first_id(envelope, around.subject, leads_to)
    if fingerprint(OWN_SOURCE, fact_id) in state.said:
        return Before((fact_id,))
    return ask(state, envelope.data, at, around)


def _convene(state: Council, asked: ConveneCouncil, at: int, _around: Around) -> Sequence[Told] | Refusal | Before:
    known_at, met = to_us(asked.known_at), state.meetings.get(asked.week)
    if met is not None and met.quarter == asked.quarter:
        return Before((met.fact,))
    if met is not None:
        words = f"in {asked.week} the matrix of {met.quarter} was frozen, known at {iso(met.known_at)} (data.quarter)"
        return Refusal("convened already", (words,))
    if known_at >= to_us(asked.complete_to):
        words = f"the views were complete to {asked.complete_to.isoformat()}, which is not after it (data.known_at)"
        return Refusal("not final", (words,))
    wrong = [
        *_wrong_week(asked.week, asked.known_at, asked.timezone),
        *([] if asked.cells else ["it has no cells; nothing was sold or planned yet (data.cells)"]),
        *([] if asked.currency in MINOR_DIGITS else [f"{asked.currency} is no currency (data.currency)"]),
        *([] if asked.day <= asked.days else [f"day {asked.day} of {asked.days} there is not (data.day)"]),
        *_doubled([cell_key(cell) for cell in asked.cells], "cells"),
        *_doubled([cell_key(cell) for cell in asked.former_cells], "former_cells"),
    ]
    if wrong:
        return Refusal("wrong matrix", tuple(wrong))
    fact = CouncilConvened(
        week=asked.week, quarter=asked.quarter, known_at=asked.known_at, timezone=asked.timezone, day=asked.day,
        days=asked.days, currency=asked.currency, cells=asked.cells, former_quarter=asked.former_quarter,
        former_cells=asked.former_cells, by=asked.by, left_out=asked.left_out,
    )  # fmt: skip
    return [Told(fact, max(at, known_at))]


def _comment(state: Council, asked: CommentCell, at: int, around: Around) -> Sequence[Told] | Refusal:
    week = _week_of(state, asked, around)
    if isinstance(week, Refusal):
        return week
    return [Told(CellCommented(week=week, **_cell(asked), text=asked.text, by=asked.by), _after(state, week, at))]


def _plan(state: Council, asked: PlanAction, at: int, around: Around) -> Sequence[Told] | Refusal:
    week = _week_of(state, asked, around)
    if isinstance(week, Refusal):
        return week
    at = _after(state, week, at)
    today = from_us(at).astimezone(around.known.pipeline(around.at).hygiene.zone).date()
    if asked.due < today:
        return Refusal("due is over", (f"{asked.due.isoformat()} is before {today.isoformat()}, today (data.due)",))
    fact = ActionPlanned(
        action=len(state.actions) + 1, week=week, **_cell(asked), kind=asked.kind, what=asked.what, owner=asked.owner,
        due=asked.due, by=asked.by,
    )  # fmt: skip
    return [Told(fact, at)]


def _finish(state: Council, asked: FinishAction, at: int, around: Around) -> Sequence[Told] | Refusal:
    found = state.actions.get(asked.action)
    if found is None:
        open_ones = [number for number, each in state.actions.items() if each.done_at is None]
        there = f"open are {', '.join(map(str, open_ones[:_SHOWN]))}" if open_ones else "none is open"
        return Refusal("unknown action", (f"{around.subject!r} has no action {asked.action}; {there} (data.action)",))
    if found.done_at is not None:
        return Refusal("done already", (f"action {asked.action} was done at {iso(found.done_at)} (data.action)",))
    fact = ActionDone(action=asked.action, outcome=asked.outcome, by=asked.by)
    return [Told(fact, max(at, found.planned_at))]


_Answer = Sequence[Told] | Refusal | Before
_ASKED: Mapping[type[Fact], tuple[type[Fact], Callable[[Council, Any, int, Around], _Answer]]] = {
    ConveneCouncil: (CouncilConvened, _convene),
    CommentCell: (CellCommented, _comment),
    PlanAction: (ActionPlanned, _plan),
    FinishAction: (ActionDone, _finish),
}
"""The fact that each command leads to, and who decides it."""


def _week_of(state: Council, asked: CommentCell | PlanAction, around: Around) -> str | Refusal:
    """The meeting whose matrix has the cell that is asked about, red or yellow."""
    week = asked.week or state.last_week()
    if week is None:
        return Refusal("never convened", (f"council {around.subject!r} has not met yet (subject)",))
    met = state.meetings.get(week)
    if met is None:
        last = f"; it met in {', '.join(sorted(state.meetings)[-_SHOWN:])}" if state.meetings else ""
        return Refusal("unknown week", (f"council {around.subject!r} did not meet in {week}{last} (data.week)",))
    key = cell_key(asked)
    if key not in met.cells:
        return Refusal(
            "unknown cell", (f"{cell_words(key)} is no red or yellow cell of {week} ({_at_fault(met.cells, key)})",)
        )
    return week


def _at_fault(cells: Sequence[CellKey], key: CellKey) -> str:
    """The field that is to blame: the figure, where no slice of it is red or yellow; else the slice."""
    told = [name for name, value in zip(DIMENSIONS, key[1:], strict=True) if value is not None]
    return f"data.{told[0]}" if told and any(cell[0] == key[0] for cell in cells) else "data.measure"


def _cell(asked: OnCell) -> dict[str, Any]:
    return dict(zip(("measure", *DIMENSIONS), cell_key(asked), strict=True))


def _after(state: Council, week: str, at: int) -> int:
    """Nothing is said of a matrix before the instant it holds for."""
    return max(at, state.meetings[week].known_at)


def _wrong_week(week: str, known_at: datetime, zone: str) -> list[str]:
    """The week has to be that of the instant, in the zone of reports."""
    try:
        found = week_of(known_at.astimezone(load_zone(zone)).date())
    except ValueError as exc:
        return [f"{exc} (data.timezone)"]
    return [] if found == week else [f"{known_at.isoformat()} is in {found} in {zone}, not in {week} (data.week)"]


def _doubled(keys: Sequence[CellKey], field: str) -> list[str]:
    seen, found = set[CellKey](), list[str]()
    for key in keys:
        if key in seen:
            found.append(f"{cell_words(key)} is there twice (data.{field})")
        seen.add(key)
    return found[:_SHOWN]
