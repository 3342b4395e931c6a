"""Deadlines that fall due while nobody works, or while the only worker's clock is an hour behind: as if never down."""

import asyncio

import pytest

from tests.chaos.driver import Scene

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

_EVENTS = 1_000
_ALL_DUE_SECONDS = 4.5
"""After so many every deadline that a record has set is past."""
_HOUR = 3_600


async def test_deadlines_due_while_nobody_works_fire_once_and_before_what_came_later(scene: Scene) -> None:
    first = scene.start()
    await scene.feed(_EVENTS)
    await scene.at_work(first)
    scene.kill(first)
    await scene.feed(_EVENTS // 2, ahead=10 * _EVENTS)
    await asyncio.sleep(_ALL_DUE_SECONDS)
    await scene.feed(_EVENTS // 2, ahead=10 * _EVENTS)  # may move or clear what is due by now, and comes too late
    scene.start()
    await scene.settled()
    assert await scene.verdict() == [], scene.report("the oracle disagrees")


async def test_a_worker_whose_clock_is_an_hour_behind_fires_nothing_too_early_and_the_next_one_fires_the_rest(
    scene: Scene,
) -> None:
    behind = scene.start(ahead=-_HOUR)
    await scene.feed(_EVENTS)
    await scene.wait(lambda: scene.decided(scene.fed), "the one that is behind does not decide")
    await asyncio.sleep(_ALL_DUE_SECONDS)
    await scene.feed(_EVENTS // 2)
    await scene.wait(lambda: scene.decided(scene.fed), "the one that is behind does not decide")
    scene.kill(behind)
    scene.start()
    await scene.settled()
    assert await scene.verdict() == [], scene.report("the oracle disagrees")
