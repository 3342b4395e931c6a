"""Runs everything that is there to the end, in virtual time: agreements, leads, views, tables."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.drain import drain
from engine.ports import EventLog
from leadstream.clock import now_us
from leadstream.settings import Settings
from leadstream.tuning import quiet_gc
from leadstream.views_store import open_store
from projections.sink import sink_once
from projections.worker import view_program
from streams.programs import agreement_program, lead_program

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


async def run_until_idle(
    log: EventLog, settings: Settings, partitions: int, *, until: int | None = None, progress: Progress | None = None
) -> Ran:
    """Decide all that is there, then let time pass up to the last record's time or `until`; then bring views up."""
    quiet_gc()
    await drain(log, agreement_program(), progress=progress)
    leads = lead_program(log, partitions, now_us, settings.secret.encode())
    time = await drain(log, leads, until=until, progress=progress)
    await drain(log, view_program(log, partitions), progress=progress)
    store = open_store(settings)
    try:
        rows = await sink_once(log, store)
    finally:
        store.close()
    return Ran(time, rows)
