from dataclasses import dataclass
from pathlib import Path

from engine.memory.log import MemoryLog
from engine.reading import records_of
from events.codec import Codec
from events.envelope import Envelope
from events.topics import LEAD_EVENTS
from leadstream.clock import now_us
from leadstream.demo.company import Arrival, Week, simulated_week
from leadstream.demo.summary import Summary, summarise
from leadstream.demo.week import run_week
from leadstream.deployment import create_topics
from leadstream.settings import Settings
from leadstream.views_store import open_store

PARTITIONS = 3


@dataclass(frozen=True)
class Played:
    """A simulated week and what became of it."""

    week: Week
    arrivals: list[Arrival]
    facts: list[Envelope]
    summary: Summary


async def play(week: Week, folder: Path) -> Played:
    log, settings = MemoryLog(clock=now_us), Settings(data_dir=folder, partitions=PARTITIONS)
    await create_topics(log, settings)
    run = await run_week(log, settings, PARTITIONS, week)
    store = open_store(settings)
    try:
        summary = await summarise(log, store, PARTITIONS, run)
    finally:
        store.close()
    codec = Codec()
    facts = [
        codec.decode(record.value)
        for partition in range(PARTITIONS)
        async for record in records_of(log, LEAD_EVENTS, partition)
    ]
    return Played(week, list(simulated_week(week)), facts, summary)
