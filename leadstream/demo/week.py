"""The simulated week, run to its end in virtual time."""

from dataclasses import dataclass

from engine.ports import EventLog
from leadstream.demo.company import Week, simulated_week
from leadstream.demo.feeding import WEEK_AGREEMENT, agreement_text, feed, publish_agreement
from leadstream.demo.opening import opening
from leadstream.demo.tempo import week_tempo
from leadstream.running import Progress, run_until_idle
from leadstream.settings import Settings


@dataclass(frozen=True, slots=True)
class WeekRun:
    """What was told and decided.

    Attributes:
        records: records put into the inbox, duplicates and broken ones included.
        leads: leads they are about.
        time: up to which instant everything is decided, microseconds.
    """

    records: int
    leads: int
    time: int


async def run_week(
    log: EventLog, settings: Settings, partitions: int, week: Week, progress: Progress | None = None
) -> WeekRun:
    """Publish the agreement, let the week arrive, and decide all of it. The log must be empty.

    Raises:
        RuntimeError: the agreement was refused.
    """
    agreement = await publish_agreement(log, agreement_text(WEEK_AGREEMENT))
    await feed(log, partitions, opening(agreement, week_tempo(week.start), week.start, week.end), history=True)
    fed = await feed(log, partitions, simulated_week(week), history=True)
    ran = await run_until_idle(log, settings, partitions, until=week.end, progress=progress)
    return WeekRun(fed.records, len(fed.leads), ran.time)
