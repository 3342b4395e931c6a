"""Runs the simulation of one seed."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import pytest

from engine.host import Program
from tests.simulation.asks import Asks
from tests.simulation.flaky import flaky
from tests.simulation.leads import Leads
from tests.simulation.log import SimLog
from tests.simulation.loop import Deadlock, Endless, SimLoop
from tests.simulation.plan import SECOND, Plan, plan_of
from tests.simulation.scenario import Scenario
from tests.simulation.tallies import Pairs, Tallies
from tests.simulation.weather import LONGEST_FREEZE, Weather
from tests.simulation.worker import Worker
from tests.simulation.world import HOUR, World

MOST_STEPS = 100_000
LIVENESS_S = 30.0
"""Virtual seconds within which everything has to be decided once nothing goes wrong any more and nobody is frozen or
waits for the lease of somebody who is dead."""
_SCENARIOS: dict[str, type[Scenario]] = {
    "tally": Tallies, "chain": Tallies, "pair": Pairs, "leads": Leads, "asks": Asks,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a seed.

    Attributes:
        digest: hash of everything that happened, in order; equal seeds give equal digests.
        violations: what must not happen and did.
        lines: the trace, if it was asked for.
    """

    plan: Plan
    digest: str
    violations: list[str]
    happened: dict[str, int]
    steps: int
    seconds: float
    lines: list[str]


def simulate(seed: int, *, shape: str | None = None, lines: bool = False, log_type: type[SimLog] = SimLog) -> Outcome:
    """Run one seed to its end and hold the outcome against the rules.

    Args:
        seed: decides everything.
        shape: what runs, instead of what the seed would choose.
        lines: keep the trace.
        log_type: the log that processes get; a broken one, where a test wants to see it found out.
    """
    rng = Random(seed)
    plan = plan_of(seed, rng, shape)
    loop = SimLoop(rng, MOST_STEPS, shuffled=plan.shuffled)
    world = World(plan, rng, loop, lines=lines)
    world.say("", repr(plan))
    with _stopwatch(world.stopwatch), _silence(), _loop(loop, world):
        scenario = _SCENARIOS[plan.shape](world)
        try:
            loop.run_until_complete(_story(world, scenario, log_type))
        except (Deadlock, Endless) as exc:
            world.violate(repr(exc))
    for (topic, number), found in world.disk.partitions.items():
        world.say("", f"{topic}-{number} {found.records}")
    return Outcome(
        plan, world.digest, world.violations, world.happened, loop.steps, loop.now_us / SECOND, world.lines or []
    )


async def _story(world: World, scenario: Scenario, log_type: type[SimLog]) -> None:
    plan = world.plan
    setup = SimLog(clock=world.wall, disk=world.disk)
    await setup.create_topics(scenario.topics())
    await scenario.begin()

    def programs(log: SimLog, clock: Callable[[], int]) -> list[Program]:
        found = scenario.programs(log, clock)
        return [flaky(program, world) for program in found] if plan.flaky else found

    def born(name: str) -> Worker:
        worker = Worker(world, name, programs, log_type)
        worker.start()
        return worker

    weather = Weather(world, born)
    weather.begin()
    tending, blowing = asyncio.create_task(weather.tend()), asyncio.create_task(weather.blow())
    for number in range(plan.records):
        await asyncio.sleep(1 / SECOND + world.rng.expovariate(SECOND / plan.pace))
        scenario.send(number)
    if world.chance(0.5):
        world.jump(HOUR)  # what is due falls due while things still go wrong
    await asyncio.wait([blowing], timeout=world.rng.random() * 20)
    weather.clear()
    patience = LIVENESS_S + (1 + LONGEST_FREEZE) * plan.lease_ttl / SECOND
    if not await _soon(scenario.caught_up, patience):
        world.violate(f"not decided after {patience} s: {scenario.caught_up()}")
    world.stopped_at = world.wall() + scenario.horizon
    end = world.stopped_at - plan.policy.grace_us
    if not await _soon(lambda: scenario.passed(end), patience):
        world.violate(f"not fired after {patience} s: {scenario.passed(end)}")
    world.loop.on_step = None
    for worker in weather.workers.values():
        worker.die("the end")
    tending.cancel()
    if not world.violations:  # what was not done need not be compared
        scenario.judge(end)
        await scenario.compare(end)


async def _soon(missing: Callable[[], list[str]], patience: float) -> bool:
    for _ in range(round(patience / 0.5)):
        if not missing():
            return True
        await asyncio.sleep(0.5)
    return not missing()


@contextlib.contextmanager
def _loop(loop: SimLoop, world: World) -> Iterator[None]:
    """The loop, and an end to whatever was left in the middle of something by a crash."""
    tasks: list[asyncio.Task[object]] = []

    def made(loop: asyncio.AbstractEventLoop, coro: object, **how: object) -> asyncio.Task[object]:
        tasks.append(asyncio.Task(coro, loop=loop, **how))  # type: ignore[arg-type]
        return tasks[-1]

    loop.set_task_factory(made)  # type: ignore[arg-type]
    loop.set_exception_handler(lambda _, context: world.violate(f"the loop: {context}"))
    try:
        yield
    finally:
        loop.set_exception_handler(lambda *_: None)
        for lane in loop.lanes:
            lane.dead = True
        for task in tasks:
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                with contextlib.suppress(RuntimeError):
                    task.get_coro().close()
        loop.close()


@contextlib.contextmanager
def _stopwatch(read: Callable[[], float]) -> Iterator[None]:
    """The engine measures how long it has been deciding: here that is chance too."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("engine.task", "engine.sweep"):
            patch.setattr(f"{module}.perf_counter", read)
        yield


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
