"""Three brokers, two replicas of which must agree: they die, leave and freeze, one by one and two at once."""

import asyncio
from collections.abc import Callable

import pytest

from tests.chaos.driver import Scene
from tests.chaos.load import ROUND, Progress, under_load
from tests.chaos.program import IN, LEDGER
from tests.support import kafka_roles as roles
from tests.support.kafka import KafkaCluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(3600)]

_BROKER_SESSION = 9.0
"""Seconds after which the controller gives a silent broker up (broker.session.timeout.ms)."""


async def in_role(cluster: KafkaCluster, scene: Scene, role: str) -> int:
    """Who has a role just now, or the broker of that number."""
    group = f"{scene.name}-worker"
    match role:
        case "leader":
            return await roles.leader(cluster, f"{scene.name}-{IN}", 0)
        case "group coordinator":
            return await roles.group_coordinator(cluster, group)
        case "transaction coordinator":
            return await roles.transaction_coordinator(cluster, f"{group}-{LEDGER.name}-0")
        case "controller":
            return roles.controller(cluster)
        case _:
            return int(role)


ROLES = ("leader", "group coordinator", "transaction coordinator", "controller")
EACH = ("0", "1", "2")


async def undisturbed(scene: Scene) -> None:
    await scene.settled()
    assert await scene.verdict() == [], scene.report("the oracle disagrees")


async def went(cluster: KafkaCluster, progress: Progress, broker: int, what: str, go: Callable[[int], None]) -> None:
    """A broker goes; the others get on without it; it comes back, and all get on with it."""
    progress.begun()
    await asyncio.to_thread(go, broker)
    await progress.resumed(f"{what}, gone")
    await asyncio.to_thread(cluster.start_broker, broker)
    await progress.resumed(f"{what}, back")


async def test_brokers_that_die_or_leave_one_after_the_other_lose_nothing(
    wide_scene: Scene, three: KafkaCluster
) -> None:
    scene, full = wide_scene, wide_scene.plan.full
    workers = [scene.start(), scene.start()]
    async with under_load(scene) as progress:
        for role in (*ROLES, *EACH) if full else ("controller",):
            broker = await in_role(three, scene, role)
            await went(three, progress, broker, f"{role}, kill -9", three.kill)
        for role in (*ROLES, *EACH) if full else ("group coordinator",):
            broker = await in_role(three, scene, role)
            await went(three, progress, broker, f"{role}, orderly", three.stop)
    await undisturbed(scene)
    assert [worker.returncode for worker in workers] == [0, 0]


async def test_with_two_brokers_down_nothing_is_accepted_and_with_them_back_all_goes_on(
    wide_scene: Scene, three: KafkaCluster
) -> None:
    scene = wide_scene
    dying, living = scene.start(), scene.start()
    async with under_load(scene) as progress:
        for turn in range(3 if scene.plan.full else 1):
            left = turn
            progress.begun()
            for broker in {0, 1, 2} - {left}:
                three.kill(broker)
            if turn == 0:  # a worker dies with them; its successor starts when hardly anybody is there
                scene.kill(dying)
                scene.pulse.drop()  # nobody gets on without the brokers
                successor = scene.start()
            accepted, unsure = scene.fed, sum(map(len, scene.unsure.values()))
            while sum(map(len, scene.unsure.values())) == unsure:  # noqa: ASYNC110 - upstream's own patience is awaited
                await asyncio.sleep(0.1)
            on_its_way = ROUND  # its answer may have come while the brokers died
            assert scene.fed <= accepted + on_its_way, "the log has accepted what one broker alone holds"
            await asyncio.to_thread(three.start)
            await progress.resumed("two at once, kill -9")
    await undisturbed(scene)
    assert [living.returncode, successor.returncode] == [0, 0]


async def test_a_broker_frozen_past_its_session_comes_back_and_nothing_is_lost(
    wide_scene: Scene, three: KafkaCluster
) -> None:
    scene, full = wide_scene, wide_scene.plan.full
    workers = [scene.start(), scene.start()]
    async with under_load(scene) as progress:
        for role in ROLES if full else ("leader",):
            broker = await in_role(three, scene, role)
            progress.begun()
            three.process(broker).freeze()
            await asyncio.sleep((4 if full else 1.5) * _BROKER_SESSION)
            three.process(broker).thaw()
            await progress.resumed(f"{role}, frozen")
    await undisturbed(scene)
    assert [worker.returncode for worker in workers] == [0, 0]
