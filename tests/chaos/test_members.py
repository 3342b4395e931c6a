"""Workers come and go under load, in order and in a storm: nothing is lost, doubled or left standing."""

import asyncio

import pytest

from engine.ending import REPLACED_EXIT
from tests.chaos.driver import Scene
from tests.support.process import Process

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


async def undisturbed(scene: Scene) -> None:
    await scene.settled()
    assert await scene.verdict() == [], scene.report("the oracle disagrees")


async def test_a_rolling_restart_and_a_worker_more_or_less_lose_nothing_and_double_nothing(scene: Scene) -> None:
    workers = [scene.start(), scene.start()]
    feeding = asyncio.create_task(scene.feed(scene.plan.events // 2, ahead=500))
    for place in range(2):
        await scene.at_work(workers[place])
        await scene.stop(workers[place])
        workers[place] = scene.start()
    third = scene.start()
    await scene.at_work(third)
    await scene.stop(third)
    await feeding
    await undisturbed(scene)


async def test_a_storm_of_rebalances_loses_nothing_and_doubles_nothing(scene: Scene) -> None:
    steady = scene.start()
    await scene.at_work(steady)
    feeding = asyncio.create_task(scene.feed(scene.plan.events // 2, ahead=500))
    guests: list[Process] = []
    for turn in range(scene.plan.kills * 2 if scene.plan.full else 4):
        # The next one comes before the one before has found its place; some leave in order, some do not.
        guests.append(scene.start())
        scene.fault("join")
        await asyncio.to_thread(guests[-1].wait_for, "started")
        if turn % 3 == 1:
            scene.kill(guests.pop(0))
        elif turn % 3 == 2:
            await scene.stop(guests.pop(0))
    await feeding
    await undisturbed(scene)
    assert steady.returncode == 0


async def test_a_rebalance_during_a_restore_loses_nothing_and_doubles_nothing(scene: Scene) -> None:
    first = scene.start()
    await scene.feed(scene.plan.events // 4)
    await scene.stop(first)
    restoring = scene.start(failpoint="open.fenced:stop")  # the former owner is fenced, nothing is read yet
    await asyncio.to_thread(restoring.wait_for, "failpoint open.fenced: stop", 60.0)
    guest = scene.start()
    await asyncio.to_thread(guest.wait_for, "started")
    scene.thaw(restoring)  # shorter than a session: it is a member still, and finds the others rebalancing
    await scene.feed(scene.plan.events // 4)
    await undisturbed(scene)


@pytest.mark.kafka
@pytest.mark.parametrize("kind", ["kafka"])
async def test_a_static_member_replaced_while_it_is_frozen_comes_back_and_ends(scene: Scene) -> None:
    one, other = scene.start(instance="one"), scene.start(instance="other")
    await scene.feed(2_000)
    await scene.at_work(one)
    one.freeze()
    again = scene.start(instance="one")  # the same place, while the frozen one still believes it has it
    scene.expected_dead.add(one)
    await scene.feed(2_000)
    await scene.at_work(again)
    feeding = asyncio.create_task(scene.feed(2_000))
    scene.thaw(one)
    assert await asyncio.to_thread(one.wait, 60.0) == REPLACED_EXIT
    assert "another process has taken the place of worker 'one'" in one.output()
    await feeding
    assert other.alive
    assert again.alive
    await undisturbed(scene)


@pytest.mark.kafka
@pytest.mark.parametrize("kind", ["kafka"])
async def test_a_static_member_frozen_just_before_it_joins_again_does_not_take_the_place_back(scene: Scene) -> None:
    one = scene.start(instance="one", failpoint="revoke.begin:stop")
    await scene.feed(2_000)
    await scene.at_work(one)
    feeding = asyncio.create_task(scene.feed(4_000))
    other = scene.start(instance="other")
    await asyncio.to_thread(one.wait_for, "failpoint revoke.begin: stop", 60.0)
    scene.expected_dead.add(one)
    again = scene.start(instance="one")
    await scene.at_work(again)
    scene.thaw(one)
    await feeding
    assert await asyncio.to_thread(one.wait, 60.0) == REPLACED_EXIT
    assert "another process has taken the place of worker 'one'" in one.output()
    assert other.alive
    assert again.alive
    await undisturbed(scene)


@pytest.mark.kafka
@pytest.mark.parametrize("kind", ["kafka"])
async def test_of_two_living_processes_with_one_static_name_the_one_that_came_last_stays(scene: Scene) -> None:
    first, other = scene.start(instance="one"), scene.start(instance="other")
    for member in (first, other):
        await scene.at_work(member)
    feeding = asyncio.create_task(scene.feed(2_000))
    scene.expected_dead.add(first)
    last = scene.start(instance="one")
    assert await asyncio.to_thread(first.wait, 60.0) == REPLACED_EXIT
    assert "another process has taken the place of worker 'one'" in first.output()
    await feeding
    await scene.at_work(last)
    await undisturbed(scene)  # nobody else has ended by itself
