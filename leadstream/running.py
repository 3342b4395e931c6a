"""Runs everything that is there to the end, in virtual time: agreements, leads, views, tables."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from engine.drain import drain
from engine.host import Program
from engine.ports import EventLog
from leadstream.clock import now_us
from leadstream.deciding import decide_all
from leadstream.settings import Settings
from leadstream.state_store import state_stores
from leadstream.tuning import quiet_gc
from leadstream.views_store import open_store
from projections.sink import notice_another_log, sink_once
from projections.worker import view_programs
from streams.programs import LEADS, agreement_program, speaking_programs

_LOOK = 0.1
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run did.

    Attributes:
        time: the instant up to which time has passed in every partition, microseconds.
        rows: rows written to the tables.
    """

    time: int
    rows: int


class Busy(Exception):
    """A worker or projector is running on this log; its time is the wall clock's and must not be moved."""


async def wait_until_free(log: EventLog, programs: Sequence[Program], session_timeout: float) -> None:
    """Wait for the partitions of a process that died a moment ago; refuse when it lives.

    Raises:
        Busy: a worker or projector is running on this log.
    """
    deadline = monotonic() + 1.5 * session_timeout
    for program in programs:
        for partition in range(program.partitions):
            while await log.owned(program.group, partition):
                if monotonic() > deadline:
                    raise Busy(f"a process has {program.group.name}-{partition}: stop workers and projectors first")
                await asyncio.sleep(_LOOK)


async def run_until_idle(
    log: EventLog, settings: Settings, partitions: int, *, until: int | None = None, progress: Progress | None = None,
    session_timeout: float | None = None,
) -> Ran:  # fmt: skip
    """Decide all that is there, then let time pass up to the last record's time or `until`; then bring views up.

    Args:
        log: the log.
        settings: of the deployment.
        partitions: of its topics.
        until: instant in microseconds; None: no further than the records go.
        progress: told of what is done.
        session_timeout: seconds for which a process that died a moment ago may seem to live; None: as settings say.

    Raises:
        Busy: a worker or projector is running on this log.
    """
    quiet_gc()
    stores, secret = state_stores(settings, LEADS), settings.secret.encode()
    agreements, views = agreement_program(), view_programs(log, partitions)
    speaking = speaking_programs(log, partitions, now_us, secret, stores)
    await wait_until_free(
        log,
        [agreements, *speaking.all, *views],
        settings.session_timeout if session_timeout is None else session_timeout,
    )
    store = open_store(settings)
    try:
        await notice_another_log(log, store)
        await drain(log, agreements, progress=progress)
        time = await decide_all(log, speaking, until=until, progress=progress)
        for program in views:
            await drain(log, program, progress=progress)
        rows = await sink_once(log, store)
    finally:
        store.close()
    return Ran(time, rows)
