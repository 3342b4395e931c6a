"""Drives one task live: opens it, decides what the agent submits, ticks when idle, reopens after trouble.

Crash policy: an outage lasts as long as it lasts and never ends the worker; how long a lost place is waited for the
transport says; any other trouble with the log reopens the task, and ends the worker after five times in a row; an
exception of the processor is retried three times and then ends the worker. In no case does the position move past work
that is not done.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from engine.batch import Batch
from engine.decoded_states import DECODED_BYTES
from engine.errors import (
    Forbidden,
    LogError,
    PoisonBatch,
    RecordTooLarge,
    SkippedBatch,
    Truncated,
    Unavailable,
    UnknownState,
    Unseated,
)
from engine.failpoints import reached
from engine.ports import Record, S
from engine.task import Task

Note = Callable[..., None]
Seek = Callable[[int, Mapping[str, int]], Awaitable[None]]
"""Tell the transport where to fetch from: partition, and next offset by topic."""
Seated = Callable[[], Awaitable[bool]]
"""Whether this process still has its place among those who share the partitions."""


async def always_seated() -> bool:
    """The answer where places cannot be lost without our being told."""
    return True


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient a runner is, and what its task keeps at hand. Durations in seconds unless said otherwise.

    Attributes:
        retries: how often a failing processor is tried again.
        max_failures: how often in a row a task is reopened for other reasons than an outage.
        first_delay: pause before the first reopening; doubles.
        max_delay: longest pause before a reopening.
        max_queued: batches fetched ahead.
        tick: pause between looks at the deadlines when there is nothing to read.
        grace_us: how far behind the wall clock partition time stays when idle, in microseconds.
        position_every_us: how often an idle task writes down that its time has passed, in microseconds.
        stop_timeout: how long a stop waits for the running transaction.
        decoded_bytes: bytes of states, as they are stored, that a task keeps decoded between batches.
    """

    retries: int = 3
    max_failures: int = 5
    first_delay: float = 0.25
    max_delay: float = 5.0
    max_queued: int = 2
    tick: float = 0.25
    grace_us: int = 2_000_000
    position_every_us: int = 5_000_000
    stop_timeout: float = 20.0
    decoded_bytes: int = DECODED_BYTES


