"""Reading a partition from its first record to the end it has when the reading starts."""

import asyncio
from collections.abc import AsyncIterator

from engine.ports import EventLog, Record


async def records_of(log: EventLog, topic: str, partition: int) -> AsyncIterator[Record]:
    """All records of a partition that are committed when the reading starts, in order."""
    offset, end = (await log.starts(topic))[partition], (await log.ends(topic))[partition]
    while offset < end:
        records, after = await log.read(topic, partition, offset)
        for record in records:
            yield record
        await asyncio.sleep(0)  # a log that is at hand answers at once, and others want their turn
        if after <= offset:
            return
        offset = after


async def latest_values(log: EventLog, topic: str, partition: int) -> dict[bytes, bytes]:
    """The last value of every key of a compacted topic; the engine's own keys are left out."""
    latest: dict[bytes, bytes] = {}
    async for record in records_of(log, topic, partition):
        key = record.key or b""
        if key[:1] == b"\0":
            continue
        if record.value is None:
            latest.pop(key, None)
        else:
            latest[key] = record.value
    return latest
