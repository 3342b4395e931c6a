"""A host over an in-memory log that can be made to fail or to hang, with a transport that only fetches and submits."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any

from typing_extensions import override

from engine.host import Host, Program
from engine.memory.disk import MemoryDisk
from engine.memory.log import MemoryLog
from engine.memory.task import MemoryTaskLog
from engine.ports import GroupSpec, NewRecord, Opened, TopicSpec, Writes
from engine.runner import Policy
from engine.watchdog import Limits, Watchdog
from tests.engine.ledger import CHANGELOG, DEAD, GROUP, IN, OUT, PARTITIONS, SECOND, Ledger

FETCH = 1000
"""Records of a batch."""
Trouble = BaseException | asyncio.Event
"""Raised; or waited for."""


class Moody(MemoryLog):
    """A log with troubles to come, each for one call, by what is called: open, commit, ends, read.

    Attributes:
        forced: trouble of every call, as long as it is there.
    """

    def __init__(self, clock: Callable[[], int], disk: MemoryDisk | None = None) -> None:
        super().__init__(clock=clock, disk=disk, lease_ttl=10**15)
        self.troubles: defaultdict[str, deque[Trouble]] = defaultdict(deque)
        self.forced: dict[str, Trouble] = {}

    async def suffer(self, what: str) -> None:
        """What is to come for a call."""
        trouble = self.troubles[what].popleft() if self.troubles[what] else self.forced.get(what)
        if isinstance(trouble, asyncio.Event):
            await trouble.wait()
        elif trouble is not None:
            raise trouble

    @override
    async def ends(self, topic: str) -> list[int]:
        await self.suffer("ends")
        return await super().ends(topic)

    @override
    def task(self, group: GroupSpec, partition: int) -> MemoryTaskLog:
        made = _MoodyTask(self.disk, group, partition, owner=self.owner, clock=self.clock, lease_ttl=self._lease_ttl)
        made.log = self
        return made


class _MoodyTask(MemoryTaskLog):
    log: Moody

    @override
    async def open(self, **how: Any) -> Opened:
        await self.log.suffer("open")
        return await super().open(**how)

    @override
    async def commit(self, writes: Writes) -> Any:
        await self.log.suffer("commit")
        return await super().commit(writes)


class Hosted:
    """A process: log, host, watchdog with a clock moved by hand.

    Attributes:
        seconds: what the watchdog takes for the time.
        ended: exit codes it would have ended with.
    """

    def __init__(self, clock: Callable[[], int], policy: Policy, limits: Limits, ledger: Ledger) -> None:
        self.log, self.ledger = Moody(clock), ledger
        self.host = Host(self.log, [Program(GROUP, PARTITIONS, lambda _: ledger)], clock=clock, policy=policy)
        self.seconds, self.ended = 0.0, list[int]()
        self.limits = limits
        self.dog = Watchdog(
            self.host, limits, clock=clock, monotonic=lambda: self.seconds, end=self.ended.append
        )  # fmt: skip

    async def begin(self, *partitions: int) -> None:
        """Make the topics, own the partitions."""
        plain = [TopicSpec(name, PARTITIONS) for name in (IN, SECOND, OUT, DEAD)]
        await self.log.create_topics([*plain, TopicSpec(CHANGELOG, PARTITIONS, compacted=True)])
        self.host.assign([(IN, partition) for partition in partitions], self._seek)

    async def send(self, partition: int, *texts: str) -> None:
        await self.log.append({(IN, partition): [NewRecord(b"a", text.encode()) for text in texts]})

    async def fetch(self) -> None:
        """What a transport does all the time."""
        for (topic, partition), runner in list(self.host.runners.items()):
            if runner.has_room(topic):
                before = runner.fetch_from(topic)
                records, after = await self.log.read(topic, partition, before, FETCH)
                if after != before:
                    batch = await runner.offer(topic, before, records, after)
                    if batch is not None:
                        runner.submit(batch)

    async def round(self, seconds: float | None = None) -> None:
        """One round of the watchdog, so much later."""
        self.seconds += self.limits.period if seconds is None else seconds
        await self.dog.look()
        self.dog.judge()

    async def until(self, condition: Callable[[], Any]) -> None:
        for _ in range(4000):
            await self.fetch()
            if condition():
                return
            await asyncio.sleep(0.001)
        raise AssertionError(f"it never came to that: {self.host.progress}")

    def position(self, partition: int) -> int:
        return self.host.runners[IN, partition].task.positions.get(IN, -1)

    async def _seek(self, partition: int, offsets: Mapping[str, int]) -> None:
        pass
