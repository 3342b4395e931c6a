"""A log that fails as real ones do, events for it, and a look at what is in it."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from engine.errors import Unavailable
from engine.memory.disk import MemoryDisk
from engine.memory.log import MemoryLog
from engine.ports import EventLog, NewRecord
from engine.reading import records_of
from events.lead import LeadTouched
from events.topics import LEAD_EVENTS, LEAD_INBOX
from leadstream.deciding import decide_all
from leadstream.deployment import topic_specs
from leadstream.sdk.log_way import LogWay
from leadstream.sdk.telling import Event
from streams.programs import speaking_programs

PARTITIONS = 2
NOW = 1_772_445_600_000_000
"""2026-03-02 10:00 UTC, in microseconds."""

Fate = tuple[float, float] | None


def visit(number: int, **fields: Any) -> Event:
    """A touch that its source knows by a number."""
    fact = LeadTouched(channel="website", kind="visited", direction="inbound", asset=f"page-{number}")
    return Event(fact, fields.pop("subject", f"lead-{number % 3}"), natural_key=str(number), **fields)


class Weather(MemoryLog):
    """A log whose appends fail, before or after a part of them or all is written: nobody is told which.

    Args:
        disk: what it writes to.
        fates: for each append which share of its partitions, and of the records of each, is written before it fails,
            from 0 to 1; None lets it succeed, as all do when there are no more.
    """

    def __init__(self, disk: MemoryDisk, fates: Sequence[Fate] = ()) -> None:
        super().__init__(clock=lambda: NOW, disk=disk)
        self._fates = list(fates)

    async def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
        fate = self._fates.pop(0) if self._fates else None
        if fate is None:
            return await super().append(records)
        partitions, share = fate
        written = sorted(records)[: round(partitions * len(records))]
        await super().append({at: records[at][: round(share * len(records[at]))] for at in written})
        raise Unavailable("the line is gone")


async def disk_with_topics() -> MemoryDisk:
    disk = MemoryDisk()
    await MemoryLog(clock=lambda: NOW, disk=disk).create_topics(topic_specs(PARTITIONS))
    return disk


def way_to(log: EventLog) -> LogWay:
    async def opening() -> EventLog:
        return log

    return LogWay(opening)


async def told_in(log: EventLog, topic: str) -> list[dict[str, Any]]:
    return [
        orjson.loads(record.value or b"")
        for number in range(PARTITIONS)
        async for record in records_of(log, topic, number)
    ]


async def inbox(disk: MemoryDisk) -> list[str]:
    """Numbers of the visits in the inbox, a partition after the other."""
    return [page(said) for said in await told_in(MemoryLog(clock=lambda: NOW, disk=disk), LEAD_INBOX)]


def page(said: Mapping[str, Any]) -> str:
    return str(said["data"]["asset"]).removeprefix("page-")


async def canonical(disk: MemoryDisk) -> list[bytes]:
    """The canonical log of leads after all is decided, a partition after the other."""
    log = MemoryLog(clock=lambda: NOW, disk=disk)
    await decide_all(log, speaking_programs(log, PARTITIONS, lambda: NOW))
    return [
        record.value or b"" for number in range(PARTITIONS) async for record in records_of(log, LEAD_EVENTS, number)
    ]
