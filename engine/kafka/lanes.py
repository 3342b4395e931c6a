"""Appends of many callers to one partition share requests: what arrives while one is under way goes with the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from engine.ports import NewRecord

Send = Callable[[Sequence[NewRecord]], Awaitable[None]]
"""Write records durably and in order, or raise."""


class Lane:
    """The queue in front of one partition. Records leave in the order they came."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: list[tuple[Sequence[NewRecord], asyncio.Future[None]]] = []
        self._running: asyncio.Task[None] | None = None

    def put(self, rows: Sequence[NewRecord]) -> asyncio.Future[None]:
        """Queue records; the future is done when they are durable, or fails with all that shared their request."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((rows, done))
        if self._running is None:
            self._running = loop.create_task(self._run())
        return done

    async def _run(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            try:
                alone = taken[0][0] if len(taken) == 1 else None
                await self._send([row for rows, _ in taken for row in rows] if alone is None else alone)
            except BaseException as exc:  # noqa: BLE001 - everyone who waits is told, whatever it is
                failure: BaseException | None = exc
            else:
                failure = None
            for _, done in taken:
                _settle(done, failure)
        self._running = None


def _settle(done: asyncio.Future[None], failure: BaseException | None) -> None:
    if done.done():  # its caller has given up
        return
    if failure is None:
        done.set_result(None)
    elif isinstance(failure, asyncio.CancelledError):
        done.cancel()
    else:
        done.set_exception(failure)
