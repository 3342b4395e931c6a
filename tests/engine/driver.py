"""Drives a live task as a transport does, step by step: fetches, offers, submits, and counts what was noted."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from typing_extensions import override

from engine.batch import Batch
from engine.memory.log import MemoryLog
from engine.memory.task import MemoryTaskLog
from engine.ports import Intake, Mark, Opened, Writes
from engine.runner import Policy, Runner
from engine.task import Task
from tests.engine.ledger import GROUP, IN, PARTITIONS, Ledger, Wall, made

QUICK = Policy(retries=1, first_delay=0, max_delay=0, tick=0.002, grace_us=100, position_every_us=10**9)
"""No waiting but between the attempts of a failing handler."""


class Faulty(MemoryTaskLog):
    """A task's handle on the log that raises what it is told to, each once, instead of committing or opening."""

    on_commit: list[BaseException]
    on_open: list[BaseException]
    hold: asyncio.Event | None = None

    @override
    async def open(self, into: Intake | None = None, *, anywhere: bool = False) -> Opened:
        if self.on_open:
            raise self.on_open.pop(0)
        return await super().open(into, anywhere=anywhere)

    @override
    async def commit(self, writes: Writes) -> Mark | None:
        if self.hold is not None:
            await self.hold.wait()
        if self.on_commit:
            raise self.on_commit.pop(0)
        return await super().commit(writes)


class Driver:
    """A runner with everything around it.

    Attributes:
        seeks: what the task asked the transport to fetch from.
        crashed: what ended the worker.
        notes: how often each kind was noted.
        seated: whether the group still knows us.
    """

    def __init__(self, log: MemoryLog, ledger: Ledger, policy: Policy, wall: Wall) -> None:
        self.log, self.wall, self.policy = log, wall, policy
        self.seeks: list[dict[str, int]] = []
        self.crashed: list[BaseException] = []
        self.notes: Counter[str] = Counter()
        self.seated = True
        self.faulty = Faulty(log.disk, GROUP, 0, owner="driver", clock=wall, lease_ttl=10**9)
        self.faulty.on_commit, self.faulty.on_open = [], []
        self.task: Task[list[str]] = Task(
            group=GROUP, partition=0, partitions=PARTITIONS, log=self.faulty, processor=ledger
        )
        self.runner = self.start()

    def start(self) -> Runner[list[str]]:
        return Runner(
            self.task, clock=self.wall, seek=self._seek, crash=self._crash, note=self._note, policy=self.policy,
            freed=asyncio.Event(), seated=self._seated,
        )  # fmt: skip

    async def fetched(self, limit: int = 5000) -> Batch | None:
        """The next fetch, offered."""
        at = self.runner.fetch_from(IN)
        records, after = await self.log.read(IN, 0, at, limit)
        return await self.runner.offer(IN, at, records, after)

    async def feed(self, limit: int = 5000) -> None:
        """Fetch all there is and submit it."""
        await self.until(lambda: self.runner.running)
        while self.runner.fetch_from(IN) < (await self.log.ends(IN))[0]:
            batch = await self.fetched(limit)
            assert batch is not None
            self.runner.submit(batch)

    async def until(self, condition: Callable[[], Any]) -> None:
        for _ in range(4000):
            if condition():
                return
            await asyncio.sleep(0.001)
        raise AssertionError(f"it never came to that: {self.notes}, {self.crashed}")

    async def reopened(self, times: int) -> None:
        """Wait until the task was opened so often in all."""
        await self.until(lambda: self.notes["open"] >= times)

    async def turns(self, count: int = 3) -> None:
        """Let that many ticks pass."""
        await asyncio.sleep(self.policy.tick * count * 2)

    async def _seek(self, partition: int, offsets: Mapping[str, int]) -> None:
        assert partition == 0
        self.seeks.append(dict(offsets))

    async def _seated(self) -> bool:
        return self.seated

    async def _crash(self, exc: BaseException) -> None:
        self.crashed.append(exc)

    def _note(self, kind: str, **fields: Any) -> None:
        assert fields["task"] == "ledgers-0"
        self.notes[kind] += 1
        self.notes["outage"] += bool(fields.get("outage"))


async def driving(ledger: Ledger | None = None, policy: Policy = QUICK) -> Driver:
    wall = Wall()
    return Driver(await made(wall), ledger or Ledger(), policy, wall)
