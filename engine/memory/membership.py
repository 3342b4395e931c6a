"""Seats of the in-memory log's "processes", and their ears."""

import asyncio
from collections.abc import Callable

from engine.embedded.sharing import share_of
from engine.memory.disk import MemoryDisk


class MemoryMembership:
    """Implements `engine.embedded.ports.Membership`."""

    def __init__(self, disk: MemoryDisk, *, owner: str, clock: Callable[[], int], lease_ttl: int) -> None:
        self._disk, self._owner, self._clock, self._lease_ttl = disk, owner, clock, lease_ttl
        self._seat: tuple[str, str] | None = None

    @property
    def period_seconds(self) -> float:
        """How often to beat."""
        return self._lease_ttl / 3_000_000

    async def join(self, group_id: str, owner: str) -> None:
        """Take a seat."""
        self._seat = group_id, owner
        await self.beat()
        self._disk.ring()

    async def beat(self) -> None:
        """Stay alive, with all leases held."""
        if self._seat is None:
            return
        group_id, owner = self._seat
        expires = self._clock() + self._lease_ttl
        self._disk.members.setdefault(group_id, {})[owner] = expires
        for lease in self._disk.leases.values():
            if lease.owner == self._owner and lease.expires:
                lease.expires = expires

    async def leave(self) -> None:
        """Give the seat up."""
        if self._seat is not None:
            group_id, owner = self._seat
            self._seat = None
            self._disk.members.get(group_id, {}).pop(owner, None)
            self._disk.ring()

    async def assignment(self, partitions: int) -> set[int]:
        """Our share among the live members."""
        if self._seat is None:
            return set()
        group_id, owner = self._seat
        now = self._clock()
        alive = [name for name, expires in self._disk.members.get(group_id, {}).items() if expires > now]
        return share_of(partitions, alive, owner)


class MemoryEar:
    """Implements `engine.embedded.ports.Ear`."""

    def __init__(self, disk: MemoryDisk) -> None:
        self._disk, self._rung = disk, asyncio.Event()
        disk.ears.add(self._rung)

    async def wait(self, timeout_seconds: float) -> bool:
        """Wait for the next commit."""
        try:
            await asyncio.wait_for(self._rung.wait(), timeout_seconds)
        except TimeoutError:
            return False
        self._rung.clear()
        return True

    def close(self) -> None:
        """Stop listening."""
        self._disk.ears.discard(self._rung)
