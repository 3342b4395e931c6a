"""Runs task groups that speak to one another to the end of their inboxes, in one virtual time for all of them.

Of all that is there the least is next: records in order of (time, topic, key, place), and after the records of an
instant what is due by then. What is said to another task is decided before anything later, so the outcome follows from
what came from outside and is the same whatever the partition count.

Every task keeps one transaction open. Where the log can, all tasks commit together, when that has grown large and at
the end, and hear one another before (`engine.joint`).

On other logs a task's transaction is committed when another task has to see what was decided in it, when it has grown
large, and at the end. A task that has said nothing to others may lose what it has decided since: it decides the same
again, for what it was told meanwhile is later than all of it (`_share`). Only the list of keys that a milestone has to
pass through is made anew, and then holds keys that have come up at that very instant; these must have nothing to say
to it.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from heapq import heapify, heappop, heappush, heapreplace

from engine.drain import Progress, make_task
from engine.errors import LogError, Moved, PoisonBatch, SkippedBatch
from engine.held import Due, Held
from engine.host import Program
from engine.joint import Jointly
from engine.ports import EventLog, JointLog
from engine.strands import Coming, Source, Strand

_Next = tuple[Coming, int, "Feed"]


class Feed:
    """Records in order: a strand, or what was told meanwhile."""

    __slots__ = ("_part", "_strand", "decided", "held")

    def __init__(self, held: Held, source: Source, strand: Strand | None, part: list[Coming]) -> None:
        self.held, self.decided, self._strand, self._part = held, source.decided, strand, iter(part)

    def next(self) -> Coming | None:
        """The next one of the part at hand."""
        return next(self._part, None)

    async def more(self) -> Coming | None:
        """The first one of the next part; None at the end."""
        self._part = iter([] if self._strand is None else await self._strand.more())
        return self.next()


async def drain_together(
    log: EventLog,
    programs: Sequence[Program],
    *,
    until: int | None = None,
    progress: Progress | None = None,
    limit: int = 5000,
    apart: bool = False,
) -> int:
    """Decide everything there is in the sources of several groups, then let time pass.

    Args:
        log: the log.
        programs: the groups and their programs.
        until: let time pass up to this instant (microseconds), if it is later than all records.
        progress: told after each transaction.
        limit: records of a transaction, for each partition.
        apart: let each task commit by itself also where they could together; outcome and order are the same.

    Raises:
        PoisonBatch: a program failed on a record, which is named; no position has moved past it.

    Returns:
        The instant up to which time has passed in every partition, in microseconds.
    """
    if not apart and isinstance(log, JointLog):
        together = _Together(log, programs, until, progress, limit)
        together.commit_jointly_on(log)
        # Where somebody else writes to the inboxes, what was told stands elsewhere than it was said to.
        with suppress(Moved):
            return await _decided(together)
    return await _decided(_Together(log, programs, until, progress, limit))


async def _decided(together: "_Together") -> int:
    try:
        async with together.log.in_bulk():
            return await together.run()
    finally:
        await together.close()


class _Together:
    """One such run."""

    def __init__(
        self,
        log: EventLog,
        programs: Sequence[Program],
        until: int | None,
        progress: Progress | None,
        limit: int,
    ) -> None:
        self.log, self._programs, self._limit = log, programs, limit
        self._jointly: Jointly | None = None
        self._end, self._progress = until or 0, progress
        self._held: list[Held] = []
        self._sources: dict[tuple[str, int], tuple[Held, Source]] = {}
        self._coming: list[_Next] = []
        self._due: list[Due] = []
        self._feeds = 0
        self._doing: Coming | Held | None = None

    def commit_jointly_on(self, log: JointLog) -> None:
        """Let all tasks commit as one."""
        self._jointly = Jointly(log, self._limit * max((program.partitions for program in self._programs), default=1))

    async def run(self) -> int:
        """Open, decide, fire, until nothing is left."""
        await self._open()
        try:
            await self._run()
        except (LogError, SkippedBatch):
            raise
        except Exception as exc:  # nothing was skipped, and trying again in a loop would fail again
            raise PoisonBatch(f"{self._place()}: {exc!r}; nothing was skipped") from exc
        return self._end

    async def _run(self) -> None:
        while not await self._at_the_end():
            pass  # the last commits may have told somebody something

    async def _at_the_end(self) -> bool:
        """Decide and fire until nothing is left, and let time pass everywhere; whether nothing has come of that."""
        while True:
            await self._decide_all()
            await self._begin_all()
            due = self._first_due()
            if due is not None and due.due < self._end:
                await self._fire(due)
            elif not await self._look():
                break
        for held in self._held:
            self._doing = held
            held.pass_to(self._end)
            if self._jointly is None:
                await self._commit(held)
        if self._jointly is not None:
            await self._commit_jointly(self._jointly)
            await self._look()  # also where tasks had told something that was not written yet
        return not self._coming

    async def _begin_all(self) -> None:
        """Open the transactions that time will pass in: a program may know of a milestone that it did not know of."""
        for held in self._held:
            self._doing = held
            await self._begin(held)

    async def _begin(self, held: Held) -> None:
        if held.txn is None:
            await held.begin(self._end)
            self._queue_due(held)

    def _place(self) -> str:
        """What was being done."""
        if isinstance(self._doing, Coming):
            return f"{self._doing.topic}-{self._doing.partition} offset {self._doing.offset}"
        return f"{self._doing.name}: letting time pass" if self._doing else "opening"

    async def close(self) -> None:
        """Let go of all tasks."""
        for held in self._held:
            await held.task.close()

    async def _open(self) -> None:
        for order, program in enumerate(self._programs):
            for partition in range(program.partitions):
                held = Held(make_task(self.log, program, partition), order)
                self._held.append(held)
                await held.task.open()
                self._end = max(self._end, held.task.time)
                for topic, decided in held.begin_with().items():
                    source = Source(self.log, topic, partition, decided, self._limit)
                    self._sources[topic, partition] = held, source
        topics = frozenset(topic for topic, _ in self._sources)
        for held, source in self._sources.values():
            held.heard = topics
            for strand in await source.strands():
                await self._add(Feed(held, source, strand, []))
            self._end = max(self._end, source.latest)
        for held in self._held:
            await held.look_ahead(self._end)
            self._queue_due(held)

    async def _add(self, feed: Feed) -> None:
        first = feed.next() or await feed.more()
        if first is not None:
            self._feeds += 1
            heappush(self._coming, (first, self._feeds, feed))

    async def _decide_all(self) -> None:
        """Decide all records there are, and fire what is due before each."""
        coming, first_due = self._coming, self._first_due
        while coming:
            record, number, feed = coming[0]
            due = first_due()
            if due is not None and due[0] < record[0]:
                await self._fire(due)
                continue
            held, self._doing = feed.held, record
            if held.txn is None:
                await self._begin(held)
                if first_due() != due:
                    continue
            held.decide(record)
            feed.decided.add(record.offset, record.offset + 1)
            following = feed.next() or await feed.more()
            if following is None:
                heappop(coming)
            else:
                heapreplace(coming, (following, number, feed))
            if not held.same_due():
                self._queue_due(held)
            if self._has_to_act(held):
                await self._act(held)

    async def _fire(self, due: Due) -> None:
        """Let one thing happen that is due."""
        held = self._doing = due.held
        await self._begin(held)
        if self._first_due() != due:
            return
        held.fire()
        self._queue_due(held)
        if self._has_to_act(held):
            await self._act(held)

    def _has_to_act(self, held: Held) -> bool:
        """Whether somebody has to hear what a task has just decided, or it is time to commit."""
        jointly = self._jointly
        if jointly is None:
            return held.has_spoken() or held.done >= self._limit
        jointly.done += 1
        return held.has_spoken() or jointly.is_full()

    async def _act(self, held: Held) -> None:
        jointly = self._jointly
        if jointly is None:
            await self._share(held)
            return
        await self._tell(held, jointly)
        if jointly.is_full():
            await self._commit_jointly(jointly)

    async def _tell(self, held: Held, jointly: Jointly) -> None:
        """Let others hear what a task has told them."""
        for place, rows in held.take_told().items():
            to, source = self._sources[place]
            await self._take(to, source, jointly.told(place, source, rows))

    async def _commit_jointly(self, jointly: Jointly) -> None:
        """Commit what all have decided."""
        parts = [held for held in self._held if held.txn is not None]
        for held in parts:
            self._doing = held
            held.finish()
            await self._tell(held, jointly)
        for held, decided in await jointly.commit(parts):
            self._queue_due(held)
            if self._progress is not None and decided:
                self._progress(held.task.group.name, decided)
        await asyncio.sleep(0)

    async def _share(self, held: Held) -> None:
        """Commit what others have to see, or what has grown large.

        What other tasks have decided at this very instant is committed first. After a crash it would have to be decided
        again, and what is seen now might come before it.
        """
        for other in self._held:
            if other is not held and other.txn is not None and other.now == held.now:
                await self._commit(other)
        await self._commit(held)

    async def _look(self) -> bool:
        """Whether something has come from outside meanwhile."""
        for place, (held, source) in self._sources.items():
            if self._jointly is not None and self._jointly.has_told(place):
                continue  # nothing else comes there before that is written
            await self._take(held, source, await source.arrived())
        return bool(self._coming)

    async def _take(self, held: Held, source: Source, found: Iterable[Coming]) -> None:
        self._end = max(self._end, source.latest)
        for one in found:
            await self._add(Feed(held, source, None, [one]))

    async def _commit(self, held: Held) -> None:
        decided = held.decided_records
        for place, records in (await held.commit()).items():
            to, source = self._sources[place]
            await self._take(to, source, await source.arrived(records))
        self._queue_due(held)
        if self._progress is not None and decided:
            self._progress(held.task.group.name, decided)
        await asyncio.sleep(0)

    def _queue_due(self, held: Held) -> None:
        """Keep the order of what is due; an entry that holds no more is passed over when its turn comes."""
        due = held.next_due()
        if due != held.due:
            held.due = due
            if due is not None:
                heappush(self._due, due)
            if len(self._due) > 64 + 4 * len(self._held):
                self._due = [one.due for one in self._held if one.due is not None]
                heapify(self._due)

    def _first_due(self) -> Due | None:
        due = self._due
        while due and due[0].held.due != due[0]:
            heappop(due)
        return due[0] if due else None
