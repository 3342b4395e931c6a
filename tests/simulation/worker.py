"""A worker process of the simulated world: what the embedded transport does, without Faust, around the real host."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextvars import copy_context
from typing import Any, Self

from engine.batch import Batch
from engine.embedded.seat import Seat
from engine.errors import Fenced, LogError, PoisonBatch, Unavailable
from engine.host import Host, Program
from engine.transport import hand_over
from tests.simulation.log import SimLog
from tests.simulation.loop import LANE, Lane
from tests.simulation.world import World

Programs = Callable[[SimLog, Callable[[], int]], Iterable[Program]]
"""The programs of a process, given its log and its clock."""
Job = Callable[[], Coroutine[Any, Any, None]]


class Worker:
    """One process, from its start to its death.

    Attributes:
        greedy: claims every task, whatever the others own.
        unsettled: lets go of everything and takes its share anew at its next look.
    """

    def __init__(self, world: World, name: str, programs: Programs, log_type: type[SimLog]) -> None:
        self.world, self.name = world, name
        self.lane = Lane(name)
        self.skew = world.rng.randint(-world.plan.skew, world.plan.skew)
        self.greedy, self.unsettled = False, True
        self._log = log_type(clock=self.clock, owner=name, disk=world.disk, lease_ttl=world.plan.lease_ttl)
        self._log.world = world
        self._programs = list(programs(self._log, self.clock))
        self._ours: set[tuple[str, int]] = set()
        self._agent: asyncio.Queue[Batch] = asyncio.Queue()
        self._leaving = asyncio.Event()

    def clock(self) -> int:
        """The time of day as this process knows it."""
        return self.world.wall() + (0 if self.world.calm else self.skew)

    def start(self) -> None:
        """Begin, as a lane of the loop."""
        context = copy_context()
        context.run(LANE.set, self.lane)
        self.lane.exits = lambda: self.die("ends its process the hard way")
        self.world.loop.lanes.append(self.lane)
        self.world.say(self.name, f"starts, its clock is off by {self.skew} us")
        self.world.loop.create_task(self._watched(self._life), context=context)

    def die(self, why: str) -> None:
        """Be gone between two steps, and let nothing go."""
        if not self.lane.dead:
            self.world.say(self.name, f"dies: {why}")
            self.world.loop.bury(self.lane)

    def leave(self) -> None:
        """Be asked to end in good order."""
        self.world.say(self.name, "is asked to leave")
        self._leaving.set()

    async def _life(self) -> None:
        self._host = Host(self._log, self._programs, clock=self.clock, policy=self.world.plan.policy)
        self._host.on_crash(self._crashed)
        self._seat = Seat(self._log, "workers")
        stream = _Stream(self.world, self._agent)
        jobs: list[Job] = [
            lambda: self._seat.beat_on(lambda exc: None), self._follow_members, self._fetch_on,
            lambda: hand_over(self._host, stream),
        ]  # fmt: skip
        tasks = [asyncio.create_task(self._watched(job)) for job in jobs]
        await self._leaving.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._host.revoke()
        await self._seat.give_up()
        self.die("it has left")

    async def _watched(self, job: Job) -> None:
        try:
            await job()
        except Exception as exc:  # noqa: BLE001 - whatever it is, it must not go unseen
            self.world.violate(f"{self.name}: {exc!r} came out of the engine")

    async def _crashed(self, exc: BaseException) -> None:
        allowed = (Fenced, TimeoutError) if not self.world.plan.flaky else (Fenced, TimeoutError, PoisonBatch)
        if not (isinstance(exc, allowed) or type(exc) is LogError):
            self.world.violate(f"{self.name} ended for {exc!r}")
        self.world.happened["worker ended"] = self.world.happened.get("worker ended", 0) + 1
        self.die(f"the engine ends it, {exc!r}")
        await self.world.loop.create_future()

    async def _follow_members(self) -> None:
        while True:
            try:
                share = await self._share()
                if share != self._ours or self.unsettled:
                    await self._rebalance(share)
            except LogError:
                await asyncio.sleep(1)
            await asyncio.sleep(self._seat.look_every)

    async def _share(self) -> set[tuple[str, int]]:
        counts = {topic: program.partitions for topic, program in self._host.programs.items()}
        shares = {count: await self._seat.share(count) for count in sorted(set(counts.values()))}
        if self.greedy:
            shares = {count: set(range(count)) for count in shares}
        return {(topic, number) for topic, count in counts.items() for number in shares[count]}

    async def _rebalance(self, share: set[tuple[str, int]]) -> None:
        self.unsettled = True
        self.world.say(self.name, f"takes {sorted(share)} after {sorted(self._ours)}")
        await self._host.revoke(set(self._ours))
        self._ours = share
        if not self.greedy and self.world.chance(0.4):  # what makes others wait is kind, opening is what makes it safe
            await self._seat.wait_until_released((self._host.programs[topic].group, n) for topic, n in sorted(share))
        self._host.assign(share, self._seek)
        self.unsettled = False

    async def _fetch_on(self) -> None:
        while not self._leaving.is_set():  # `wait_for` may swallow a cancellation
            self._host.freed.clear()
            try:
                found = [await self._fetch(topic, number) for topic, number in sorted(self._ours)]
            except Unavailable:
                await asyncio.sleep(1)
                continue
            if not any(found):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._host.freed.wait(), 0.1 + self.world.rng.random())

    async def _fetch(self, topic: str, partition: int) -> bool:
        runner = self._host.runners.get((topic, partition))
        if runner is None or not runner.has_room(topic):
            return False
        start = before = runner.fetch_from(topic)
        if self.world.disk.partition(topic, partition).next == before:
            return False  # a broker answers when there is something
        if not self.world.calm and before and self.world.chance(0.02):  # the answer to an older question
            start = self.world.rng.randrange(before)
        records, after = await self._log.read(topic, partition, start, self.world.plan.fetch)
        if after == start or not runner.has_room(topic):
            return False
        batch = await runner.offer(topic, start, records, after)
        if batch is not None:
            self._agent.put_nowait(batch)
        return batch is not None

    async def _seek(self, partition: int, offsets: Mapping[str, int]) -> None:
        await self.world.reach(self.name, f"seek {partition} {dict(offsets)}")


class _Stream:
    """What an agent reads: batches in order, late, and now and then one again."""

    def __init__(self, world: World, batches: asyncio.Queue[Batch]) -> None:
        self._world, self._batches = world, batches
        self._seen: list[Batch] = []

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Batch:
        if self._seen and not self._world.calm and self._world.chance(0.05):
            return self._world.rng.choice(self._seen)
        batch = await self._batches.get()
        self._seen = [*self._seen[-5:], batch]
        if self._world.chance(0.3):
            await asyncio.sleep(self._world.rng.random() / 2)
        return batch
