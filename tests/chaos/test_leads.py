"""The lead decider killed -9 at random: scores, qualifications and verdicts are those of a second opinion."""

import asyncio
import random
import sys
from pathlib import Path

import pytest

from benchmarks import leads, leads_check
from benchmarks.cases import lead_times, prepare_leads
from benchmarks.homes import Home, everything
from engine.ports import FaustLog
from engine.position import decode_position
from engine.state import POSITION
from events.topics import DEAD_LETTERS, LEAD_EVENTS, LEAD_INBOX, LEAD_STATE
from leadstream.verification import verify_states
from tests.chaos.accounts import Account
from tests.chaos.driver import STANDING
from tests.chaos.liveness import Pulse
from tests.chaos.plan import plan
from tests.chaos.worker import SESSION
from tests.support.process import Process

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

PARTITIONS = 4


class Pair:
    """Two workers; whoever is killed is started again."""

    def __init__(self, home: Home) -> None:
        self._home, self._count = home, 0
        self.workers = [self._start(), self._start()]

    def _start(self) -> Process:
        settings, self._count = self._home.settings, self._count + 1
        argv = [sys.executable, "-m", "tests.chaos.lead_worker", settings.url, settings.prefix, str(PARTITIONS)]
        return Process(argv, log=self._home.folder / f"worker-{self._count}.log")

    async def replace(self, place: int) -> None:
        worker = self.workers[place]
        await asyncio.to_thread(worker.wait_for, r"\bopen task=leads", 60.0)
        worker.kill()
        self.workers[place] = self._start()

    async def stop(self) -> None:
        for worker in self.workers:
            await asyncio.to_thread(worker.wait_for, STANDING)
            assert await asyncio.to_thread(worker.stop) == 0, worker.tail()

    def assert_alive(self) -> None:
        for worker in self.workers:
            assert worker.alive, worker.tail()

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()


async def positions(log: FaustLog) -> list[int]:
    found = [await log.latest(LEAD_STATE, number, POSITION) for number in range(PARTITIONS)]
    return [decode_position(raw).offsets[LEAD_INBOX] if raw else 0 for raw in found]


async def decided(log: FaustLog) -> int:
    return sum(await positions(log))


async def next_commits(log: FaustLog) -> list[int]:
    """Behind the next commit of every partition that has something left to decide."""
    return [min(at + 1, end) for at, end in zip(await positions(log), await log.ends(LEAD_INBOX), strict=True)]


async def passed(log: FaustLog, count: int, pair: Pair) -> None:
    """Wait until so many facts are decided."""
    async with asyncio.timeout(600):
        while await decided(log) < count:
            pair.assert_alive()
            await asyncio.sleep(0.01)


async def test_the_lead_decider_killed_at_random_says_what_a_second_opinion_says(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, topic_prefix: str, account: Account
) -> None:
    wanted = plan()
    url = request.getfixturevalue("kafka_url") if kind == "kafka" else None
    home = Home.on(url, f"{topic_prefix}leads", tmp_path, PARTITIONS)
    records = leads.facts(wanted.events, wanted.seed)
    chance = random.Random(wanted.seed)
    async with home.log() as log:
        await prepare_leads(log, home.settings, records)
        pair, pulse = Pair(home), Pulse(lambda: next_commits(log), lambda: positions(log))
        try:
            for moment in sorted(chance.sample(range(len(records) * 9 // 10), wanted.kills)):
                await passed(log, moment, pair)
                await pair.replace(chance.randrange(2))
                pulse.fault("kill -9")
            await passed(log, len(records), pair)
            last = await pulse.over()
            await pair.stop()
        finally:
            pulse.close()
            pair.close()
        canonical = await everything(log, LEAD_EVENTS, PARTITIONS)
        wrong = leads_check.problems(records, canonical, await lead_times(log, PARTITIONS))
        account.run(
            log=kind,
            records=len(records),
            faults={"kill -9": wanted.kills},
            recoveries=pulse.measured,
            wrong=len(wrong),
        )
        assert wrong == []
        assert last is None or last.longest <= wanted.within(SESSION), last
        assert sum(await log.ends(DEAD_LETTERS)) == 0
        verified = await verify_states(log, PARTITIONS, b"")
        assert verified.problems == []
        assert verified.counts["lead states"][0] > 0
