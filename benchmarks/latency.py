"""How long after a producer sends an event a committed reader sees what came of it, at a steady rate.

Producer and reader are plain Kafka clients in this process (acks=all; read_committed), so what they need themselves is
in the figure. The worker is a process of its own.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition

from benchmarks.scores import OUT
from engine.kafka.log import KafkaLog
from engine.partitioning import partition_of
from engine.ports import NewRecord

_BURST = 0.01
"""Seconds between two sends; each sends what the rate asks for."""


@dataclass(slots=True)
class Seen:
    """What the reader saw.

    Attributes:
        sent: instant of sending by event id, seconds on this process's steady clock.
        seconds: from sending to reading, of every event.
        at: instants of reading, by partition.
    """

    sent: dict[str, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    at: dict[int, list[float]] = field(default_factory=dict)

    def percentile(self, percent: float) -> float:
        """Seconds that so many percent of the events did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


async def send(log: KafkaLog, topic: str, partitions: int, events: Iterator[NewRecord], rate: int, seen: Seen) -> None:
    """Send events at so many a second until they are used up."""
    producer = AIOKafkaProducer(bootstrap_servers=log.servers, acks="all", linger_ms=0)
    await producer.start()
    try:
        start = time.monotonic()
        for sent, event in enumerate(events, 1):
            assert event.key is not None
            assert event.value is not None
            seen.sent[orjson.loads(event.value)["id"]] = time.monotonic()
            await producer.send(
                log.faust_topic(topic), event.value, event.key, partition=partition_of(event.key, partitions)
            )
            if not sent % max(1, int(rate * _BURST)):
                await asyncio.sleep(max(0.0, start + sent / rate - time.monotonic()))
        await producer.flush()
    finally:
        await producer.stop()


async def read(log: KafkaLog, starts: Sequence[int], total: int, seen: Seen) -> None:
    """Read committed outputs from these offsets on until `total` have come."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=log.servers, isolation_level="read_committed", auto_offset_reset="none",
        enable_auto_commit=False, fetch_max_wait_ms=500,
    )  # fmt: skip
    await consumer.start()
    try:
        places = [TopicPartition(log.faust_topic(OUT), number) for number in range(len(starts))]
        consumer.assign(places)
        for place, start in zip(places, starts, strict=True):
            consumer.seek(place, start)
        while len(seen.seconds) < total:
            for place, records in (await consumer.getmany(timeout_ms=1000)).items():
                now = time.monotonic()
                seen.at.setdefault(place.partition, []).append(now)
                seen.seconds += [now - seen.sent[orjson.loads(record.value)["cause"]] for record in records]
    finally:
        await consumer.stop()
