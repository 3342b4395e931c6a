"""A task: the owner of one partition number of a group. It opens, decides batches one transaction each, closes.

No loop, no retry and no clock here: `engine.runner` drives a task live, `engine.drain` drives it in virtual time.
"""

from collections.abc import Mapping
from typing import Generic

import msgspec

from engine.batch import Batch
from engine.deadlines import Deadlines
from engine.errors import SkippedBatch, TornState
from engine.ports import GroupSpec, NewRecord, Opened, Processor, S, TaskLog, Writes
from engine.recordtime import TOLERANCE, BadTime, record_time
from engine.state import POSITION, MemoryStore, unpack
from engine.transaction import Transaction

FAR = 2**62
"""Later than every instant."""
HOT_STATES = 50_000
"""Decoded states kept between batches; the oldest half goes when there are more."""


class Position(msgspec.Struct, frozen=True):
    """The position record: where a task stands, in the same transaction as all it has done.

    Attributes:
        offsets: next offset of every source by logical name.
        time: partition time in microseconds.
    """

    offsets: dict[str, int]
    time: int


def _reach(batch: Batch) -> int:
    """An instant that no record time of the batch lies after; a record may say that it is a little ahead."""
    latest = max((record.timestamp for record in batch.records), default=0)
    return latest + TOLERANCE if any(record.headers for record in batch.records) else latest


_encode_position = msgspec.json.Encoder(order="sorted").encode
decode_position = msgspec.json.Decoder(Position).decode


class Task(Generic[S]):
    """One task.

    Attributes:
        positions: next offset of every source, as committed.
        time: partition time as committed.
    """

    def __init__(
        self, *, group: GroupSpec, partition: int, partitions: int, log: TaskLog, processor: Processor[S]
    ) -> None:
        self.group, self.partition, self.partitions = group, partition, partitions
        self.log, self.processor = log, processor
        self.positions: dict[str, int] = {}
        self.time = 0
        self.deadlines = Deadlines()
        self.store = MemoryStore()
        self._hot: dict[bytes, S] = {}

    async def open(self) -> None:
        """Fence the former owner and take over its state.

        Raises:
            TornState: the changelog's position record and the committed positions differ.
        """
        found = await self.log.open()
        position = self._checked_position(found)
        self.positions, self.time = dict(found.positions), position.time if position else 0
        self.store, self._hot = MemoryStore(), {}
        due: dict[bytes, int] = {}
        for key, value in found.changelog.items():
            if key[:1] == b"\0":
                continue
            wake, raw = unpack(value)
            self.store.apply(key, raw)
            if wake is not None:
                due[key] = wake
        self.deadlines = Deadlines(due)

    def _checked_position(self, found: Opened) -> Position | None:
        raw = found.changelog.get(POSITION)
        if raw is None:
            if len(found.changelog) > 0 and any(key[:1] != b"\0" for key in found.changelog):
                raise TornState(f"{self.group.name}-{self.partition}: state without a position record")
            return None
        position = decode_position(raw)
        if any(position.offsets.get(topic, at) != at for topic, at in found.positions.items()):
            raise TornState(
                f"{self.group.name}-{self.partition}: changelog is at {position.offsets}, committed {found.positions}"
            )
        return position

    async def process(self, batch: Batch) -> None:
        """Decide a batch and commit it. An exception leaves state, deadlines and position as they were."""
        if batch.first_offset != self.positions[batch.topic]:
            raise SkippedBatch(
                f"{batch.topic}-{batch.partition}: batch starts at {batch.first_offset}, "
                f"position is {self.positions[batch.topic]}"
            )
        await self.processor.prepare(_reach(batch))
        txn = self._begin({batch.topic: batch.next_offset})
        try:
            self._decide(txn, batch)
            self.processor.finish(txn)
            await self._commit(txn)
        except BaseException:
            self._abort()
            raise

    async def advance(self, to: int) -> None:
        """Let partition time pass to an instant when nothing is left to read: fire what is due before it."""
        to = max(to, self.time)
        await self.processor.prepare(to)
        txn = self._begin({})
        try:
            self._fire(txn, to)
            txn.time = to
            self.processor.finish(txn)
            await self._commit(txn)
        except BaseException:
            self._abort()
            raise

    def next_due(self) -> int:
        """The earliest instant at which something has to happen by itself."""
        milestone = self.processor.milestone(self.time)
        due = self.deadlines.peek()
        return min(FAR if due is None else due, FAR if milestone is None else milestone)

    async def close(self) -> None:
        """Let go of the partition."""
        await self.log.close()

    def _begin(self, moved: Mapping[str, int]) -> Transaction[S]:
        return Transaction(
            group=self.group,
            partition=self.partition,
            partitions=self.partitions,
            time=self.time,
            positions={**self.positions, **moved},
            processor=self.processor,
            store=self.store,
            deadlines=self.deadlines,
            hot=self._hot,
        )

    def _decide(self, txn: Transaction[S], batch: Batch) -> None:
        decide, peek, milestone = self.processor.decide, self.deadlines.peek, self.processor.milestone
        next_milestone = milestone(txn.time)
        for record in batch.records:
            try:
                at = record_time(record)
            except BadTime as exc:
                txn.dead_letter(record, batch.topic, "bad_time", str(exc), "ls-time")
                continue
            if at > txn.time:
                due = peek()
                if (due is not None and due < at) or (next_milestone is not None and next_milestone < at):
                    self._fire(txn, at)
                    next_milestone = milestone(at)
                txn.time = at
            decide(txn, record, at)

    def _fire(self, txn: Transaction[S], to: int) -> None:
        """Fire every deadline and milestone before `to`, in order of time; a milestone first where both fall."""
        processor, deadlines = self.processor, self.deadlines
        milestone = processor.milestone(txn.time)
        while True:
            due = deadlines.peek()
            if milestone is not None and milestone < to and (due is None or milestone <= due):
                processor.sweep(txn, milestone)
                milestone = processor.milestone(milestone + 1)
            elif due is not None and due < to:
                due, key = deadlines.pop()
                processor.wake(txn, key, due)
            else:
                return

    async def _commit(self, txn: Transaction[S]) -> None:
        after = dict(txn.positions)
        moved = [topic for topic, at in after.items() if at != self.positions[topic]]
        changes = txn.changes()
        position = _encode_position(Position(offsets=after, time=txn.time))
        writes = Writes(
            outputs=txn.outputs,
            changelog=[*(NewRecord(key, value) for key, value in changes), NewRecord(POSITION, position)],
            before={topic: self.positions[topic] for topic in moved},
            after={topic: after[topic] for topic in moved},
        )
        await self.log.commit(writes)
        for key, value in changes:
            self.store.apply(key, None if value is None else unpack(value)[1])
        txn.release()
        self.deadlines.commit()
        self.positions, self.time = after, txn.time
        if len(self._hot) > HOT_STATES:
            for key in list(self._hot)[: HOT_STATES // 2]:
                del self._hot[key]

    def _abort(self) -> None:
        self.deadlines.abort()
