"""Steady load through a fault, and how long each partition stood still because of it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine.errors import Unavailable
from tests.chaos.driver import Scene
from tests.chaos.program import PARTITIONS
from tests.chaos.worker import SESSION

ROUND, _PAUSE = 40, 0.1
"""Records published at a time, and seconds until the next: each partition runs dry between two rounds, so the wall
clock fires deadlines too."""
_LOOK = 0.05
RESUMED = SESSION + 5.0
"""Seconds after the end of a fault in which every partition is to get on. Measured; the tests allow far more."""
PATIENCE = 40 * RESUMED


class Progress:
    """How the ledger's partitions get on.

    Attributes:
        longest: the longest time a partition stood still since `begun`, in seconds.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.longest = 0.0
        self._moved = [time.monotonic()] * PARTITIONS

    def begun(self) -> None:
        """A fault begins now."""
        self.longest = 0.0

    async def resumed(self, what: str) -> float:
        """The fault has ended: wait until every partition gets on, and give the seconds it took."""
        healed = time.monotonic()

        async def all_moved() -> bool:
            return min(self._moved) > healed + _LOOK  # a look that was under way may have seen the time before

        await self._scene.wait(all_moved, f"after {what} not every partition got on", PATIENCE)
        seconds = max(self._moved) - healed
        print(f"{what}: stood still for {self.longest:.1f} s at most, got on {seconds:.1f} s after it was over")
        return seconds

    async def watch(self, partition: int) -> None:
        """Look at a partition for ever."""
        last = 0
        while True:
            with contextlib.suppress(Unavailable):
                position = await self._scene.position(partition)
                if position != last:
                    last, before, self._moved[partition] = position, self._moved[partition], time.monotonic()
                    self.longest = max(self.longest, self._moved[partition] - before)
            await asyncio.sleep(_LOOK)


@asynccontextmanager
async def under_load(scene: Scene) -> AsyncIterator[Progress]:
    """Somebody publishes all the time, and waits for nobody."""
    over, progress = asyncio.Event(), Progress(scene)

    async def feed() -> None:
        while not over.is_set():
            await scene.publish(ROUND)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), _PAUSE)

    feeding = asyncio.create_task(feed())
    watching = [asyncio.create_task(progress.watch(partition)) for partition in range(PARTITIONS)]
    try:
        await progress.resumed("the start")
        yield progress
    finally:
        over.set()
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        await feeding
