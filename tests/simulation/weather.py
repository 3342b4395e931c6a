"""What goes wrong in a simulated world, besides what a call to the log does by itself."""

import asyncio
from collections.abc import Callable

from tests.simulation.loop import Lane
from tests.simulation.plan import SECOND
from tests.simulation.worker import Worker
from tests.simulation.world import HOUR, World

LONGEST_FREEZE = 2
"""In lease times: whoever is frozen for more than one of them is a zombie when it wakes."""


class Weather:
    """Crashes and freezes between any two steps; outages, clock jumps, rebalances and compaction now and then.

    Args:
        born: makes and starts a process, given its name.
    """

    def __init__(self, world: World, born: Callable[[str], Worker]) -> None:
        self.world, self._born = world, born
        self.workers: dict[str, Worker] = {}
        self._generations = 0

    def begin(self) -> None:
        """All processes start."""
        for slot in range(self.world.plan.workers):
            self._fill(f"w{slot}")
        self.world.loop.on_step = self._before_step

    def clear(self) -> None:
        """Nothing more goes wrong. Who is greedy stops; who is frozen thaws in its time, to find the world changed."""
        self.world.calm = True
        self.world.loop.on_step = None
        self.world.say("", "calm")
        for worker in self.workers.values():
            if worker.greedy:
                worker.greedy, worker.unsettled = False, True

    async def blow(self) -> None:
        """Until it is calm."""
        while self.world.faults > 0:
            await asyncio.sleep(self.world.rng.expovariate(1 / 3))
            if self.world.calm:
                return
            self.world.rng.choice(
                [self._outage, self._jump, self._rebalance, self._greed, self._leave, self._compact]
            )()

    async def tend(self) -> None:
        """Start a process wherever one has ended, after a while."""
        while True:
            await asyncio.sleep(0.25)
            for slot, worker in self.workers.items():
                if worker.lane.dead and (self.world.calm or self.world.chance(0.3)):
                    self._fill(slot)

    def _fill(self, slot: str) -> None:
        self._generations += 1
        self.workers[slot] = self._born(f"{slot}.{self._generations}")

    def _before_step(self, lane: Lane) -> bool:
        world = self.world
        if lane is world.loop.root or world.rng.random() >= world.plan.per_step:
            return False
        worker = next(one for one in self.workers.values() if one.lane is lane)
        if world.rng.random() < 0.5:
            if not world.spend("crash"):
                return False
            worker.die("killed")
        else:
            if not world.spend("freeze"):
                return False
            world.freeze(lane, round(world.rng.random() * LONGEST_FREEZE * world.plan.lease_ttl))
        return True

    def _any(self) -> Worker:
        return self.world.rng.choice(list(self.workers.values()))

    def _outage(self) -> None:
        if self.world.spend("outage"):
            self.world.outage(self.world.rng.randint(1, 10) * SECOND)

    def _jump(self) -> None:
        if self.world.spend("clock jump"):
            by = self.world.rng.choice((SECOND, 20 * SECOND, HOUR))
            self.world.say("", f"the clock jumps by {by} us")
            self.world.jump(by)

    def _rebalance(self) -> None:
        if self.world.spend("rebalance"):
            self._any().unsettled = True

    def _greed(self) -> None:
        worker = self._any()
        if self.world.spend("greed"):
            self.world.say(worker.name, "turns greedy" if not worker.greedy else "is greedy no more")
            worker.greedy, worker.unsettled = not worker.greedy, True

    def _leave(self) -> None:
        worker = self._any()
        if not worker.lane.dead and self.world.spend("leave"):
            worker.leave()

    def _compact(self) -> None:
        disk = self.world.disk
        if self.world.spend("compaction"):
            for (topic, _), partition in sorted(disk.partitions.items()):
                if disk.topics[topic].compacted:
                    partition.compact()
