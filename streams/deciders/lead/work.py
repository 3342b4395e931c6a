"""Tasks for a lead: a reminder is told once, when its time has come, unless the task is done by then."""

from collections.abc import Sequence

from events.ids import derived_id
from events.instants import from_us
from events.work import TaskReminderDue
from streams.deciders.lead.closings import lasting
from streams.deciders.lead.entries import Work
from streams.deciders.lead.given import Given, Live, Told
from streams.deciders.lead.state import Lead


def next_reminder(lead: Lead) -> int | None:
    """The earliest instant at which a task has to be reminded of, microseconds; none of a lead that was erased."""
    if any(how in _GONE for how in lasting(lead.closings)):
        return None
    return min((_due(work) for work in lead.tasks.values() if _waits(work)), default=None)


def on_deadline(live: Live, due: int, given: Given) -> Sequence[Told]:
    """Remind of what is due at `due`."""
    lead = live.lead
    if not lead.tasks or any(how in _GONE for how in lasting(lead.closings)):
        return ()
    told: list[Told] = []
    for task, work in sorted(lead.tasks.items()):
        if not _waits(work) or _due(work) > due:
            continue
        fact = TaskReminderDue(
            task=task, title=work.title, owner=work.owner, due=None if work.due is None else from_us(work.due)
        )
        told.append(Told(fact, _due(work), _id(given.subject, task, work)))
    return told


def _id(subject: str, task: str, work: Work) -> str:
    """The reminder's id. A task can be moved back to a time it was reminded of before, and that is another reminder."""
    anew = (str(work.moved),) if work.moved else ()
    return derived_id(subject, "task", task, str(work.remind_at), *anew)


def _waits(work: Work) -> bool:
    return work.remind_at is not None and not (work.done or work.reminded)


def _due(work: Work) -> int:
    """When to remind; of a time that was over when the task was made, then."""
    return max(work.remind_at or 0, work.told_at)


_GONE = frozenset({"erased"})
