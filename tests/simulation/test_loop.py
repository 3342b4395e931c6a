import asyncio
import os
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from functools import partial
from random import Random
from typing import Any

import pytest

from tests.simulation.loop import LANE, Deadlock, Endless, Lane, SimLoop

Body = Callable[[], Coroutine[Any, Any, None]]


class Stage:
    """A loop, and lanes on it."""

    def __init__(self, seed: int = 1, most_steps: int = 1000) -> None:
        self.loop = SimLoop(Random(seed), most_steps)
        self.heard: list[str] = []
        self._tasks: list[asyncio.Task[None]] = []

    def lane(self, name: str, body: Body) -> Lane:
        lane, context = Lane(name), copy_context()
        context.run(LANE.set, lane)
        self.loop.lanes.append(lane)
        self._tasks.append(self.loop.create_task(body(), context=context))
        return lane

    def run(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def close(self) -> None:
        for task in self._tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            task.get_coro().close()
        self.loop.close()

    def talk(self, word: str, times: int = 5) -> Body:
        async def talking() -> None:
            try:
                for _ in range(times):
                    self.heard.append(word)
                    await asyncio.sleep(1)
            finally:
                self.heard.append(f"{word} ends")

        return talking


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_time_passes_only_when_all_wait_and_then_at_once(stage: Stage) -> None:
    stage.run(1_000_000.5)
    assert stage.loop.time() == 1_000_000.5
    stage.close()


def test_a_dead_lane_does_nothing_more_not_even_its_finally(stage: Stage) -> None:
    lane = stage.lane("a", stage.talk("a"))
    stage.run(1.5)
    stage.loop.bury(lane)
    stage.run(10)
    assert stage.heard == ["a", "a"]
    stage.close()


def test_a_frozen_lane_goes_on_where_it_stood(stage: Stage) -> None:
    lane = stage.lane("a", stage.talk("a", times=3))
    stage.lane("b", stage.talk("b", times=3))
    stage.run(0.5)
    lane.frozen = True
    stage.run(10)
    assert stage.heard.count("a") == 1
    assert stage.heard[-1] == "b ends"
    lane.frozen = False
    stage.run(10)
    assert stage.heard[-3:] == ["a", "a", "a ends"]
    stage.close()


def test_a_lane_keeps_its_own_order_and_chance_mixes_the_lanes() -> None:
    async def steps(heard: list[str], name: str) -> None:
        for number in range(20):
            heard.append(f"{name}{number}")
            await asyncio.sleep(0)

    found = []
    for seed in (1, 1, 2):
        stage = Stage(seed)
        for name in "ab":
            stage.lane(name, partial(steps, stage.heard, name))
        stage.run(1)
        stage.close()
        for name in "ab":
            assert [one for one in stage.heard if one[0] == name] == [f"{name}{number}" for number in range(20)]
        found.append(stage.heard)
    assert found[0] == found[1] != found[2]


def test_code_that_ends_its_process_ends_its_lane_only(stage: Stage) -> None:
    async def exiting() -> None:
        asyncio.get_running_loop().call_later(15, os._exit, 70)
        await asyncio.sleep(100)
        stage.heard.append("still here")

    lane = stage.lane("a", exiting)
    lane.exits = lambda: stage.loop.bury(lane)
    stage.run(200)
    assert (stage.heard, lane.dead) == ([], True)
    stage.close()


def test_what_would_wait_for_ever_or_never_end_is_told() -> None:
    loop = SimLoop(Random(1), 1000)
    never = loop.create_future()
    with pytest.raises(Deadlock):
        loop.run_until_complete(never)

    async def spinning() -> None:
        while True:  # noqa: ASYNC110 - that is the point
            await asyncio.sleep(0)

    spin = loop.create_task(spinning())
    with pytest.raises(Endless):
        loop.run_until_complete(spin)
    spin._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
