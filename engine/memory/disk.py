"""What survives in the in-memory twin: topics, partitions, positions, leases, members."""

import asyncio
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.embedded.limits import sizes
from engine.errors import Truncated, Unavailable, WrongTopic
from engine.ports import Fetched, NewRecord, Record, TopicSpec


@dataclass(slots=True)
class Partition:
    """Records in order of offset (with gaps, once compacted). `next` is the offset of the next record."""

    records: list[Record] = field(default_factory=list)
    start: int = 0
    next: int = 0
    stamp: int = 0

    def append(self, records: Iterable[NewRecord], now: int) -> None:
        """Append; timestamps never decrease."""
        self.stamp = max(self.stamp, now)
        for key, value, headers in records:
            self.records.append(Record(self.next, self.stamp, key, value, tuple(headers)))
            self.next += 1

    def read(self, offset: int, limit: int) -> Fetched:
        """Records from an offset on."""
        if not self.start <= offset <= self.next:
            raise Truncated(
                f"offset {offset} is asked for, the log holds {self.start} to {self.next}; records would be skipped"
            )
        low = bisect_left(self.records, offset, key=_offset)
        found = self.records[low : low + limit]
        more = low + limit < len(self.records)
        return Fetched(found, found[-1].offset + 1 if more else self.next)

    def fold(self) -> dict[bytes, bytes]:
        """Latest value per key."""
        last = {record.key: record.value for record in self.records}
        return {key: value for key, value in last.items() if key is not None and value is not None}

    def latest(self, key: bytes) -> bytes | None:
        """The latest value of a key."""
        return next((record.value for record in reversed(self.records) if record.key == key), None)

    def compact(self) -> None:
        """Keep the last record of every key, tombstones not at all."""
        last = {record.key: record.offset for record in self.records}
        self.records = [one for one in self.records if last[one.key] == one.offset and one.value is not None]

    def expire(self, before: int) -> None:
        """Drop the oldest records that are stamped before an instant."""
        kept = bisect_left(self.records, before, key=_timestamp)
        if kept:
            self.start = self.records[kept - 1].offset + 1
            del self.records[:kept]


@dataclass(slots=True)
class Lease:
    """Who owns a task; the epoch only ever grows."""

    epoch: int = 0
    owner: str = ""
    expires: int = 0


@dataclass(slots=True)
class MemoryDisk:
    """The state that several `MemoryLog`s, each a "process" of its own, share within one loop.

    Attributes:
        max_bytes: what fits, counting keys, values and headers; a full disk refuses to be written. May be changed.
    """

    max_bytes: int | None = None
    topics: dict[str, TopicSpec] = field(default_factory=dict)
    partitions: dict[tuple[str, int], Partition] = field(default_factory=dict)
    positions: dict[tuple[str, str, int], int] = field(default_factory=dict)
    leases: dict[tuple[str, int], Lease] = field(default_factory=dict)
    members: dict[str, dict[str, int]] = field(default_factory=dict)
    ears: set[asyncio.Event] = field(default_factory=set)

    def create(self, spec: TopicSpec) -> bool:
        """Make a topic; False when there is one of that name."""
        if spec.name in self.topics:
            return False
        self.topics[spec.name] = spec
        self.partitions.update(((spec.name, number), Partition()) for number in range(spec.partitions))
        return True

    def partition(self, topic: str, partition: int) -> Partition:
        """A partition.

        Raises:
            WrongTopic: there is none.
        """
        found = self.partitions.get((topic, partition))
        if found is None:
            raise WrongTopic(f"topic {topic!r} is missing, or has no partition number {partition}")
        return found

    def check(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
        """Whether all of these can be appended.

        Raises:
            WrongTopic: a topic or partition is missing.
            RecordTooLarge: a record exceeds what its topic takes.
            Unavailable: the disk is full.
        """
        more = 0
        for (topic, partition), new in records.items():
            self.partition(topic, partition)
            more += sum(sizes(self.topics[topic], new, partition))
        if self.max_bytes is not None and more and self._used() + more > self.max_bytes:
            raise Unavailable(f"the memory log is full: {self.max_bytes} bytes")

    def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]], now: int) -> None:
        """Append what has been checked, and wake the readers."""
        for (topic, partition), new in records.items():
            self.partition(topic, partition).append(new, now)
        self.ring()

    def ring(self) -> None:
        """Wake everybody who listens."""
        for ear in self.ears:
            ear.set()

    def lease(self, group: str, partition: int) -> Lease:
        """The lease of a task."""
        return self.leases.setdefault((group, partition), Lease())

    def _used(self) -> int:
        return sum(
            sum(sizes(self.topics[topic], [NewRecord(*record[2:]) for record in found.records]))
            for (topic, _), found in self.partitions.items()
        )


def _offset(record: Record) -> int:
    return record.offset


def _timestamp(record: Record) -> int:
    return record.timestamp
