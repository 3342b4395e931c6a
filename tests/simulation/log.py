"""The in-memory log as a process of the simulated world sees it: every call takes a while, and may fail either way."""

from collections.abc import Mapping, Sequence

from typing_extensions import override

from engine.errors import Fenced, LogError
from engine.memory.log import MemoryLog
from engine.memory.membership import MemoryMembership
from engine.memory.task import MemoryTaskLog
from engine.ports import Fetched, GroupSpec, Intake, Mark, NewRecord, Opened, Writes
from tests.simulation.world import World

_TROUBLE = (Fenced, TimeoutError, LogError)


class SimTaskLog(MemoryTaskLog):
    """A task's handle. What the in-memory log does, it does at one instant between the request and the answer."""

    world: World
    name: str

    @override
    async def open(self, into: Intake | None = None, *, anywhere: bool = False) -> Opened:
        await self.world.reach(self.name, "open")
        found = await super().open(into, anywhere=anywhere)
        await self.world.answer(self.name, f"open: epoch {self._epoch}, {found.positions}", *_TROUBLE)
        return found

    @override
    async def commit(self, writes: Writes) -> Mark | None:
        await self.world.reach(self.name, "commit")
        mark = await super().commit(writes)
        outputs = sum(map(len, writes.outputs.values()))
        await self.world.answer(self.name, f"commit: to {writes.after}, {outputs} outputs", *_TROUBLE)
        return mark

    @override
    async def ends(self) -> dict[str, int]:
        await self.world.reach(self.name, "ends")
        found = await super().ends()
        await self.world.answer(self.name, f"ends: {found}", *_TROUBLE)
        return found

    @override
    async def close(self) -> None:
        await self.world.reach(self.name, "close")
        await super().close()
        await self.world.answer(self.name, "close", *_TROUBLE)


class SimMembership(MemoryMembership):
    """A seat."""

    world: World
    name: str

    @override
    async def beat(self) -> None:
        await self.world.reach(self.name, "beat")
        await super().beat()

    @override
    async def leave(self) -> None:
        await self.world.reach(self.name, "leave")
        await super().leave()

    @override
    async def assignment(self, partitions: int) -> set[int]:
        await self.world.reach(self.name, "assignment")
        return await super().assignment(partitions)


class SimLog(MemoryLog):
    """The log of one process.

    Attributes:
        task_log: what `task` makes; a broken one, where a test wants to see it found out.
    """

    world: World
    task_log: type[SimTaskLog] = SimTaskLog

    @override
    async def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
        await self.world.reach(self.owner, "append")
        await super().append(records)
        await self.world.answer(self.owner, "append")

    @override
    async def ends(self, topic: str) -> list[int]:
        await self.world.reach(self.owner, f"ends of {topic}")
        return await super().ends(topic)

    @override
    async def read(self, topic: str, partition: int, offset: int, limit: int = 5000) -> Fetched:
        await self.world.reach(self.owner, f"read {topic}-{partition} @{offset}")
        found = await super().read(topic, partition, offset, limit)
        await self.world.answer(self.owner, f"read {topic}-{partition} @{offset}: to {found.next_offset}")
        return found

    @override
    async def owned(self, group: GroupSpec, partition: int) -> bool:
        await self.world.reach(self.owner, f"owned {group.name}-{partition}")
        return await super().owned(group, partition)

    @override
    def task(self, group: GroupSpec, partition: int) -> SimTaskLog:
        made = self.task_log(self.disk, group, partition, owner=self.owner, clock=self.clock, lease_ttl=self._lease_ttl)
        made.world, made.name = self.world, f"{self.owner} {group.name}-{partition}"
        return made

    @override
    def membership(self) -> SimMembership:
        made = SimMembership(self.disk, owner=self.owner, clock=self.clock, lease_ttl=self._lease_ttl)
        made.world, made.name = self.world, self.owner
        return made
