"""Reads one lead's history and one topic's records from the log."""

from collections.abc import AsyncIterator

from engine.partitioning import partition_of
from engine.ports import EventLog, Record
from events.codec import Codec
from events.envelope import Envelope
from events.topics import LEAD_EVENTS


async def records_of(log: EventLog, topic: str, partition: int) -> AsyncIterator[Record]:
    """All records of a partition that are committed when the reading starts, in order."""
    offset, end = (await log.starts(topic))[partition], (await log.ends(topic))[partition]
    while offset < end:
        records, after = await log.read(topic, partition, offset)
        for record in records:
            yield record
        if after <= offset:
            return
        offset = after


async def history_of(log: EventLog, partitions: int, lead: str, codec: Codec) -> list[Envelope]:
    """The canonical facts of one lead, in order; empty when it was never heard of."""
    key = lead.encode()
    partition = partition_of(key, partitions)
    return [codec.decode(record.value) async for record in records_of(log, LEAD_EVENTS, partition) if record.key == key]
