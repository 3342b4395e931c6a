"""Reads one lead's history from the log."""

from engine.partitioning import partition_of
from engine.ports import EventLog
from engine.reading import records_of
from events.codec import Codec
from events.envelope import Envelope
from events.topics import LEAD_EVENTS


async def history_of(log: EventLog, partitions: int, lead: str, codec: Codec) -> list[Envelope]:
    """The canonical facts of one lead, in order; empty when it was never heard of."""
    key = lead.encode()
    partition = partition_of(key, partitions)
    return [codec.decode(record.value) async for record in records_of(log, LEAD_EVENTS, partition) if record.key == key]
