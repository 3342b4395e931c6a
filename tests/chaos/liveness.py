"""How soon every partition gets on after a fault: until what was published after it is decided, on each of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from engine.errors import LogError

T = TypeVar("T")
_LOOK_SECONDS = 0.05

Places = Callable[[], Awaitable[list[int]]]
"""An offset for every partition that is watched."""


class Recovery(NamedTuple):
    """One fault that was over.

    Attributes:
        fault: what was done, in words.
        seconds: of each partition, from the fault to the first commit behind something that was published after it;
            from when that could be published, where it was later.
    """

    fault: str
    seconds: list[float]

    @property
    def longest(self) -> float:
        """Of the partition that took longest."""
        return max(self.seconds)


class Pulse:
    """Measures the recovery from each fault; the next fault gives up what is still being measured.

    Attributes:
        measured: every recovery that was seen to its end.

    Args:
        goals: asked just after a fault: the offset each partition has to reach, which lies behind all that was there.
        positions: the committed offset of each partition.
        ends: where each partition ends now; not needed if all goals are there when `goals` has answered.
    """

    def __init__(self, goals: Places, positions: Places, ends: Places | None = None) -> None:
        self.measured: list[Recovery] = []
        self._goals, self._positions, self._ends = goals, positions, ends
        self._task: asyncio.Task[Recovery] | None = None

    def fault(self, what: str) -> None:
        """Something was done to a process, or to a broker, just now."""
        self.close()
        self._task = asyncio.create_task(self._measure(what, asyncio.get_running_loop().time()))

    @property
    def beating(self) -> bool:
        """Whether every partition has got on since the last fault."""
        return self._task is None or self._task.done()

    async def over(self) -> Recovery | None:
        """Wait for the recovery from the last fault; None if there was none."""
        return None if self._task is None else await asyncio.shield(self._task)

    def close(self) -> None:
        """Give up what is being measured."""
        if self._task is not None and not self._task.done():
            self._task.cancel()

    def drop(self) -> None:
        """The last fault fell into another one, from which it is not this that has to recover in time."""
        self.close()
        self._task = None

    async def _measure(self, what: str, since: float) -> Recovery:
        goals, away = await answered(self._goals)
        if away:
            since = asyncio.get_running_loop().time()
        begun = {} if self._ends else dict.fromkeys(range(len(goals)), since)
        seconds: dict[int, float] = {}
        while True:
            if self._ends is not None and len(begun) < len(goals):
                ends, _ = await answered(self._ends)
                begun |= {
                    at: asyncio.get_running_loop().time()
                    for at, end in enumerate(ends)
                    if at not in begun and end >= goals[at]
                }
            found, _ = await answered(self._positions)
            now = asyncio.get_running_loop().time()
            for at in begun.keys() - seconds.keys():
                if found[at] >= goals[at]:
                    seconds[at] = now - begun[at]
            if len(seconds) == len(goals):
                break
            await asyncio.sleep(_LOOK_SECONDS)
        seconds_by_partition = [seconds[at] for at in range(len(goals))]
        self.measured.append(Recovery(what, seconds_by_partition))
        return self.measured[-1]


async def answered(ask: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
    """The answer, when the log is there; and whether it was away before."""
    away = False
    while True:
        try:
            return await ask(), away
        except (LogError, OSError, TimeoutError):
            away = True
            await asyncio.sleep(_LOOK_SECONDS)
