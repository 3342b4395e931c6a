"""From events to appends: a bounded queue, batches in order, one under way at a time, sent again until answered."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, fields
from numbers import Real
from random import Random
from typing import Any

from leadstream.sdk.errors import NotConfigured, NotPublished, PublisherClosed, PublishError, TryAgain
from leadstream.sdk.port import Receipt, Told, Way


@dataclass(frozen=True, slots=True)
class Pace:
    """How a publisher gathers, waits and tries again. Durations in seconds.

    Attributes:
        linger: how long the first event of a batch may wait for others. With 0 what comes while one batch is under way
            goes with the next, and nothing ever waits for company.
        batch: events of one batch, at most.
        buffer: bytes that may wait; whoever publishes more waits too.
        patience: how long an event is tried before `NotPublished` is raised.
        first_pause: before a batch is sent again; doubled each time, less up to a half by chance.
        longest_pause: no pause is longer, unless the other side asks for it.

    Raises:
        NotConfigured: one of them is none that can be meant; a `ValueError` as well.
    """

    linger: float = 0.0
    batch: int = 1000
    buffer: int = 32 << 20
    patience: float = 120.0
    first_pause: float = 0.1
    longest_pause: float = 5.0

    def __post_init__(self) -> None:
        for name in (each.name for each in fields(self)):
            value: Any = getattr(self, name)
            numeric = isinstance(value, Real) and not isinstance(value, bool)
            if not numeric:
                raise NotConfigured(f"{name}: expected a number, got {value!r}")
            more = name in ("batch", "buffer", "patience")
            if not (value > 0 if more else value >= 0):  # what is not a number is neither
                raise NotConfigured(f"{name}: expected {'more than 0' if more else '0 or more'}, got {value}")

    def pause(self, tries: int, chance: float) -> float:
        """Seconds before a batch is sent again.

        Args:
            tries: how often it was sent.
            chance: from 0 to 1; keeps many publishers from coming back at once.
        """
        doubled: float = self.first_pause * 2 ** min(tries - 1, 30)
        return min(doubled, self.longest_pause) * (1 - chance / 2)


@dataclass(slots=True)
class _Waiting:
    told: Told
    since: float
    until: float
    done: asyncio.Future[Receipt]


class Sender:
    """The queue in front of a way into the log. Belongs to one event loop.

    Args:
        way: where batches go.
        pace: how it gathers, waits and tries again.
        chance: spreads pauses.
    """

    def __init__(self, way: Way, pace: Pace, chance: Random) -> None:
        self._way, self._pace, self._chance = way, pace, chance
        self._events, self._bytes = min(pace.batch, way.most_events), way.most_bytes
        self._queue: deque[_Waiting] = deque()
        self._queued = self._held = 0
        """Bytes in the queue, and together with those under way."""
        self._pending: set[asyncio.Future[Receipt]] = set()
        self._door, self._changed = asyncio.Lock(), asyncio.Condition()
        self._hurry = 0
        self._closed = False
        self._trouble = ""
        self._running: asyncio.Task[None] | None = None

    async def put(self, told: Told) -> asyncio.Future[Receipt]:
        """Queue an event, in order; waits while the queue is full. The future has its receipt once it is durable.

        Raises:
            PublisherClosed: it was closed.
            NotPublished: there was no room in time.
        """
        loop = asyncio.get_running_loop()
        since = loop.time()
        waiting = _Waiting(told, since, since + self._pace.patience, loop.create_future())
        async with self._door, self._changed:
            await self._room(told.size, waiting.until)
            if self._closed:
                raise PublisherClosed("this publisher is closed; make another one")
            self._queue.append(waiting)
            self._queued += told.size
            self._held += told.size
            self._pending.add(waiting.done)
            self._changed.notify_all()
        if self._running is None:
            self._running = loop.create_task(self._run(), name="leadstream publisher")
        return waiting.done

    async def flush(self) -> None:
        """Send what waits, now, and wait until all that was put before has its answer.

        Raises:
            PublishError: of the first that has none; whoever put it is told as well.
        """
        pending = list(self._pending)
        if not pending:
            return
        self._hurry += 1
        try:
            async with self._changed:
                self._changed.notify_all()
            await asyncio.wait(pending)
        finally:
            self._hurry -= 1
        for done in pending:
            if not done.cancelled() and (failure := done.exception()) is not None:
                raise failure

    async def close(self) -> None:
        """Flush, then let go of the way; nothing can be put any more.

        Raises:
            PublishError: as of `flush`; it is closed all the same.
        """
        self._closed = True
        try:
            await self.flush()
        finally:
            if self._running is not None:
                self._running.cancel()
                await asyncio.gather(self._running, return_exceptions=True)
            await self._way.close()

    async def _room(self, size: int, until: float) -> None:
        """Wait until so many bytes fit; one that never would goes when it is alone."""
        self._hurry += 1
        try:
            async with asyncio.timeout_at(until):
                while self._held and self._held + size > self._pace.buffer and not self._closed:
                    self._changed.notify_all()
                    await self._changed.wait()
        except TimeoutError as exc:
            raise NotPublished(f"{self._held} bytes wait already, and {self._why()}") from exc
        finally:
            self._hurry -= 1

    async def _run(self) -> None:
        tries = 0
        batch: list[_Waiting] = []
        try:
            while self._queue or batch:
                if not batch:
                    await self._gathered()
                    batch = self._take()
                tries, batch = await self._tried(tries, batch)
        finally:
            self._running = None
            for each in (*batch, *self._queue):  # none are left unless it was cancelled
                self._settle(each, NotPublished("the publisher was stopped before it had an answer; send it again"))
            self._queue.clear()
            self._queued = 0

    async def _gathered(self) -> None:
        """Wait for company, as long as that is wanted."""
        until = self._queue[0].since + self._pace.linger
        if asyncio.get_running_loop().time() >= until:
            return
        async with self._changed:
            try:
                async with asyncio.timeout_at(until):
                    await self._changed.wait_for(self._full)
            except TimeoutError:
                return

    def _full(self) -> bool:
        return self._hurry > 0 or len(self._queue) >= self._events or self._queued >= self._bytes

    def _take(self) -> list[_Waiting]:
        """The next batch, in order; whoever has given up before it was sent is left out."""
        batch: list[_Waiting] = []
        size = 0
        while self._queue and len(batch) < self._events:
            length = len(self._queue[0].told.value)
            if batch and size + length > self._bytes:
                break
            each = self._queue.popleft()
            self._queued -= each.told.size
            if each.done.done():
                self._forget(each)
                continue
            batch.append(each)
            size += length
        return batch

    async def _tried(self, tries: int, batch: list[_Waiting]) -> tuple[int, list[_Waiting]]:
        """Send a batch once: how often it was sent without an answer, and what of it has none yet."""
        failure: PublishError
        try:
            receipts = await self._way.send([each.told for each in batch])
        except TryAgain as exc:
            self._trouble = str(exc)
            left = await self._paused(tries + 1, exc.after, batch)
            return tries + 1 if left else 0, left
        except PublishError as exc:
            failure = exc
        except Exception as exc:  # noqa: BLE001 - whoever waits has to be told, whatever it is
            failure = PublishError(f"{type(exc).__name__}: {exc}")
            failure.__cause__ = exc
        else:
            self._trouble = ""
            for each, receipt in zip(batch, receipts, strict=True):
                self._settle(each, receipt)
            await self._tell()
            return 0, []
        for each in batch:
            self._settle(each, failure)
        await self._tell()
        return 0, []

    async def _paused(self, tries: int, after: float, batch: Sequence[_Waiting]) -> list[_Waiting]:
        """Wait before the batch is sent again; what of it still may be. What waits behind it is not forgotten."""
        loop = asyncio.get_running_loop()
        pause = max(after, self._pace.pause(tries, self._chance.random()))
        await asyncio.sleep(max(0.0, min(pause, batch[0].until - loop.time())))
        now = loop.time()
        left = [each for each in batch if not self._expired(each, now)]
        while self._queue and self._queue[0].until <= now:
            each = self._queue.popleft()
            self._queued -= each.told.size
            self._expired(each, now)
        await self._tell()
        return left

    def _expired(self, each: _Waiting, now: float) -> bool:
        """Whether it is not to be sent again: its time is over, and it is told so, or nobody waits for it."""
        if each.until <= now:
            self._settle(each, NotPublished(f"not within {self._pace.patience:g} s: {self._why()}; send it again"))
        elif each.done.done():
            self._forget(each)
        return each.done.done()

    def _why(self) -> str:
        return self._trouble or "the log is slower than what is published"

    def _settle(self, each: _Waiting, found: Receipt | PublishError) -> None:
        self._forget(each)
        if each.done.done():  # whoever waited has given up
            return
        if isinstance(found, Receipt):
            each.done.set_result(found)
        else:
            each.done.set_exception(_like(found))

    def _forget(self, each: _Waiting) -> None:
        if each.done in self._pending:
            self._pending.discard(each.done)
            self._held -= each.told.size

    async def _tell(self) -> None:
        """Wake whoever waits for room."""
        async with self._changed:
            self._changed.notify_all()


def _like(failure: PublishError) -> PublishError:
    """The same for one more that waits: an exception that is raised twice would show both places."""
    made = type(failure)(*failure.args)
    made.__cause__ = failure.__cause__
    return made
