"""An event loop for which one random generator decides everything, in virtual time.

Whatever runs on it belongs to a lane: a process of the simulated world. Within a lane callbacks run in the order they
were asked for, as asyncio promises (or in any, if that is wanted); which lane takes the next step is chance.

A dead lane never takes another step, so a crash needs no help of the code under test: no `finally`, no cancellation,
nothing is let go of. A frozen lane takes no step until it thaws, and then goes on as if no time had passed: a zombie.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar
from heapq import heappop, heappush
from random import Random
from typing import Any

from typing_extensions import override

US = 1_000_000


class Lane:
    """One process: what it has to do next. Lanes are told apart by name alone.

    Attributes:
        exits: what happens instead where code of this lane ends its process (`os._exit`).
    """

    __slots__ = ("dead", "exits", "frozen", "name", "queue")

    def __init__(self, name: str) -> None:
        self.name = name
        self.queue: deque[asyncio.Handle] = deque()
        self.dead = self.frozen = False
        self.exits: Callable[[], None] | None = None


LANE: ContextVar[Lane] = ContextVar("LANE")


class Deadlock(RuntimeError):
    """Nothing is left to do and no timer runs: it would wait for ever."""


class Endless(RuntimeError):
    """More steps were taken than a run of this size can need."""


class SimLoop(asyncio.BaseEventLoop):
    """The loop.

    Attributes:
        now_us: virtual time since the start, in microseconds. It passes only when every lane waits.
        steps: callbacks run so far.
        on_step: asked before each step; True when it did something to that lane, and another has to be chosen.
    """

    def __init__(self, rng: Random, most_steps: int, *, shuffled: bool = False) -> None:
        super().__init__()
        self.now_us = self.steps = 0
        self.root = Lane("world")
        self.lanes = [self.root]
        self.on_step: Callable[[Lane], bool] | None = None
        self._rng, self._most_steps, self._shuffled, self._serial = rng, most_steps, shuffled, 0
        self._timers: list[tuple[int, int, asyncio.TimerHandle]] = []

    @override
    def time(self) -> float:
        return self.now_us / US

    @override
    def call_soon(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        lane = self._lane(handle)
        if not lane.dead:
            lane.queue.append(handle)
        return handle

    @override
    def call_later(  # type: ignore[override]
        self, delay: float, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    @override
    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        lane = self._lane(timer)
        if callback is os._exit:
            assert lane.exits is not None
            timer = asyncio.TimerHandle(when, lane.exits, (), self, context)
        self._serial += 1
        heappush(self._timers, (round(when * US), self._serial, timer))
        return timer

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Cancelled timers are passed over when their time comes."""

    def _write_to_self(self) -> None:
        """There are no other threads."""

    def _run_once(self) -> None:
        ready = [lane for lane in self.lanes if lane.queue and not lane.frozen]
        if not ready:
            self._pass_time()
            return
        lane = ready[0] if len(ready) == 1 else ready[int(self._rng.random() * len(ready))]
        if self.on_step is not None and self.on_step(lane):
            return
        self.steps += 1
        if self.steps > self._most_steps:
            raise Endless(f"{self.steps} steps")
        if self._shuffled and len(lane.queue) > 1:
            lane.queue.rotate(int(self._rng.random() * len(lane.queue)))
        handle = lane.queue.popleft()
        if not handle.cancelled():
            handle._run()

    def _pass_time(self) -> None:
        """Go on to the next instant for which somebody waits."""
        timers = self._timers
        while timers and (timers[0][2].cancelled() or self._lane(timers[0][2]).dead):
            heappop(timers)
        if not timers:
            raise Deadlock("nothing is left to do")
        self.now_us = max(self.now_us, timers[0][0])
        while timers and timers[0][0] <= self.now_us:
            timer = heappop(timers)[2]
            lane = self._lane(timer)
            if not timer.cancelled() and not lane.dead:
                lane.queue.append(timer)

    def bury(self, lane: Lane) -> None:
        """Take no further step of a lane. What it has left behind stays as it is."""
        lane.dead = True
        lane.queue.clear()
        self.lanes.remove(lane)

    def _lane(self, handle: asyncio.Handle) -> Lane:
        return handle._context.get(LANE, self.root)  # type: ignore[attr-defined, no-any-return]  # it has no other name
