"""Watches a measured process from outside: how far it has come, and the processor time it used for that.

The clock runs from the first look that sees a commit to the first look that sees the last one; what was committed at
the first look does not count. So the start of the process, joining the group and opening are left out.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

import psutil

from tests.support.process import Process

Count = Callable[[], Awaitable[int]]
"""How many records are done by now, asked of the log."""
Progress = Callable[[int], None]
"""Told how many records are done."""

_LOOK_SECONDS = 0.02
_STUCK_SECONDS = 120.0


class Look(NamedTuple):
    """What was seen at one instant: records done, seconds, processor seconds of the process and of the broker."""

    done: int
    at: float
    cpu: float
    broker_cpu: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured between two looks.

    Attributes:
        records: records done between them.
        seconds: wall clock.
        cpu_seconds: processor time of the process, all threads, user and system.
        broker_cpu_seconds: the same of the broker beside it; 0 without one.
    """

    records: int
    seconds: float
    cpu_seconds: float
    broker_cpu_seconds: float


async def watch(
    process: Process,
    count: Count,
    total: int,
    *,
    after: int = 0,
    broker: Process | None = None,
    progress: Progress | None = None,
) -> Measured | None:
    """Watch until `total` records are done; None when one look saw all of them come at once.

    What is done before there are more than `after` records counts as warming up.

    Raises:
        AssertionError: the process ended, or has done nothing for two minutes; with its last lines.
    """
    first: Look | None = None
    done, moved_at = 0, time.monotonic()
    while True:
        look = await _look(process, count, broker)
        if look.done != done:
            done, moved_at = look.done, look.at
            if progress is not None:
                progress(done)
        if first is None and done > after:
            first = look
        if first is not None and done >= total:
            return _between(first, look)
        if not process.alive:
            raise AssertionError(f"ended with {process.returncode} after {done} of {total}:\n{process.tail()}")
        if look.at - moved_at > _STUCK_SECONDS:
            raise AssertionError(f"stuck at {done} of {total}:\n{process.tail()}")
        await asyncio.sleep(_LOOK_SECONDS)


async def _look(process: Process, count: Count, broker: Process | None) -> Look:
    done = await count()
    return Look(done, time.monotonic(), _cpu(process), 0.0 if broker is None else _cpu(broker))


def _cpu(process: Process) -> float:
    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _between(first: Look, last: Look) -> Measured | None:
    if last.done == first.done:
        return None
    return Measured(
        last.done - first.done, last.at - first.at, last.cpu - first.cpu, last.broker_cpu - first.broker_cpu
    )
