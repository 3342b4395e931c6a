"""A worker's seat in its group: keeps it warm, tells its share, and waits for others to let go."""

import asyncio
from collections.abc import Callable, Iterable

from engine.embedded.ports import EmbeddedLog
from engine.errors import LogError
from engine.ports import GroupSpec

LOOKS_PER_BEAT = 8
"""How often, between two beats, a worker looks whether the members have changed."""


class Seat:
    """One worker's seat.

    Attributes:
        taken: somebody keeps it warm.
        look_every: pause between two looks at the members, in seconds.
    """

    def __init__(self, log: EmbeddedLog, group_id: str) -> None:
        self._log, self._group_id = log, group_id
        self._membership = log.membership()
        self._joined = self._left = self.taken = False
        self.look_every = self._membership.period_seconds / LOOKS_PER_BEAT

    async def beat_on(self, trouble: Callable[[BaseException], None]) -> None:
        """Stay a member until cancelled, through any outage."""
        while True:
            try:
                await self._beat()
            except LogError as exc:
                trouble(exc)
            await asyncio.sleep(self._membership.period_seconds)

    async def share(self, partitions: int) -> set[int]:
        """Our share of that many partitions among the live members."""
        if not self._joined:
            await self._beat()
        return await self._membership.assignment(partitions)

    async def wait_until_released(self, tasks: Iterable[tuple[GroupSpec, int]]) -> None:
        """Wait until nobody alive owns these tasks, at most two lease times.

        Taking a task away from its owner would be safe, since opening fences; but the work under way would be lost.
        """
        for _ in range(6 * LOOKS_PER_BEAT):
            if not [True for group, partition in tasks if await self._log.owned(group, partition)]:
                return
            await asyncio.sleep(self.look_every)

    async def give_up(self) -> None:
        """Leave. In an outage the seat expires by itself."""
        joined, self._joined, self._left = self._joined, False, True
        if joined:
            try:
                await self._membership.leave()
            except LogError:
                return

    async def _beat(self) -> None:
        if self._joined:
            await self._membership.beat()
        elif not self._left:
            await self._membership.join(self._group_id, self._log.owner)
            self._joined = True
