"""Runs task groups to the end of their inboxes in virtual time, in one process, without Faust.

Groups that neither send to nor receive from one another run one after the other in full batches, each partition in
its own order; at the end every partition's time is the same instant, so that all that is due before it has fired.
Those that do speak to one another run as one (`engine.together`).
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from engine.batch import Batch
from engine.errors import LogError, PoisonBatch, SkippedBatch
from engine.host import Program
from engine.ports import EventLog
from engine.task import Task

Progress = Callable[[str, int], None]
"""Told after each batch: group name, records decided."""


async def drain(
    log: EventLog, program: Program, *, until: int | None = None, progress: Progress | None = None, limit: int = 5000
) -> int:
    """Decide everything there is in a group's sources, then let time pass.

    Args:
        log: the log.
        program: the group and its program.
        until: let time pass up to this instant (microseconds), if it is later than all records.
        progress: told after each batch.
        limit: records of a batch.

    Raises:
        PoisonBatch: the program failed on a record, which is named; the position has not moved past it.

    Returns:
        The instant up to which time has passed in every partition, in microseconds.
    """
    tasks: list[Task[Any]] = []
    try:
        for partition in range(program.partitions):
            tasks.append(make_task(log, program, partition))
            await tasks[-1].open()
        while any([await _read_to_end(log, task, progress, limit) for task in tasks]):
            pass  # a task may have forwarded to another one's inbox
        end = max([task.time for task in tasks] + ([until] if until is not None else []))
        for task in tasks:
            await _guarded(task.advance(end), lambda: f"{program.group.name}: letting time pass")
        return end
    finally:
        for task in tasks:
            await task.close()


def make_task(log: EventLog, program: Program, partition: int) -> Task[Any]:
    """A task of a group, not yet open."""
    return Task(
        group=program.group,
        partition=partition,
        partitions=program.partitions,
        log=log.task(program.group, partition),
        processor=program.make(partition),
        store=program.store and program.store(partition),
        rebuild=program.rebuild and program.rebuild(partition),
    )


async def _read_to_end(log: EventLog, task: Task[Any], progress: Progress | None, limit: int) -> bool:
    """Decide all that is there now; whether there was anything."""
    found = False
    for topic in task.group.sources:
        end = (await log.ends(topic))[task.partition]
        while (position := task.positions[topic]) < end:
            records, after = await log.read(topic, task.partition, position, limit)
            batch = Batch(topic, task.partition, position, records, after)
            await _guarded(task.process(batch), partial(_place, task, topic))
            found = found or bool(records)
            if progress is not None:
                progress(task.group.name, len(records))
    return found


def _place(task: Task[Any], topic: str) -> str:
    """The record that was being decided; else from where on nothing is committed."""
    where = f"from offset {task.positions[topic]}" if task.failed_at is None else f"offset {task.failed_at}"
    return f"{topic}-{task.partition} {where}"


async def _guarded(work: Awaitable[None], where: Callable[[], str]) -> None:
    """Say where the program failed; nothing was skipped, and trying again in a loop would fail again."""
    try:
        await work
    except (LogError, SkippedBatch):
        raise
    except Exception as exc:
        raise PoisonBatch(f"{where()}: {exc!r}; nothing was skipped") from exc
