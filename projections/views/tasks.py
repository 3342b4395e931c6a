"""`tasks`: what somebody has to do for a lead besides what the agreement asks for, with reminders."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.instants import to_us, us_or_none
from events.lead import LeadCaptured
from events.work import TaskCreated, TaskDone, TaskReminderDue
from projections.views.times import instant_text_or_none
from projections.views.view import Cells, Column, Detail, Handler, Kind


class Task(Struct, frozen=True, gc=False, array_like=True):
    """A task as it was told last; instants in microseconds, `told_at` None of one that is only known to be done."""

    task: str
    told_at: int | None = None
    title: str = ""
    owner: str | None = None
    due: int | None = None
    remind_at: int | None = None
    reminded_at: int | None = None
    done_at: int | None = None
    done_by: str | None = None


class Tasks(Struct, frozen=True, gc=False, array_like=True):
    """Base row: the tasks of a lead, in the order in which they became known."""

    is_test: bool = False
    tasks: tuple[Task, ...] = ()


def _captured(row: Tasks, fact: LeadCaptured, _: Envelope) -> Tasks:
    return replace(row, is_test=True) if fact.is_test and not row.is_test else row


def _find(row: Tasks, task: str) -> Task:
    return next((each for each in row.tasks if each.task == task), Task(task))


def _put(row: Tasks, new: Task) -> Tasks:
    if any(each.task == new.task for each in row.tasks):
        return replace(row, tasks=tuple(new if each.task == new.task else each for each in row.tasks))
    return replace(row, tasks=(*row.tasks, new))


def _created(row: Tasks, fact: TaskCreated, envelope: Envelope) -> Tasks:
    old, at = _find(row, fact.task), to_us(envelope.time)
    if old.told_at is not None and at < old.told_at:
        return row
    remind_at = us_or_none(fact.remind_at)
    reminded_at = old.reminded_at if remind_at == old.remind_at else None
    told = {"told_at": at, "title": fact.title, "owner": fact.owner, "due": us_or_none(fact.due)}
    return _put(row, replace(old, remind_at=remind_at, reminded_at=reminded_at, **told))


def _done(row: Tasks, fact: TaskDone, envelope: Envelope) -> Tasks:
    old, at = _find(row, fact.task), to_us(envelope.time)
    if old.done_at is not None and old.done_at <= at:
        return row
    return _put(row, replace(old, done_at=at, done_by=fact.by))


def _reminded(row: Tasks, fact: TaskReminderDue, envelope: Envelope) -> Tasks:
    return _put(row, replace(_find(row, fact.task), reminded_at=to_us(envelope.time)))


_ON: dict[type[Fact], Handler[Tasks]] = {
    LeadCaptured: _captured,
    TaskCreated: _created,
    TaskDone: _done,
    TaskReminderDue: _reminded,
}


def _entries(row: Tasks) -> dict[Cells, Any]:
    return {} if row.is_test else {(task.task,): task for task in row.tasks}


def _render(lead: str, identity: Cells, task: Task) -> Cells:
    return (
        lead,
        *identity,
        "open" if task.done_at is None else "done",
        task.title,
        task.owner,
        instant_text_or_none(task.due),
        instant_text_or_none(task.remind_at),
        instant_text_or_none(task.reminded_at),
        instant_text_or_none(task.done_at),
        task.done_by,
        instant_text_or_none(task.told_at),
    )


_COLUMNS = (
    Column("lead", Kind.TEXT, "lead id"),
    Column("task", Kind.TEXT, "the task's id, unique for the lead"),
    Column("state", Kind.TEXT, "open or done"),
    Column("title", Kind.TEXT, "what is to be done; blank of a task that was done before it was heard of"),
    Column("owner", Kind.TEXT, "who has to do it", True),
    Column("due", Kind.INSTANT, "when it has to be done", True),
    Column("remind_at", Kind.INSTANT, "when to remind of it", True),
    Column("reminded_at", Kind.INSTANT, "when it was reminded of", True),
    Column("done_at", Kind.INSTANT, "when it was done", True),
    Column("done_by", Kind.TEXT, "who did it", True),
    Column("told_at", Kind.INSTANT, "when it was made, or last changed", True),
)

TASKS = Detail(
    name="tasks",
    version=1,
    meaning="Tasks for leads: the open ones at the top, what is due first in front; test leads left out.",
    initial=Tasks(),
    on=_ON,
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("place", "due", "lead", "task"),
    indexes=(("state", "due"), ("owner",)),
    entries=_entries,
    render=_render,
)
