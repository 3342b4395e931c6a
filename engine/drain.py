"""Runs task groups to the end of their inboxes in virtual time, in one process, without Faust.

Groups that neither send to nor receive from one another run one after the other in full batches, each partition in
its own order; at the end every partition's time is the same instant, so that all that is due before it has fired.
"""

from collections.abc import Callable
from typing import Any

from engine.batch import Batch
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

    Returns:
        The instant up to which time has passed in every partition, in microseconds.
    """
    tasks = [await _open(log, program, partition) for partition in range(program.partitions)]
    try:
        while any([await _read_to_end(log, task, progress, limit) for task in tasks]):
            pass  # a task may have forwarded to another one's inbox
        end = max([task.time for task in tasks] + ([until] if until is not None else []))
        for task in tasks:
            await task.advance(end)
        while any([await _read_to_end(log, task, progress, limit) for task in tasks]):
            pass
        return end
    finally:
        for task in tasks:
            await task.close()


async def _open(log: EventLog, program: Program, partition: int) -> Task[Any]:
    task = Task(
        group=program.group,
        partition=partition,
        partitions=program.partitions,
        log=log.task(program.group, partition),
        processor=program.make(partition),
    )
    await task.open()
    return task


async def _read_to_end(log: EventLog, task: Task[Any], progress: Progress | None, limit: int) -> bool:
    """Decide all that is there now; whether there was anything."""
    found = False
    for topic in task.group.sources:
        end = (await log.ends(topic))[task.partition]
        while (position := task.positions[topic]) < end:
            records, after = await log.read(topic, task.partition, position, limit)
            await task.process(Batch(topic, task.partition, position, records, after))
            found = found or bool(records)
            if progress is not None:
                progress(task.group.name, len(records))
    return found
