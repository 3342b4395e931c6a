"""What tests of logs share: topics and groups, and short ways to append, read and own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from engine.ports import EventLog, GroupSpec, Mark, NewRecord, Record, TaskLog, TopicSpec

IN, SECOND, OUT, CHANGELOG, DEAD, LARGE = "in", "second", "out", "changelog", "dead", "large"
GROUP = GroupSpec("group", (IN,), CHANGELOG, DEAD)
OTHER = GroupSpec("other", (IN,), "other-changelog", DEAD)
PAIR = GroupSpec("pair", (IN, SECOND), "pair-changelog", DEAD)
TOPICS = (
    TopicSpec(IN, 2),
    TopicSpec(SECOND, 2),
    TopicSpec(OUT, 2, retention_ms=86_400_000),
    TopicSpec(DEAD, 2),
    TopicSpec(LARGE, 2, max_record_bytes=4_000_000),
    *(TopicSpec(group.changelog, 2, compacted=True) for group in (GROUP, OTHER, PAIR)),
)


class Home(Protocol):
    """Where the data of a log under test lives; each call of `log` is another process's log on the same data."""

    async def log(self, owner: str) -> EventLog: ...


async def drain(log: EventLog, topic: str, partition: int = 0, offset: int | None = None) -> list[Record]:
    """All records from an offset (the first one kept) to the end."""
    at = (await log.starts(topic))[partition] if offset is None else offset
    end = (await log.ends(topic))[partition]
    found: list[Record] = []
    for _ in range(1000):
        if at >= end:
            return found
        fetched = await log.read(topic, partition, at)
        assert fetched.next_offset >= at
        found += fetched.records
        at = fetched.next_offset
    raise AssertionError(f"{topic}-{partition}: no end in sight at {at} of {end}")


def plain(records: Sequence[Record]) -> list[tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]]:
    """Records without time and place."""
    return [(key, value, [(name, raw) for name, raw in headers]) for _, _, key, value, headers in records]


def values(records: Sequence[Record]) -> list[bytes | None]:
    return [record.value for record in records]


def new(*texts: bytes, key: bytes = b"k") -> list[NewRecord]:
    return [NewRecord(key, text) for text in texts]


@asynccontextmanager
async def opened(log: EventLog, group: GroupSpec = GROUP, partition: int = 0) -> AsyncIterator[TaskLog]:
    task = log.task(group, partition)
    await task.open()
    try:
        yield task
    finally:
        await task.close()


async def contents(log: EventLog) -> Mapping[tuple[str, int], list[bytes | None]]:
    return {(spec.name, p): values(await drain(log, spec.name, p)) for spec in TOPICS for p in range(spec.partitions)}


class Copy:
    """Takes a changelog in, as a dictionary; remembers how often it was cleared and what it was given."""

    def __init__(self, mark: Mark | None = None) -> None:
        self.mark, self.rows, self.cleared = mark, dict[bytes, bytes | None](), 0

    def clear(self) -> None:
        self.rows, self.cleared = {}, self.cleared + 1

    def take(self, rows: dict[bytes, bytes | None]) -> None:
        self.rows |= rows
