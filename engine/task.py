"""A task: the owner of one partition number of a group. It opens, decides batches one transaction each, closes.

No loop, no retry and no clock here: `engine.runner` drives a task live, `engine.drain` drives it in virtual time.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from operator import itemgetter
from time import perf_counter
from typing import Generic, NamedTuple

from engine.batch import Batch
from engine.columns import Columns
from engine.decided import Ranges, beyond, within
from engine.decoded_states import DECODED_BYTES, DecodedStates
from engine.errors import SkippedBatch, TornState, UnknownState
from engine.failpoints import reached
from engine.letters import RETRIED_HEADER
from engine.ports import GroupSpec, Mark, Opened, Processor, Rebuild, Record, S, TaskLog, Writes
from engine.position import Position, decode_position, encode_position
from engine.recordtime import TOLERANCE, BadTime, record_time
from engine.state import POSITION, MemoryStore, StateStore
from engine.sweep import Sweep
from engine.transaction import Transaction

FAR = 2**62
"""Later than every instant."""
SLICE = 0.1
"""Seconds of deciding after which heartbeats and other tasks get their turn, in the middle of a transaction."""
LONGEST = 1.0
"""Seconds of deciding after which a transaction is committed: what a failure takes back, and what readers wait for."""
_LOOK = 15


_timestamp, _headers = itemgetter(Record._fields.index("timestamp")), itemgetter(Record._fields.index("headers"))


def _reach(records: list[Record]) -> int:
    """An instant that no record time lies after; a record may say that it is a little ahead of its arrival."""
    latest = max(map(_timestamp, records), default=0)
    return latest + TOLERANCE if any(map(_headers, records)) else latest


class Draft(NamedTuple, Generic[S]):
    """What a transaction is to leave behind.

    Attributes:
        txn: the transaction.
        writes: for the log.
        changes: changed keys with their new changelog values; None removes.
        ahead: ranges of decided offsets beyond its positions, by source.
    """

    txn: Transaction[S]
    writes: Writes
    changes: list[tuple[bytes, bytes | None]]
    ahead: dict[str, Ranges]


class _Left:
    """Records of a batch, and how many of them are decided."""

    __slots__ = ("done", "records")

    def __init__(self, records: list[Record]) -> None:
        self.records, self.done = records, 0


async def _in_slices(work: Callable[[float], bool]) -> bool:
    """Work as long as one transaction may take; whether all is done.

    Between two slices everybody else gets their turn. Until it is committed a transaction is in memory alone, and only
    its task knows of it.

    Args:
        work: goes on until `perf_counter()` reaches what it is given; whether all is done.
    """
    spent = 0.0
    while True:
        begun = perf_counter()
        if work(begun + SLICE):
            return True
        spent += perf_counter() - begun
        if spent > LONGEST:
            return False
        await asyncio.sleep(0)


class Task(Generic[S]):
    """One task.

    Attributes:
        positions: next offset of every source, as committed.
        ahead: ranges of offsets beyond that, by source, that are decided already, as committed.
        time: partition time as committed.
        failed_at: offset of the record that the program failed on, in the work done last; None when there is none.

    Args:
        group: sources, changelog, dead letters.
        partition: its partition number.
        partitions: partition count of the sources.
        log: its handle on the log.
        processor: the program.
        store: where states are kept; in memory, when None is given.
        decoded_bytes: bytes of states, as they are stored, that are kept decoded between batches.
        rebuild: makes states of another format anew; without it they are refused.
    """

    def __init__(
        self,
        *,
        group: GroupSpec,
        partition: int,
        partitions: int,
        log: TaskLog,
        processor: Processor[S],
        store: StateStore | None = None,
        decoded_bytes: int = DECODED_BYTES,
        rebuild: Rebuild | None = None,
    ) -> None:
        self.group, self.partition, self.partitions = group, partition, partitions
        self.log, self.processor = log, processor
        self.positions: dict[str, int] = {}
        self.ahead: dict[str, Ranges] = {}
        self.time = 0
        self.store: StateStore = MemoryStore() if store is None else store
        self.deadlines = self.store.deadlines
        self._most_decoded, self._rebuild = decoded_bytes, rebuild
        self._decoded = DecodedStates[S](decoded_bytes)
        self._sweep: Sweep | None = None
        self.failed_at: int | None = None

    async def open(self) -> None:
        """Fence the former owner and take over its state; one of another format is made anew where that is possible.

        Raises:
            TornState: the changelog's position record and the committed positions differ.
            UnknownState: the state was written in another format.
        """
        reached("open.begin")
        found = await self._restored()
        if self._rebuild is not None and self._is_other(found):
            await self._rebuild(self.log, found)
            found = await self._restored()
        position = self._checked_position(found)
        self.positions, self.time = dict(found.positions), position.time if position else 0
        self.ahead = position.ahead if position else {}
        self.deadlines, self._sweep = self.store.deadlines, None
        self._decoded = DecodedStates(self._most_decoded)
        reached("open.taken")

    async def _restored(self) -> Opened:
        """Become the owner, and bring the store up to the changelog; beside the loop where that may take long."""
        if isinstance(self.store, MemoryStore):
            found = await self.log.open()
            self.store.take_all(found.changelog)
            self.store.restored(None)
        else:
            await asyncio.to_thread(self.store.open)
            found = await self.log.open(self.store)
            await asyncio.to_thread(self.store.restored, found.mark)
        return found

    def _is_other(self, found: Opened) -> bool:
        raw = found.changelog.get(POSITION)
        return raw is not None and not self.group.reads(decode_position(raw).format)

    def _checked_position(self, found: Opened) -> Position | None:
        raw = found.changelog.get(POSITION)
        if raw is None:
            if found.committed:
                raise TornState(f"{self.group.name}-{self.partition}: positions {found.positions}, but no state at all")
            if len(self.store) > 0:
                raise TornState(f"{self.group.name}-{self.partition}: state without a position record")
            return None
        position = decode_position(raw)
        if not self.group.reads(position.format):
            raise UnknownState(
                f"{self.group.name}-{self.partition}: the state in {self.group.changelog} is of format "
                f"{position.format}, this program knows {self.group.state_format}; run the program that wrote it"
            )
        if any(position.offsets.get(topic, at) != at for topic, at in found.positions.items()):
            raise TornState(
                f"{self.group.name}-{self.partition}: changelog is at {position.offsets}, committed {found.positions}"
            )
        return position

    async def process(self, batch: Batch) -> None:
        """Decide a batch and commit it, in one transaction, or in several when it takes long.

        After an exception state, deadlines and position are as the last commit left them; the same batch may be given
        again and goes on from there.

        Raises:
            SkippedBatch: the batch does not go on from where the task stands.
        """
        position = self.positions[batch.topic]
        if not batch.first_offset <= position <= batch.next_offset:
            raise SkippedBatch(
                f"{batch.topic}-{batch.partition}: batch from {batch.first_offset} to {batch.next_offset}, "
                f"position is {position}"
            )
        reached("batch.begin")
        records = list(batch.records)
        if position != batch.first_offset:
            records = [record for record in records if record.offset >= position]
        if ranges := self.ahead.get(batch.topic):
            records = [record for record in records if not within(record.offset, ranges)]
        left = _Left(records)
        while True:
            await self.processor.prepare(_reach(records))
            with self._transaction() as txn:
                whole = await _in_slices(partial(self._decide, txn, batch.topic, left))
                txn.positions[batch.topic] = batch.next_offset if whole else records[left.done].offset
                self.processor.finish(txn)
                reached("batch.decided")
                await self.commit(txn)
            if whole:
                return
            await asyncio.sleep(0)

    async def advance(self, to: int) -> None:
        """Let partition time pass to an instant when nothing is left to read: fire what is due before it."""
        to = max(to, self.time)
        whole = False
        while not whole:
            await self.processor.prepare(to)
            with self._transaction() as txn:
                whole = await _in_slices(partial(self._fire, txn, to))
                if whole:
                    txn.time = to
                self.processor.finish(txn)
                await self.commit(txn)
            await asyncio.sleep(0)

    def next_due(self) -> int:
        """The earliest instant at which something has to happen by itself."""
        milestone = self.processor.milestone(self.time)
        due = self.deadlines.peek()
        return min(FAR if due is None else due, FAR if milestone is None else milestone)

    async def close(self) -> None:
        """Let go of the partition."""
        reached("close.begin")
        try:
            self.store.close()  # before anybody else may own the partition: one process at a time has the files
        finally:
            await self.log.close()
        reached("close.done")

    def begin(self) -> Transaction[S]:
        """A new transaction over the committed state; one at a time, to be committed or aborted."""
        self.failed_at = None
        return Transaction(
            group=self.group,
            partition=self.partition,
            partitions=self.partitions,
            time=self.time,
            positions=dict(self.positions),
            processor=self.processor,
            store=self.store,
            deadlines=self.deadlines,
            hot=self._decoded.states,
            ahead=self.ahead,
        )

    def abort(self) -> None:
        """Take back what the transaction did to the deadlines; its states are thrown away with it."""
        self.deadlines.abort()
        if self._sweep is not None:
            self._sweep.abort()

    def sweeping(self, milestone: int) -> Sweep | None:
        """The way of a milestone through all keys, where it is under way."""
        return self._sweep if self._sweep is not None and self._sweep.at == milestone else None

    def sweep(self, txn: Transaction[S], milestone: int) -> Sweep:
        """The way of a milestone through all keys, begun or gone on with."""
        if self._sweep is None or self._sweep.at != milestone:
            self._sweep = Sweep(milestone, list(txn.every_key()))
        return self._sweep

    @contextmanager
    def _transaction(self) -> Iterator[Transaction[S]]:
        """A transaction; leaving it by an exception aborts it."""
        txn = self.begin()
        try:
            yield txn
        except BaseException:
            self.abort()
            raise

    def _decide(self, txn: Transaction[S], topic: str, left: "_Left", until: float) -> bool:
        """Decide the records that are left; False when the slice was over before."""
        decide, peek, milestone = self.processor.decide, self.deadlines.peek, self.processor.milestone
        next_milestone = milestone(txn.time)
        records, done = left.records, left.done
        index = done
        try:
            for index in range(done, len(records)):
                if not index & _LOOK and index > done and perf_counter() > until:
                    return False
                record = records[index]
                at = record.timestamp
                if record.headers:
                    try:
                        at = record_time(record)
                    except BadTime as exc:
                        txn.dead_letter(record, topic, "bad_time", str(exc), "ls-time")
                        continue
                if at > txn.time:
                    due = peek()
                    if (due is not None and due < at) or (next_milestone is not None and next_milestone < at):
                        if not self._fire(txn, at, until):
                            return False
                        next_milestone = milestone(at)
                    txn.time = at
                decide(txn, record, at)
                if record.headers and record.headers[-1][0] == RETRIED_HEADER:
                    txn.tried_again(record, topic)
            index = len(records)
        except Exception:
            self.failed_at = records[index].offset
            raise
        finally:
            left.done = index
        return True

    def _fire(self, txn: Transaction[S], to: int, until: float) -> bool:
        """Fire every deadline and milestone before `to`, in order of time; a milestone first where both fall.

        Returns:
            False when the slice was over before all had fired; partition time is then that of the last one.
        """
        processor, deadlines = self.processor, self.deadlines
        milestone, fired = processor.milestone(txn.time), False
        while True:
            due = deadlines.peek()
            if milestone is not None and milestone < to and (due is None or milestone <= due):
                if not self._swept(txn, milestone, until):
                    return False
                txn.time = max(txn.time, milestone + 1)  # so that it is behind us if the slice ends here
                milestone = processor.milestone(milestone + 1)
            elif due is not None and due < to:
                if fired and perf_counter() > until:
                    return False
                fired = True
                due, key = deadlines.pop()
                processor.wake(txn, key, due)
                txn.time = max(txn.time, due)
            else:
                return True

    def _swept(self, txn: Transaction[S], milestone: int, until: float) -> bool:
        """Take the keys through a milestone; False when the slice was over before."""
        return self.sweep(txn, milestone).run(self.processor, txn, until)

    async def commit(self, txn: Transaction[S]) -> None:
        """Write all a transaction did, its position and what it has sent, or nothing of it."""
        draft = self.draft(txn)
        self.settle(draft, await self.log.commit(draft.writes))

    def draft(self, txn: Transaction[S]) -> Draft[S]:
        """What a transaction is to leave behind, its position included."""
        after = dict(txn.positions)
        ahead = {topic: left for topic, ranges in txn.ahead.items() if (left := beyond(ranges, after[topic]))}
        moved = [topic for topic, at in after.items() if at != self.positions[topic]]
        changes = txn.changes()
        due = self.deadlines.peek()
        overdue = due if due is not None and due < txn.time else None
        position = encode_position(Position(after, txn.time, self.group.state_format, ahead, overdue))
        changelog = Columns.of_pairs(changes)
        changelog.add(POSITION, position)
        writes = Writes(
            outputs=txn.outputs,
            changelog=changelog,
            before={topic: self.positions[topic] for topic in moved},
            after={topic: after[topic] for topic in moved},
        )
        return Draft(txn, writes, changes, ahead)

    def settle(self, draft: Draft[S], mark: Mark | None) -> None:
        """A transaction is committed, its changelog up to a record: from here on it counts."""
        txn, _, changes, ahead = draft
        self.store.commit(changes, mark)
        self._decoded.settle(txn.release(), changes)
        self.deadlines.commit()
        if self._sweep is not None and self._sweep.commit():
            self._sweep = None
        self.positions, self.ahead, self.time = dict(txn.positions), ahead, txn.time
