"""`council-actions`: what councils have planned to do about red and yellow cells, and what is done."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.council import ActionDone, ActionPlanned, CellKey, cell_key
from events.envelope import Envelope
from events.fact import Fact
from events.instants import to_us
from projections.views.council_cells import DIMENSIONS, MEASURE
from projections.views.councils import COUNCIL, WEEK
from projections.views.times import instant_text, instant_text_or_none, recorded_at
from projections.views.view import Cells, Column, Detail, Handler, Kind

OPEN, DONE = "open", "done"


class Action(Struct, frozen=True, gc=False, array_like=True):
    """An action; instants in microseconds, `due` a day in ISO 8601."""

    action: int
    week: str
    key: CellKey
    kind: str
    what: str
    owner: str
    due: str
    planned_at: int
    planned_by: str
    planned_recorded_at: int
    done_at: int | None = None
    done_recorded_at: int | None = None
    done_by: str | None = None
    outcome: str | None = None


class Actions(Struct, frozen=True, gc=False, array_like=True):
    """Base row: by number."""

    actions: tuple[Action, ...] = ()


def _planned(row: Actions, fact: ActionPlanned, envelope: Envelope) -> Actions:
    new = Action(
        fact.action, fact.week, cell_key(fact), fact.kind, fact.what, fact.owner, fact.due.isoformat(),
        to_us(envelope.time), fact.by, recorded_at(envelope),
    )  # fmt: skip
    return Actions((*row.actions, new))


def _done(row: Actions, fact: ActionDone, envelope: Envelope) -> Actions:
    times = {"done_at": to_us(envelope.time), "done_recorded_at": recorded_at(envelope)}
    told: dict[str, Any] = {**times, "done_by": fact.by, "outcome": fact.outcome}
    return Actions(tuple(replace(each, **told) if each.action == fact.action else each for each in row.actions))


_ON: dict[type[Fact], Handler[Actions]] = {ActionPlanned: _planned, ActionDone: _done}


def _entries(row: Actions) -> dict[Cells, Any]:
    return {(each.action,): each for each in row.actions}


def _render(council: str, identity: Cells, each: Action) -> Cells:
    measure, *dimensions = each.key
    return (
        council,
        *identity,
        OPEN if each.done_at is None else DONE,
        each.week,
        *dimensions,
        measure,
        each.kind,
        each.what,
        each.owner,
        each.due,
        instant_text(each.planned_at),
        each.planned_by,
        instant_text_or_none(each.done_at),
        each.done_by,
        each.outcome,
        instant_text(each.planned_recorded_at),
        instant_text_or_none(each.done_recorded_at),
    )


_COLUMNS = (
    COUNCIL,
    Column("action", Kind.INTEGER, "its number in the council, from 1"),
    Column("state", Kind.TEXT, "open or done"),
    WEEK,
    *DIMENSIONS,
    MEASURE,
    Column("kind", Kind.TEXT, "spiff (a prize for sellers), enablement, dinner, media_budget or other"),
    Column("what", Kind.TEXT, "what is to be done"),
    Column("owner", Kind.TEXT, "who does it"),
    Column("due", Kind.TEXT, "the last day for it, ISO 8601"),
    Column("planned_at", Kind.INSTANT, "when it was planned"),
    Column("planned_by", Kind.TEXT, "who planned it"),
    Column("done_at", Kind.INSTANT, "when it was done", True),
    Column("done_by", Kind.TEXT, "who finished it", True),
    Column("outcome", Kind.TEXT, "what came of it", True),
    Column("planned_recorded_at", Kind.INSTANT, "when it became known that it was planned"),
    Column("done_recorded_at", Kind.INSTANT, "when it became known that it was done", True),
)

COUNCIL_ACTIONS = Detail(
    name="council-actions",
    version=2,
    meaning="What councils have planned to do about red and yellow cells: the open ones at the top, what is due first.",
    initial=Actions(),
    on=_ON,
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("place", "due", "council", "action"),
    indexes=(("state", "due"), ("owner",)),
    entries=_entries,
    render=_render,
)
