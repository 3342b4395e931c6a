"""Upstream of a deployment under test: facts put into its inbox, and a look at what became of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from engine.partitioning import partition_of
from engine.ports import EventLog, NewRecord, Record
from engine.reading import records_of
from engine.recordtime import TIME_HEADER
from events.codec import Codec
from events.fact import Fact
from events.instants import to_us
from events.lead import LeadCaptured
from events.registry import wrap
from events.topics import LEAD_EVENTS, LEAD_INBOX
from streams.programs import LEADS
from tests.support.process import Process
from tests.system.failing_worker import unchecked
from tests.system.homes import Home

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)


def line(fact: Fact, subject: str, minute: int = 0, fact_id: str = "") -> bytes:
    """A fact as upstream publishes it."""
    name = fact_id or f"{type(fact).__name__}-{minute}"
    return Codec().encode(wrap(fact, id=name, source="/crm", subject=subject, time=MONDAY.replace(minute=minute)))


def captured(subject: str, **fields: Any) -> bytes:
    return line(LeadCaptured(source="web", **fields), subject)


def of_partition(home: Home, partition: int, count: int) -> list[str]:
    """Names of leads that all belong to one partition."""
    names = (f"lead-{number}" for number in range(1000))
    return [name for name in names if partition_of(name.encode(), home.partitions) == partition][:count]


async def put(log: EventLog, home: Home, *values: tuple[str, bytes]) -> None:
    """Records into the inbox, past every check, those of a partition at once; all were taken at ten past nine."""
    headers = ((TIME_HEADER, b"%d" % to_us(MONDAY.replace(minute=10))),)
    batches: dict[tuple[str, int], list[NewRecord]] = {}
    for subject, value in values:
        key = subject.encode()
        batches.setdefault((LEAD_INBOX, partition_of(key, home.partitions)), []).append(NewRecord(key, value, headers))
    await log.append(batches)


async def kept(log: EventLog, home: Home, topic: str) -> list[Record]:
    return [record for number in range(home.partitions) async for record in records_of(log, topic, number)]


async def leads_told(log: EventLog, home: Home) -> list[str]:
    """The leads of all canonical facts, in order within a partition."""
    return [(record.key or b"").decode() for record in await kept(log, home, LEAD_EVENTS)]


async def places(home: Home) -> list[int]:
    """The next offset of the inbox of every lead task. Takes the tasks over, so nobody may be running them."""
    found = []
    async with unchecked(home.settings) as log:
        for partition in range(home.partitions):
            task = log.task(LEADS, partition)
            found.append((await task.open()).positions[LEAD_INBOX])
            await task.close()
    return found


async def until(holds: Callable[[], Awaitable[bool]], process: Process, seconds: float = 60.0) -> None:
    """Wait for something a running process brings about."""
    async with asyncio.timeout(seconds):
        while not await holds():
            assert process.alive, process.tail()
            await asyncio.sleep(0.05)


async def told(log: EventLog, home: Home, names: Sequence[str], process: Process) -> None:
    async def there() -> bool:
        return set(names) <= set(await leads_told(log, home))

    await until(there, process)


async def ended(process: Process, seconds: float = 60.0) -> int:
    return await asyncio.to_thread(process.wait, seconds)
