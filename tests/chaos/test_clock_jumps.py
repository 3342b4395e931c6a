"""Clocks that jump, zones that change, deadlines that fall due while nobody works: the same facts as if never down.

Time is driven by hand: records arrive at their own instants, and a live worker, with a clock of its own that may lie,
decides them and ticks. Facts are the same byte for byte wherever the worker's clock tells no more than the truth. A
clock that runs ahead fires too early; what it said too early is then taken back, and every verdict is the same.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from engine.host import Host
from engine.runner import Policy
from engine.sqlite.log import SqliteLog
from events.instants import HOUR, MINUTE, to_us
from events.topics import LEAD_INBOX
from leadstream.demo.company import Arrival, Week
from leadstream.demo.feeding import feed, publish_agreement
from leadstream.deployment import create_topics
from streams.programs import lead_program
from tests.chaos.homes import AGREEMENT, PARTITIONS, ran
from tests.chaos.homes import week as told
from tests.chaos.plan import plan
from tests.system.homes import Home, Outcome, differences, rows

pytestmark = pytest.mark.slow
SPRING = to_us(datetime.fromisoformat("2025-03-29T00:00:00+02:00"))
"""A Saturday; the clocks of Bucharest go forward the night after, at three."""
AUTUMN = to_us(datetime.fromisoformat("2025-10-25T00:00:00+03:00"))
"""A Saturday; they go back the night after, at four."""
WEEKDAY = Week(seed=15, days=2, leads_per_day=8)
QUICK = Policy(tick=0.001, position_every_us=10 * MINUTE)


class World:
    """True time, and the log that stamps what arrives with it."""

    def __init__(self, folder: Path, week: Week) -> None:
        self.now, self.week = week.start, week
        self.home = Home(folder, PARTITIONS)
        self.log = SqliteLog(self.home.settings.log_path, clock=lambda: self.now, owner="world")

    async def begun(self) -> None:
        await self.log.start()
        await create_topics(self.log, self.home.settings)
        await publish_agreement(self.log, AGREEMENT)

    async def arrives(self, arrival: Arrival) -> None:
        self.now = max(self.now, arrival.at)
        await feed(self.log, PARTITIONS, [arrival], history=False)

    @asynccontextmanager
    async def worker(self, ahead: Callable[[], int] = lambda: 0) -> AsyncIterator["Worker"]:
        """A live worker whose clock is so far ahead of the truth."""
        worker = Worker(self, ahead)
        try:
            yield worker
        finally:
            await worker.host.revoke()

    async def ended(self) -> Outcome:
        """The end of the week has come, and all is decided."""
        await self.log.stop()
        return await ran(self.home)


class Worker:
    """The lead tasks of the product in their live runners; batches are carried by hand."""

    def __init__(self, world: World, ahead: Callable[[], int]) -> None:
        self._world, self._ahead = world, ahead
        program = lead_program(world.log, PARTITIONS, self.clock)
        self.host = Host(world.log, [program], clock=self.clock, policy=QUICK)
        self.crashed: list[BaseException] = []

        async def end(exc: BaseException) -> None:
            self.crashed.append(exc)

        self.host.crash = end  # type: ignore[method-assign] - the real one ends the process

        async def seek(*_: Any) -> None:
            """Every fetch says from where."""

        self.host.assign([(LEAD_INBOX, partition) for partition in range(PARTITIONS)], seek)

    def clock(self) -> int:
        return self._world.now + self._ahead()

    async def catches_up(self) -> None:
        """Decide all there is, then let time pass up to now, as the worker sees it."""
        async with asyncio.timeout(30):
            for (topic, partition), runner in self.host.runners.items():
                while not runner.running:
                    await self._rests()
                task = runner.task
                while runner.fetch_from(topic) < (await self._world.log.ends(topic))[partition]:
                    before = runner.fetch_from(topic)
                    records, after = await self._world.log.read(topic, partition, before)
                    batch = await runner.offer(topic, before, records, after)
                    assert batch is not None
                    runner.submit(batch)
                    while task.positions[topic] < after:
                        await self._rests()
                while task.next_due() < self.clock() - QUICK.grace_us:
                    await self._rests()

    async def _rests(self) -> None:
        assert not self.crashed, self.crashed
        await asyncio.sleep(0)


async def passed(folder: Path, week: Week, pauses: Callable[[], bool], ahead: Callable[[], int] = lambda: 0) -> World:
    """A week goes by. At every arrival and every half hour a worker catches up, unless it is down for a while."""
    world = World(folder, week)
    await world.begun()
    arrivals = told(week)
    moments = sorted([*(a.at for a in arrivals), *range(week.start, week.end, HOUR // 2)])
    at = 0
    while at < len(moments):
        async with world.worker(ahead) as worker:
            while at < len(moments) and not pauses():
                arrivals = await happened(world, arrivals, moments[at])
                await worker.catches_up()
                at += 1
        down = min(len(moments), at + 5)
        for moment in moments[at:down]:
            arrivals = await happened(world, arrivals, moment)
        at = down
    return world


async def happened(world: World, arrivals: Sequence[Arrival], until: int) -> list[Arrival]:
    """True time goes on to an instant; what arrives up to then is taken by the log."""
    for arrival in arrivals:
        if arrival.at <= until:
            await world.arrives(arrival)
    world.now = max(world.now, until)
    return [arrival for arrival in arrivals if arrival.at > until]


async def never_down(folder: Path, week: Week) -> Outcome:
    return await (await passed(folder, week, lambda: False)).ended()


async def never_up(folder: Path, week: Week) -> Outcome:
    """All arrives, and is decided in one go when the week is over."""
    world = World(folder, week)
    await world.begun()
    await happened(world, told(week), week.end - 1)
    return await world.ended()


def facts(found: Outcome) -> tuple[dict[tuple[str, bytes], str], int]:
    return found.leads, found.facts


async def test_deadlines_due_while_nobody_works_are_told_as_if_somebody_had(tmp_path: Path) -> None:
    expected = await never_down(tmp_path / "up", WEEKDAY)
    assert any(row["state"] != "retracted" for row in rows(expected, "breaches"))
    assert facts(await never_up(tmp_path / "down", WEEKDAY)) == facts(expected)
    chance = random.Random(plan().seed)
    world = await passed(tmp_path / "now-and-then", WEEKDAY, lambda: chance.random() < 0.2)
    assert facts(await world.ended()) == facts(expected)
    assert await differences(world.home) == []


async def test_a_worker_whose_clock_is_behind_tells_the_same_facts_only_later(tmp_path: Path) -> None:
    chance = random.Random(plan().seed)
    world = await passed(tmp_path / "behind", WEEKDAY, lambda: chance.random() < 0.1, lambda: -HOUR)
    assert facts(await world.ended()) == facts(await never_down(tmp_path / "right", WEEKDAY))
    assert await differences(world.home) == []


def verdicts(found: Outcome) -> tuple[list[Any], list[Any]]:
    """How every clause ended for every clock, and who is late by how much; what was taken back does not count."""
    ended = sorted(
        (row["agreement"], row["clause"], row["started"], row["met"], row["breached"], row["cancelled"], row["open"])
        for row in rows(found, "sla")
    )
    late = sorted(
        (row["lead"], row["clause"], row["cycle"], row["due"], row["answered_at"], row["late_by_seconds"])
        for row in rows(found, "breaches")
        if row["state"] != "retracted"
    )
    return ended, late


async def test_a_worker_whose_clock_jumps_an_hour_there_and_back_ends_in_the_same_verdicts(tmp_path: Path) -> None:
    chance, jump = random.Random(plan().seed), [0]

    def pauses() -> bool:
        jump[0] = chance.choice((0, 0, HOUR, -HOUR))
        return chance.random() < 0.1

    expected = await never_down(tmp_path / "right", WEEKDAY)
    world = await passed(tmp_path / "jumping", WEEKDAY, pauses, lambda: jump[0])
    found = await world.ended()
    assert facts(found) != facts(expected), "no clock has mattered"
    assert verdicts(found) == verdicts(expected)
    assert await differences(world.home) == []


@pytest.fixture
def machine_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets the zone of the machine, which must not matter."""

    def chosen(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield chosen
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("start", [SPRING, AUTUMN], ids=["forward", "back"])
async def test_a_night_in_which_the_clocks_change_is_told_alike_up_or_down_in_any_zone(
    machine_zone: Callable[[str], None], start: int, tmp_path: Path
) -> None:
    week = Week(seed=5, days=3, leads_per_day=10, start=start)
    machine_zone("Europe/Bucharest")
    expected = await never_down(tmp_path / "up", week)
    assert any(verdicts(expected))
    assert facts(await never_up(tmp_path / "down", week)) == facts(expected)
    machine_zone("America/New_York")
    assert facts(await never_down(tmp_path / "elsewhere", week)) == facts(expected)
