"""Group commit: what many requests want to append while one append is under way goes with the next, as one."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import LogError, Unavailable
from engine.ports import EventLog, NewRecord
from leadstream.gateway.measures import Measures
from leadstream.publishing import Batches

logger = logging.getLogger("leadstream.gateway")


class Full(Exception):
    """More is waiting to be appended than may wait."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is appended at once, and how much may wait.

    Attributes:
        group: bytes of one append, about; what is larger by itself goes alone.
        waiting: bytes that may wait.
        patience: seconds until whoever waits is told that the log is out of reach.
    """

    group: int = 8 << 20
    waiting: int = 64 << 20
    patience: float = 10.0


@dataclass(slots=True)
class _Waiting:
    batches: Batches
    size: int
    since: float
    done: asyncio.Future[None]


class GroupCommit:
    """The way into the log for everything that comes through this process. Belongs to one event loop.

    Each append is durable before anybody is told, and records leave in the order in which they came.

    Args:
        log: the log.
        bounds: how much is appended at once.
        measures: counts.
    """

    def __init__(self, log: EventLog, bounds: Bounds | None = None, measures: Measures | None = None) -> None:
        self._log, self._bounds, self._measures = log, bounds or Bounds(), measures or Measures()
        self._queue: deque[_Waiting] = deque()
        self._bytes = 0
        self._running: asyncio.Task[None] | None = None

    async def append(self, batches: Batches, size: int, *, seconds: float | None = None) -> None:
        """Append records; they are durable when it returns.

        Args:
            batches: records by topic and partition.
            size: their bytes, about.
            seconds: after which whoever waits is told, where that is sooner than for others.

        Raises:
            Full: too much is waiting; nothing was appended.
            Unavailable: the log did not take them in time; some may have been written, or may be later.
            LogError: the log refuses them.
        """
        if self._bytes and self._bytes + size > self._bounds.waiting:
            raise Full(f"{self._bytes} bytes are waiting for the log already")
        loop = asyncio.get_running_loop()
        counts = self._measures
        waiting = _Waiting(batches, size, counts.ticks(), loop.create_future())
        self._queue.append(waiting)
        self._bytes += size
        counts.waiting_bytes += size
        if counts.waiting_since is None:
            counts.waiting_since = waiting.since
        if self._running is None:
            self._running = loop.create_task(self._run(), name="group commit")
        patience = self._bounds.patience if seconds is None else min(seconds, self._bounds.patience)
        timer = loop.call_later(patience, _give_up, waiting.done, patience)
        try:
            await waiting.done
        finally:
            timer.cancel()

    async def _run(self) -> None:
        try:
            while self._queue:
                await self._commit(self._take())
                self._measures.waiting_bytes = self._bytes
                self._measures.waiting_since = self._queue[0].since if self._queue else None
        finally:
            self._running = None

    def _take(self) -> list[_Waiting]:
        """As many as fit into one append; who has given up is left out."""
        taken: list[_Waiting] = []
        size = 0
        while self._queue and (not taken or size + self._queue[0].size <= self._bounds.group):
            waiting = self._queue.popleft()
            self._bytes -= waiting.size
            if not waiting.done.done():
                taken.append(waiting)
                size += waiting.size
        return taken

    async def _commit(self, taken: Sequence[_Waiting]) -> None:
        failure = await self._append(_together([each.batches for each in taken]))
        if failure is not None and not isinstance(failure, Unavailable) and len(taken) > 1:
            for each in taken:  # one of them is to blame; the others must not pay for it
                _settle(each.done, await self._append(each.batches))
            return
        for each in taken:
            _settle(each.done, failure)

    async def _append(self, batches: Batches) -> Exception | None:
        counts = self._measures
        began = counts.ticks()
        try:
            await self._log.append(batches)
        except LogError as exc:
            counts.commit_failures += 1
            return exc
        except Exception as exc:  # whoever waits has to be told, whatever it is
            counts.commit_failures += 1
            logger.exception("an append failed")
            return exc
        counts.commit_seconds.note(counts.ticks() - began)
        counts.commit_records.note(sum(map(len, batches.values())))
        return None


def _together(many: Sequence[Batches]) -> Batches:
    if len(many) == 1:
        return many[0]
    merged: defaultdict[tuple[str, int], list[NewRecord]] = defaultdict(list)
    for batches in many:
        for at, records in batches.items():
            merged[at] += records
    return merged


def _give_up(done: asyncio.Future[None], patience: float) -> None:
    if not done.done():
        done.set_exception(Unavailable(f"the log did not take it within {patience:g} s"))


def _settle(done: asyncio.Future[None], failure: Exception | None) -> None:
    if done.done():  # its caller has given up
        return
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)
