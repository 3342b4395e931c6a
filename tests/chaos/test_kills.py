"""Workers killed -9 at random while one becomes two and three: every record once, in order, every deadline once."""

import asyncio

import pytest

from tests.chaos.driver import Scene
from tests.support.process import Process

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


class Crew:
    """Workers with fixed places; a place keeps its name in the group when members are static."""

    def __init__(self, scene: Scene, *, static: bool) -> None:
        self._scene, self._static = scene, static
        self._places: list[Process] = []

    def grow(self, size: int) -> None:
        while len(self._places) < size:
            self._places.append(self._start(len(self._places)))

    async def replace_one(self) -> None:
        """Kill somebody who is at work, start another one in the place."""
        place = self._scene.chance.randrange(len(self._places))
        await self._scene.at_work(self._places[place])
        self._scene.kill(self._places[place])
        self._places[place] = self._start(place)

    def _start(self, place: int) -> Process:
        return self._scene.start(instance=f"place-{place}" if self._static else None)


async def killed_at_random(scene: Scene, *, static: bool) -> None:
    plan, crew = scene.plan, Crew(scene, static=static)
    crew.grow(1)
    moments = sorted(scene.chance.sample(range(plan.events // 20, plan.events * 19 // 20), plan.kills))
    feeding = asyncio.create_task(scene.feed(plan.events))
    for done, moment in enumerate(moments):
        while scene.fed < moment and not feeding.done():  # noqa: ASYNC110 - the feeder's progress is a number
            await asyncio.sleep(0.01)
        await crew.replace_one()
        crew.grow(1 + (done + 1) * (plan.workers - 1) // max(1, plan.kills - 1))
    await feeding
    await scene.settled()


async def test_workers_killed_at_random_lose_nothing_and_double_nothing(scene: Scene) -> None:
    await killed_at_random(scene, static=False)
    assert await scene.verdict() == [], scene.report("the oracle disagrees")


@pytest.mark.kafka
@pytest.mark.parametrize("kind", ["kafka"])
async def test_static_members_killed_at_random_lose_nothing_and_double_nothing(scene: Scene) -> None:
    await killed_at_random(scene, static=True)
    assert await scene.verdict() == [], scene.report("the oracle disagrees")
