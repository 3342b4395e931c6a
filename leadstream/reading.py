"""Reads the histories of leads, and of other subjects, from the log."""

from collections import defaultdict
from collections.abc import Collection

from engine.partitioning import partition_of
from engine.ports import EventLog
from engine.reading import records_of
from events.codec import Codec
from events.envelope import Envelope
from events.topics import LEAD_EVENTS


async def history_of(
    log: EventLog, partitions: int, subject: str, codec: Codec, topic: str = LEAD_EVENTS
) -> list[Envelope]:
    """The canonical facts of one lead, or of a subject of another log, in order; empty when it was never heard of."""
    key = subject.encode()
    partition = partition_of(key, partitions)
    return [codec.decode(record.value) async for record in records_of(log, topic, partition) if record.key == key]


async def histories_of(log: EventLog, leads: Collection[str], codec: Codec) -> dict[str, list[Envelope]]:
    """The canonical facts of many leads, in order for each; every partition that has one of them is read once."""
    partitions = len(await log.ends(LEAD_EVENTS))
    wanted: defaultdict[int, set[bytes]] = defaultdict(set)
    for lead in leads:
        wanted[partition_of(lead.encode(), partitions)].add(lead.encode())
    found: defaultdict[str, list[Envelope]] = defaultdict(list)
    for partition, keys in wanted.items():
        async for record in records_of(log, LEAD_EVENTS, partition):
            if record.key in keys:
                envelope = codec.decode(record.value)
                found[envelope.subject].append(envelope)
    return found
