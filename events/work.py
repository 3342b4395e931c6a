"""Facts about tasks: what somebody has to do for a lead, beside what the agreement asks for."""

from typing import Annotated

from msgspec import Meta

from events.fact import PERSONAL, Fact, Identifier, Instant, PersonalText

Title = Annotated[str, Meta(min_length=1, max_length=4096, extra=PERSONAL)]


class TaskCreated(Fact, frozen=True, kw_only=True):
    """Somebody has something to do. Told again with the same `task`, the later one holds.

    Attributes:
        task: the task's id, unique for the lead.
        title: what is to be done.
        owner: who has to do it.
        due: when it has to be done.
        remind_at: when to remind of it, once, unless it is done by then.
    """

    task: Identifier
    title: Title
    owner: PersonalText | None = None
    due: Instant | None = None
    remind_at: Instant | None = None


class TaskDone(Fact, frozen=True, kw_only=True):
    """A task is done, for good.

    Attributes:
        task: the task's id.
        by: who did it.
    """

    task: Identifier
    by: PersonalText | None = None


class TaskReminderDue(Fact, frozen=True, kw_only=True):
    """The time has come to remind of a task that is not done.

    Attributes:
        task: the task's id.
        title: what is to be done.
        owner: who has to do it.
        due: when it has to be done.
    """

    task: Identifier
    title: Title
    owner: PersonalText | None = None
    due: Instant | None = None


TaskFact = TaskCreated | TaskDone | TaskReminderDue
