"""A thread for questions, with its own loop, its own way into the log and its own tables.

A long question (a story in a long log, a view brought up to date) then delays no event that wants to be acknowledged.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

from engine.errors import Unavailable

S = TypeVar("S")
T = TypeVar("T")


class Aside(Generic[S]):
    """Runs questions one after the other, each with what was opened there.

    Args:
        opening: opens what they need; entered and left in the thread. One that fails is tried again with the next
            question.
    """

    def __init__(self, opening: Callable[[], AbstractAsyncContextManager[S]]) -> None:
        self._opening = opening
        self._opened: tuple[AbstractAsyncContextManager[S], S] | None = None
        self._loop = asyncio.new_event_loop()
        self._turn = asyncio.Lock()
        self._thread = threading.Thread(target=self._run, name="questions", daemon=True)
        self._thread.start()

    async def ask(self, question: Callable[[S], Awaitable[T]], *, seconds: float) -> T:
        """The answer to a question, from any loop.

        Raises:
            Unavailable: there was none in time.
            Exception: what the question or the opening raised.
        """
        answer = asyncio.run_coroutine_threadsafe(self._answered(question), self._loop)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.wrap_future(answer)
        except TimeoutError as exc:
            raise Unavailable(f"no answer within {seconds:g} s") from exc

    def close(self) -> None:
        """Let go of everything; a question that is being answered is given up."""
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._closed(), self._loop).add_done_callback(
            lambda _: self._loop.call_soon_threadsafe(self._loop.stop)
        )
        self._thread.join(timeout=5.0)

    async def _answered(self, question: Callable[[S], Awaitable[T]]) -> T:
        async with self._turn:
            if self._opened is None:
                opening = self._opening()
                self._opened = opening, await opening.__aenter__()
            return await question(self._opened[1])

    async def _closed(self) -> None:
        if self._opened is not None:
            opening, self._opened = self._opened[0], None
            await opening.__aexit__(None, None, None)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()
