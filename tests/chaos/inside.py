"""What a worker runs (host, tasks, the chained ledger and its view) in the test's own process, on a real broker."""

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from engine.errors import Unavailable
from engine.host import Host
from engine.ports import FaustLog
from engine.runner import Runner
from tests.chaos.driver import Scene
from tests.chaos.plan import Plan
from tests.chaos.program import IN, OUT, TOPICS, programs
from tests.chaos.worker import POLICY, log_at, now

_RECORDS = 40


class Worker:
    """The two tasks of partition 0, in this process."""

    def __init__(self, log: FaustLog) -> None:
        self.host = Host(log, programs(), clock=now, policy=POLICY)
        self._log = log

    async def __aenter__(self) -> Self:
        await self._log.start()
        self.host.assign([(IN, 0), (OUT, 0)], self._seek)
        self._fetching = asyncio.create_task(self._fetch_on())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._fetching.cancel()
        await asyncio.gather(self._fetching, return_exceptions=True)
        await self.host.revoke()
        await self._log.stop()

    @property
    def reopened(self) -> str:
        """Why the task in question was opened again, if it was."""
        return str(self.host.progress.get(("reopen", "ledger-0"), {}).get("why", ""))

    def decided(self, end: int) -> bool:
        """Whether the ledger has committed all before an offset."""
        return (IN, 0) in self.host.runners and self.host.runners[IN, 0].task.positions.get(IN, 0) >= end

    async def _fetch_on(self) -> None:
        while True:
            for (topic, number), runner in list(self.host.runners.items()):
                if runner.has_room(topic):
                    with contextlib.suppress(Unavailable):
                        await self._fetch(runner, topic, number)
            await asyncio.sleep(0.02)

    async def _fetch(self, runner: Runner[Any], topic: str, number: int) -> None:
        at = runner.fetch_from(topic)
        records, after = await self._log.read(topic, number, at)
        if after != at and runner.running and (batch := await runner.offer(topic, at, records, after)):
            runner.submit(batch)

    async def _seek(self, partition: int, offsets: Mapping[str, int]) -> None:
        pass


class Desk(Scene):
    """A scene with a partition to work on."""

    def worker(self) -> Worker:
        """A worker, not yet at work."""
        return Worker(log_at(self.url, self.name, "worker"))

    async def outcome(self, worker: Worker) -> None:
        """Wait until all is decided, or the worker has ended."""

        async def over() -> bool:
            return worker.host.failure is not None or worker.decided(self.fed)

        await self.wait(over, "neither decided nor ended")

    async def assert_exact(self) -> None:
        """Let a worker finish undisturbed, and ask the oracle."""
        async with self.worker():
            await self.settled()
        assert await self.verdict() == []

    async def publish(self, count: int = _RECORDS) -> None:
        """More records, all to partition 0."""
        lines = [self._line(self.chance.randrange(self.plan.keys), self._value()) for _ in range(count)]
        assert await self.send({0: lines}), "the log is away"


async def desk(url: str, name: str, folder: Path) -> Desk:
    """A scene with its topics."""
    log = log_at(url, name, "upstream")
    await log.start()
    await log.create_topics(TOPICS)
    return Desk(url, name, folder, Plan(), log)
