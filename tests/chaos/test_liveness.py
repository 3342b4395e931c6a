"""The measure itself: from the fault, or from when there was something to do, until it is done on each partition."""

import asyncio

from engine.errors import Unavailable
from tests.chaos.liveness import Pulse
from tests.engine.virtual import run_virtually


class Partitions:
    """Two partitions, and a log that may be away."""

    def __init__(self) -> None:
        self.ends, self.positions = [5, 5], [5, 5]
        self.away = False

    async def end(self) -> list[int]:
        if self.away:
            raise Unavailable("no broker")
        return list(self.ends)

    async def position(self) -> list[int]:
        return list(self.positions)

    async def goals(self) -> list[int]:
        return [end + 1 for end in await self.end()]


async def measured(at: Partitions, *steps: tuple[float, str], asked: bool) -> list[float]:
    """Recovery from a fault at 0, rounded; steps happen at their seconds."""
    pulse = Pulse(at.goals, at.position, at.end if asked else None)
    pulse.fault("kill -9")
    for seconds, what in steps:
        await asyncio.sleep(seconds - asyncio.get_running_loop().time())
        match what.split():
            case ["away" | "back" as now]:
                at.away = now == "away"
            case [kind, number]:
                (at.ends if kind == "published" else at.positions)[int(number)] += 1
    found = await pulse.over()
    assert found is not None
    assert pulse.beating
    return [round(seconds) for seconds in found.seconds]


def test_each_partition_is_measured_from_the_fault_to_its_own_commit() -> None:
    steps = [(0.5, "published 0"), (0.5, "published 1"), (3.0, "decided 0"), (8.0, "decided 1")]
    assert run_virtually(measured(Partitions(), *steps, asked=False)) == [3, 8]


def test_what_is_published_later_counts_from_then() -> None:
    steps = [(1.0, "published 0"), (3.0, "decided 0"), (10.0, "published 1"), (12.0, "decided 1")]
    assert run_virtually(measured(Partitions(), *steps, asked=True)) == [2, 2]


def test_a_commit_of_what_was_there_before_the_fault_is_no_recovery() -> None:
    at = Partitions()
    at.positions = [4, 4]
    steps = [(1.0, "decided 0"), (1.0, "decided 1"), (4.0, "decided 0"), (5.0, "decided 1")]
    assert run_virtually(measured(at, *steps, asked=False)) == [4, 5]


def test_a_log_that_is_away_afterwards_is_asked_again() -> None:
    steps = [(1.0, "away"), (6.0, "back"), (7.0, "decided 0"), (7.0, "decided 1")]
    assert run_virtually(measured(Partitions(), *steps, asked=False)) == [7, 7]


def test_a_log_that_is_away_when_the_fault_is_over_counts_from_when_it_is_back() -> None:
    at = Partitions()
    at.away = True
    steps = [(6.0, "back"), (7.0, "decided 0"), (9.0, "decided 1")]
    assert run_virtually(measured(at, *steps, asked=False)) == [1, 3]


async def interrupted() -> Pulse:
    at = Partitions()
    pulse = Pulse(at.goals, at.position)
    pulse.fault("first")
    await asyncio.sleep(5)
    assert not pulse.beating
    pulse.fault("second")
    await asyncio.sleep(1)
    at.positions = [6, 6]
    await pulse.over()
    return pulse


def test_the_next_fault_gives_up_the_measure_of_the_one_before() -> None:
    (only,) = run_virtually(interrupted()).measured
    assert (only.fault, round(only.longest)) == ("second", 1)
