"""One task on Kafka: everything a batch leaves behind goes in one transaction, positions included."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from engine.errors import Fenced, LogError, Truncated
from engine.failpoints import reached
from engine.kafka import offsets, producers
from engine.kafka.batches import Rows, built, check_rows
from engine.kafka.catalog import Catalog
from engine.kafka.dropping import cause_of, drop_producer
from engine.kafka.failures import translated_in_transaction
from engine.kafka.offsets import Partition
from engine.kafka.refused import refused
from engine.kafka.restore import Barrier, restored, restored_into
from engine.kafka.session import Session
from engine.ports import GroupSpec, Intake, Mark, NewRecord, Opened, Writes
from engine.position import decode_position
from engine.state import BARRIER, POSITION

logger = logging.getLogger(__name__)


class KafkaTaskLog:
    """Implements `engine.ports.TaskLog`.

    The order of `open` is what makes it exact. The transactional producer starts first: that fences the former owner
    and ends its transaction. Then a barrier is committed to the changelog. Only then are offsets and changelog read,
    by requests made after the fencing, and the changelog at least up to the barrier.

    Args:
        catalog: topics and brokers.
        servers: the brokers' addresses.
        session: how patient we are.
        now_ms: create time of records, in milliseconds.
        group: the task group.
        partition: the task's partition number.
        group_id: the consumer group that holds the positions.
        opened: handles that hold a producer, for the log to close when it stops.
    """

    def __init__(
        self,
        catalog: Catalog,
        servers: list[str],
        session: Session,
        *,
        now_ms: Callable[[], int | None],
        group: GroupSpec,
        partition: int,
        group_id: str,
        opened: "set[KafkaTaskLog]",
    ) -> None:
        self._catalog, self._servers, self._session, self._now_ms = catalog, servers, session, now_ms
        self._opened = opened
        self._group, self._partition, self._group_id = group, partition, group_id
        self._name = f"{group_id}-{group.name}-{partition}"
        self._producer: AIOKafkaProducer | None = None
        self._committed = False
        self._positions: dict[str, int] = {}

    async def open(self, into: Intake | None = None, *, anywhere: bool = False) -> Opened:
        """Fence the former owner, then read positions and changelog.

        Raises:
            Unavailable: the brokers are out of reach.
            Fenced: somebody else has opened the task meanwhile.
            Truncated: a committed position lies outside what the log holds.
            WrongTopic: a topic is missing.
        """
        await self.close()
        group = self._group
        told = [topic for topic in (group.dead_letters, group.outcomes) if topic]
        await self._catalog.learn_again([*group.sources, group.changelog, *told])
        try:
            self._producer = await producers.transactional(self._servers, self._session, self._name)
            self._opened.add(self)
            reached("open.fenced")
            barrier = await self._write_barrier(self._producer)
            reached("open.barrier")
            changelog, mark = await self._read_changelog(barrier, into)
            positions = await self._read_positions(changelog, anywhere=anywhere)
            reached("open.restored")
        except BaseException as exc:
            await self._failed(exc, "opening")
            raise
        self._positions = positions
        return Opened(dict(positions), changelog, self._committed, mark)

    async def commit(self, writes: Writes) -> Mark | None:
        """Write all or nothing. After any error but a refusal beforehand the task has to be opened again.

        Raises:
            RecordTooLarge: a record is too large; nothing was written.
            WrongTopic: a topic is missing, or a record without a key is meant for a compacted one.
            Fenced: somebody else owns the task, or the outcome is unknown.
            Unavailable: the brokers are out of reach.
        """
        producer = self._producer
        if producer is None:
            raise Fenced(f"{self._name} is not open")
        rows: dict[tuple[str, int], Sequence[NewRecord]] = {key: rows for key, rows in writes.outputs.items() if rows}
        if writes.changelog:
            rows[self._group.changelog, self._partition] = writes.changelog
        await self._catalog.learn({topic for topic, _ in rows})
        check_rows(rows, self._catalog.specs)
        self._check_positions(writes)
        try:
            async with asyncio.timeout(self._session.transaction):
                last = await self._transact(producer, rows, writes.after)
        except BaseException as exc:
            await self._failed(exc, "committing", rows)
            raise
        self._positions.update(writes.after)
        return None if last is None else Mark(*last, writes.changelog[-1].value or b"")

    async def ends(self) -> dict[str, int]:
        """End of every source, by a request made after this call began.

        Records of transactions still open count, and records that only their leader has yet: they have their time
        already, so as long as they are undecided the task is not at the end, and no deadline may pass for lack of them.
        """
        found = await offsets.appended_ends(self._catalog.cluster, self._sources())
        return {topic: found[self._at(topic)] for topic in self._group.sources}

    async def close(self) -> None:
        """Let go at once. What is open is aborted by the next owner's start, or by the broker when its time is up."""
        producer, self._producer = self._producer, None
        self._opened.discard(self)
        if producer is not None:
            await drop_producer(producer)

    async def _transact(self, producer: AIOKafkaProducer, rows: Rows, after: dict[str, int]) -> tuple[int, int] | None:
        """Offset and time (microseconds) of the last record of the changelog."""
        await producer.begin_transaction()
        reached("commit.begun")
        now_ms, specs = self._now_ms(), self._catalog.specs
        sent, last, changelog = [], None, (self._group.changelog, self._partition)
        for (topic, partition), records in rows.items():
            for batch in built(records, now_ms, specs.get(topic), transactional=True):
                sent.append(await producer.send_batch(batch, self._catalog.physical(topic), partition=partition))
                if (topic, partition) == changelog:
                    last = sent[-1], batch.record_count()
        if after:
            # With our name, so that what is put back by a late repetition of ours is known from what others have set.
            moved = {
                TopicPartition(*self._at(topic)): OffsetAndMetadata(offset, self._name)
                for topic, offset in after.items()
            }
            sent.append(producer.send_offsets_to_transaction(moved, self._group_id))
        reached("commit.sent")
        await asyncio.gather(*sent)  # aiokafka would commit without a batch that the broker refused
        reached("commit.written")
        await producer.commit_transaction()
        reached("commit.done")
        if last is None:
            return None
        written, count = last[0].result(), last[1]
        return written.offset + count - 1, written.timestamp * 1000

    async def _write_barrier(self, producer: AIOKafkaProducer) -> Barrier:
        """Commit a record of our own to the changelog."""
        changelog = self._group.changelog
        row = NewRecord(BARRIER, self._name.encode())
        async with asyncio.timeout(self._session.transaction):
            await producer.begin_transaction()
            (batch,) = built([row], self._now_ms(), self._catalog.specs.get(changelog), transactional=True)
            sent = await producer.send_batch(batch, self._catalog.physical(changelog), partition=self._partition)
            written = await sent
            await producer.commit_transaction()
        return Barrier(written.offset, written.timestamp * 1000)

    async def _read_changelog(self, barrier: Barrier, into: Intake | None) -> tuple[dict[bytes, bytes], Mark | None]:
        at = self._at(self._group.changelog)
        cluster, patience = self._catalog.cluster, self._session.patience
        if into is not None:
            taking = await restored_into(into, cluster, at, barrier, patience)
            return taking.own, taking.mark
        found = await restored(cluster, at, barrier, patience)
        found.pop(BARRIER, None)
        for removed in [key for key, value in found.items() if value is None]:
            del found[removed]
        return cast("dict[bytes, bytes]", found), None

    async def _read_positions(self, changelog: dict[bytes, bytes], *, anywhere: bool) -> dict[str, int]:
        """Where every source stands: as committed; else as the changelog knows it; else at the start of the log.

        Brokers forget the offsets of a group that nobody has been in for a while (a week, unless set otherwise). The
        position record was written in the same transactions, so it says the same and does not expire.
        """
        cluster, sources = self._catalog.cluster, self._sources()
        remembered = _remembered(changelog.get(POSITION))
        known = {self._at(topic): remembered[topic] for topic in self._group.sources if topic in remembered}
        patience = self._session.patience
        committed = await offsets.committed_since(
            cluster, self._group_id, sources, known, note=self._name, patience=patience
        )
        self._committed = bool(committed)
        starts = await offsets.starts(cluster, sources)
        positions = {}
        for topic in self._group.sources:
            at = self._at(topic)
            positions[at] = committed.get(at, remembered.get(topic, starts[at]))
            if at not in committed and topic in remembered:
                level = fallback_level(remembered[topic], starts[at])
                logger.log(level, "%s: no committed offset for %s, going on at %d", self._name, topic, positions[at])
        if anywhere:
            return {topic: positions[self._at(topic)] for topic in self._group.sources}
        ends = await offsets.written_ends_beyond(cluster, positions, patience)
        for (topic, _), position in positions.items():
            start, end = starts[topic, self._partition], ends[topic, self._partition]
            if not start <= position <= end:
                raise Truncated(
                    f"{self._name}: the position in {topic} is {position}, the log holds {start} to {end}; records "
                    "were removed before they were read, or the topic is not the one it was"
                )
        return {topic: positions[self._at(topic)] for topic in self._group.sources}

    def _check_positions(self, writes: Writes) -> None:
        for topic, before in writes.before.items():
            if self._positions.get(topic) != before:
                raise Fenced(f"{self._name}: the position in {topic} is {self._positions.get(topic)}, not {before}")

    async def _failed(self, exc: BaseException, doing: str, rows: Rows | None = None) -> None:
        """Drop the producer, whose transaction must never be committed now, and say in our words what happened."""
        producer = self._producer
        if producer is not None and isinstance(exc, Exception):
            exc = cause_of(producer, exc)
        if isinstance(exc, TimeoutError):
            self._catalog.cluster.doubt()  # or opening again would wait for the same silence once more
        await self.close()
        if isinstance(exc, LogError) or not isinstance(exc, Exception):
            return  # the caller raises it as it is
        if rows is not None:
            await refused(self._catalog, rows, exc)
        raise translated_in_transaction(exc, f"{doing} {self._name}") from exc

    def _at(self, topic: str) -> Partition:
        return self._catalog.physical(topic), self._partition

    def _sources(self) -> list[Partition]:
        return [self._at(topic) for topic in self._group.sources]


def fallback_level(remembered: int, start: int) -> int:
    """How loudly to say that a source has no committed offset though the changelog remembers one.

    A task that has only let time pass remembers the start of the log and has committed nothing: so it is in every new
    deployment. Whatever is remembered beyond was committed with it, so the brokers have forgotten the group's offsets.
    """
    return logging.WARNING if remembered > start else logging.INFO


def _remembered(raw: bytes | None) -> Mapping[str, int]:
    """The offsets in a position record. One that is not ours to read is left to the task, which looks at it as well."""
    try:
        return {} if raw is None else decode_position(raw).offsets
    except msgspec.MsgspecError:
        return {}
