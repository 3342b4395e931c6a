"""Views of another edition are folded anew beside the old rows, and the new rows take their place.

A task that opens with the state of an older edition folds its log from the start up to where the state stands, with the
very program that folds live, into a handle that writes nothing. Meanwhile rows and state are as they were; only the
topic of progress says how far it is. Then what differs is written, in transactions of bounded size, between a position
record of no edition and one of the new edition: whoever is killed in between leaves a state that no program takes for
its own, and that is rebuilt at the next opening, by the old program or the new one.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from engine.batch import Batch
from engine.errors import TornState, UnknownState
from engine.failpoints import reached
from engine.ports import EventLog, GroupSpec, NewRecord, Opened, Processor, TaskLog, Writes
from engine.position import Position, decode_position, encode_position
from engine.reading import latest_values
from engine.state import POSITION, pack
from engine.task import Task
from projections.keeping import Kept
from projections.progress import Heard, Progress, decode_progress, encode_progress, progress_key
from projections.projection import Projection
from projections.views.times import us_of_text

logger = logging.getLogger("leadstream.projections")

UNFINISHED = -2
"""Format of a state while it is written anew: no program has it."""
CHUNK_BYTES = 500_000
"""A transaction of a rebuild is about so large at most."""
READ, TOLD = 500, 10_000
"""Facts folded between two turns of the event loop, at most; and between two words of how far it is."""


class Silent:
    """A writer that is not heard: what is folded says nothing of time."""

    async def heard(self, partition: int) -> Heard | None:
        """Nothing."""
        del partition
        return None


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """What rebuilds the views of one partition; called as `engine.ports.Rebuild`.

    Attributes:
        log: where facts and rows are.
        projection: whose views.
        group: its task group.
        partition: which partition.
        partitions: how many there are.
        processor: the program that folds, with a `Silent` writer; used up by the fold.
        clock: key and state bytes that say up to when the partition is complete, given microseconds.
    """

    log: EventLog
    projection: Projection
    group: GroupSpec
    partition: int
    partitions: int
    processor: Processor[Any]
    clock: Callable[[int], tuple[bytes, bytes]]

    async def __call__(self, handle: TaskLog, found: Opened) -> None:
        """Write state and rows of our edition.

        Raises:
            UnknownState: those there are of a later edition.
            TornState: the state stands elsewhere than the position.
            Undecodable: the log holds something that is no fact.
        """
        position, at = self._checked(found)
        reached("rebuild.begun")
        raw = await self.log.latest(self.projection.progress, self.partition, progress_key(self.partition))
        told = Progress(self.partition, "") if raw is None else decode_progress(raw)
        kept, task = await self._folded(handle, told, at)
        reached("rebuild.folded")
        edition, time = self.projection.edition, us_of_text(told.complete_to or None) or 0
        marked, done = (
            NewRecord(POSITION, encode_position(msgspec.structs.replace(position, format=number)))
            for number in (UNFINISHED, edition)
        )
        said = Progress(self.partition, told.complete_to, edition, building=edition)
        await handle.commit(Writes(outputs=self._progress(said), changelog=[marked]))
        reached("rebuild.marked")
        await self._write(handle, found, kept, self._states(task, time))
        reached("rebuild.written")
        said = Progress(self.partition, told.complete_to, edition)
        await handle.commit(Writes(outputs=self._progress(said), changelog=[done]))
        reached("rebuild.done")
        logger.info("%s-%d: rebuilt as edition %d", self.group.name, self.partition, self.projection.edition)

    def _checked(self, found: Opened) -> tuple[Position, int]:
        position, source = decode_position(found.changelog[POSITION]), self.projection.log
        name, at = f"{self.group.name}-{self.partition}", found.positions[source]
        if position.format > self.projection.edition:
            raise UnknownState(
                f"{name}: the views in {self.group.changelog} are of edition {position.format}, made by a newer "
                f"program; this one has {self.projection.edition}: run the newer one, or fold them anew for this one"
            )
        if position.offsets.get(source, at) != at:
            raise TornState(f"{name}: changelog is at {position.offsets}, committed {found.positions}")
        return position, at

    async def _folded(self, handle: TaskLog, told: Progress, end: int) -> tuple[Kept, Task[Any]]:
        """Fold the facts up to an offset."""
        source, edition = self.projection.log, self.projection.edition
        offset = start = (await self.log.starts(source))[self.partition]
        kept = Kept({source: start}, [view.topic for view in self.projection.views])
        task: Task[Any] = Task(
            group=self.group, partition=self.partition, partitions=self.partitions, log=kept, processor=self.processor
        )
        await task.open()
        said = offset
        await self._say(handle, told, 0, end - start)
        while offset < end:
            records, after = await self.log.read(source, self.partition, offset, READ)
            after = min(after, end)
            if after <= offset:
                break
            batch = Batch(source, self.partition, offset, [one for one in records if one.offset < end], after)
            await task.process(batch)
            await asyncio.sleep(0)
            offset = after
            if offset - said >= TOLD:
                said = offset
                await self._say(handle, told, offset - start, end - start)
                logger.info(
                    "%s-%d: building edition %d: %d of %d facts read",
                    self.group.name, self.partition, edition, offset - start, end - start,
                )  # fmt: skip
        return kept, task

    async def _say(self, handle: TaskLog, told: Progress, read: int, facts: int) -> None:
        """Tell how far it is. Who was fenced meanwhile hears of it here."""
        said = msgspec.structs.replace(told, building=self.projection.edition, read=read, facts=facts)
        await handle.commit(Writes(outputs=self._progress(said)))

    def _progress(self, said: Progress) -> dict[tuple[str, int], Sequence[NewRecord]]:
        record = NewRecord(progress_key(self.partition), encode_progress(said))
        return {(self.projection.progress, self.partition): [record]}

    def _states(self, task: Task[Any], time: int) -> dict[bytes, bytes]:
        """The changelog of the folded states."""
        keys = list(task.store.keys())
        states = {key: pack(None, raw) for key in keys if (raw := task.store.get(key)) is not None}
        key, clock = self.clock(time)
        return states | {key: pack(None, clock)}

    async def _write(self, handle: TaskLog, found: Opened, kept: Kept, states: dict[bytes, bytes]) -> None:
        """Write what differs, rows before states."""
        for topic, rows in kept.rows.items():
            there = await latest_values(self.log, topic, self.partition)
            for chunk in _chunks(_differing(there, rows)):
                await handle.commit(Writes(outputs={(topic, self.partition): chunk}))
                reached("rebuild.writing")
                await asyncio.sleep(0)
        old = {key: value for key, value in found.changelog.items() if key[:1] != b"\0"}
        for chunk in _chunks(_differing(old, states)):
            await handle.commit(Writes(changelog=chunk))
            await asyncio.sleep(0)


def _differing(there: dict[bytes, bytes], wanted: dict[bytes, bytes]) -> Iterator[NewRecord]:
    """What makes what is there into what is wanted; keys in order, so that it is written alike every time."""
    for key in sorted(there.keys() | wanted.keys()):
        value = wanted.get(key)
        if there.get(key) != value:
            yield NewRecord(key, value)


def _chunks(records: Iterator[NewRecord]) -> Iterator[list[NewRecord]]:
    chunk, size = list[NewRecord](), 0
    for record in records:
        chunk.append(record)
        size += len(record.key or b"") + len(record.value or b"")
        if size > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