class Runner(Generic[S]):
    """One live task."""

    def __init__(
        self,
        task: Task[S],
        *,
        clock: Callable[[], int],
        seek: Seek,
        crash: Callable[[BaseException], Awaitable[None]],
        note: Note,
        policy: Policy,
        freed: asyncio.Event,
        seated: Seated = always_seated,
    ) -> None:
        self.task, self.policy = task, policy
        self.running = False
        self._clock, self._seek, self._crash, self._note, self._freed = clock, seek, crash, note, freed
        self._seated = seated
        self._stopping = self._busy = False
        self._queue: asyncio.Queue[Batch] = asyncio.Queue()
        self._expected: dict[str, deque[Batch]] = {}
        self._fetch_from: dict[str, int] = {}
        self._idle = asyncio.Event()
        self._failures = self._reopens = self._refetches = 0
        self._main: asyncio.Task[None] | None = asyncio.get_running_loop().create_task(self._life(), name=self.name)

    @property
    def name(self) -> str:
        """Group and partition, for people."""
        return f"{self.task.group.name}-{self.task.partition}"

    def has_room(self, topic: str) -> bool:
        """Whether the transport may fetch more of a source."""
        return self.running and len(self._expected.get(topic, ())) < self.policy.max_queued

    def fetch_from(self, topic: str) -> int:
        """The offset the next fetch of a source has to start at."""
        return self._fetch_from[topic]

    async def offer(self, topic: str, before: int | None, records: Sequence[Record], after: int) -> Batch | None:
        """Turn a fetch into a batch if it starts where the last one ended; else fetch again from there."""
        want = self._fetch_from[topic]
        if before == want:
            self._refetches, self._fetch_from[topic] = 0, after
            batch = Batch(topic, self.task.partition, want, records, after)
            self._expected[topic].append(batch)
            return batch
        self._refetches += 1
        self._note("refetch", task=self.name, topic=topic, got=before, want=want)
        if self._refetches > self.policy.max_failures:
            await self._crash(SkippedBatch(f"{self.name}: {topic} fetched from {before}, expected {want}"))
            return None
        try:
            await self._seek(self.task.partition, {topic: want})
        except (LogError, TimeoutError) as exc:  # revoked meanwhile, or the next fetch comes here again
            self._note("refetch_failed", task=self.name, why=repr(exc))
        return None

    def submit(self, batch: Batch) -> None:
        """Take a batch from the agent. One from before a reopening is dropped: it will be fetched again."""
        expected = self._expected.get(batch.topic)
        if not expected or batch not in expected or batch.submitted:
            return
        if next((waiting for waiting in expected if not waiting.submitted), None) is not batch:
            raise SkippedBatch(f"{self.name}: batch to {batch.next_offset} submitted out of order")
        batch.submitted = True
        self._queue.put_nowait(batch)

    def forgotten(self, topic: str, offsets: set[int]) -> Batch | None:
        """A batch the agent let go of without submitting it, told by the offsets Faust saw acknowledged."""
        for batch in self._expected.get(topic, ()):
            if not batch.submitted and batch.next_offset - 1 in offsets:
                return batch
        return None

    async def stop(self) -> None:
        """Finish the running transaction, drop what is queued, let go of the partition."""
        self._stopping, self.running = True, False
        reached("revoke.begin")
        if self._busy:
            self._idle.clear()
            try:
                await asyncio.wait_for(self._idle.wait(), self.policy.stop_timeout)
            except TimeoutError:
                self._note("stop_timeout", task=self.name)
        reached("revoke.idle")
        if self._main is not None:
            self._main.cancel()
            await asyncio.wait([self._main])
            # What was cancelled remembers where, and there we are: each would keep the other, and all states with it,
            # until the garbage collector comes, which it seldom does (`quiet_gc`).
            self._main = None
        await self._close()

    async def _life(self) -> None:
        while not self._stopping:
            try:
                await self._open()
                while not self._stopping:
                    await self._turn()
            except (Truncated, RecordTooLarge, UnknownState, Forbidden) as exc:  # trying again would end the same way
                await self._close()
                return await self._crash(exc)
            except (LogError, TimeoutError) as exc:
                await self._close()
                if not await self._pause(exc):
                    return await self._crash(exc)
            except Exception as exc:  # noqa: BLE001 - whatever it is, the worker must stop loudly, not the loop quietly
                await self._close()
                return await self._crash(exc)
        return None

    async def _pause(self, exc: BaseException) -> bool:
        """Wait before opening again; False when it is time to give up."""
        self._failures += not isinstance(exc, Unavailable | Unseated)
        self._reopens += 1
        outage = isinstance(exc, Unavailable)
        self._note(
            "reopen", task=self.name, why=repr(exc), failures=self._failures, reopens=self._reopens, outage=outage
        )
        if self._failures > self.policy.max_failures:
            return False
        delay = self.policy.first_delay * 2 ** min(self._reopens - 1, 10)
        await asyncio.sleep(min(delay, self.policy.max_delay))
        return True

    async def _open(self) -> None:
        """Open the task; after trouble only if the partition is still ours.

        Who was cut off from the others is replaced, and may be the last to hear of it. Opening would fence the new
        owner, who would open again and fence us, and so on.
        """
        self.running = False
        if self._reopens and not await self._seated():
            raise Unseated("others have our place by now; waiting for another one")
        await self.task.open()
        # Only now: a batch from before may be submitted while the task opens, and must not be taken for a new one.
        self._queue, self._expected = asyncio.Queue(), {topic: deque() for topic in self.task.positions}
        self._fetch_from = dict(self.task.positions)
        await self._seek(self.task.partition, self.task.positions)
        reached("open.sought")
        self.running = True
        self._freed.set()
        self._note("open", task=self.name, keys=len(self.task.store), positions=self.task.positions)

    async def _turn(self) -> None:
        """Decide the next batch, or look at the deadlines when there is none for a while."""
        try:
            batch = await asyncio.wait_for(self._queue.get(), self.policy.tick)
        except TimeoutError:
            batch = None
        self._busy = True
        try:
            if batch is None:
                await self._tick()
            else:
                await self._process(batch)
        finally:
            self._busy = False
            self._idle.set()

    async def _process(self, batch: Batch) -> None:
        await self._retrying(lambda: self.task.process(batch), f"{batch.topic} @{batch.first_offset}")
        self._failures = self._reopens = 0
        self._expected[batch.topic].popleft()
        self._freed.set()
        self._note("committed", task=self.name, records=len(batch.records), next=batch.next_offset)

    async def _tick(self) -> None:
        """At the end of the partition the wall clock, less a grace, is partition time."""
        now = self._clock() - self.policy.grace_us
        if not (self.task.next_due() < now or now >= self.task.time + self.policy.position_every_us):
            return
        if any(self._expected.values()):
            return
        ends = await self.task.log.ends()  # asked after the clock was read: nothing older can still be unread
        if all(self.task.positions[topic] >= end for topic, end in ends.items()):
            reached("tick.begin")
            await self._retrying(lambda: self.task.advance(now), "tick")
            self._failures = self._reopens = 0

    async def _retrying(self, work: Callable[[], Awaitable[Any]], where: str) -> None:
        for attempt in range(self.policy.retries + 1):
            try:
                await work()
            except (LogError, TimeoutError, SkippedBatch):
                raise
            except Exception as exc:
                self._note("handler_failed", task=self.name, attempt=attempt, why=repr(exc), where=where)
                if attempt == self.policy.retries:
                    at = "" if self.task.failed_at is None else f" offset {self.task.failed_at}"
                    raise PoisonBatch(f"{self.name}: {where}{at}: {exc!r}") from exc
                await asyncio.sleep(0.1 * 2**attempt)
            else:
                return

    async def _close(self) -> None:
        self.running = False
        try:
            await asyncio.wait_for(self.task.close(), 5)
        except Exception as exc:  # noqa: BLE001 - it is let go of either way, and must not end what opens it again
            self._note("close_failed", task=self.name, why=repr(exc))
