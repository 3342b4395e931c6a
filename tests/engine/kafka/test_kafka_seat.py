"""A worker's seat in the group: heartbeats are refused, or the group has given it up behind its back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiokafka.protocol.group import LeaveGroupRequest

from engine.kafka import groups
from tests.engine.kafka.counting_worker import group, log_of, topics
from tests.engine.kafka.test_kafka_worker import Scene
from tests.support.kafka import KafkaCluster
from tests.support.refusing import Refusal, RefusingProxy, at_the_door, behind_a_door

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

METADATA, FIND_COORDINATOR, HEARTBEAT = 3, 10, 12
UNKNOWN_TOPIC, NOT_AVAILABLE, UNSUPPORTED = 3, 15, 35
ALWAYS = 10**9
SESSION = 4.0
"""Of the counting worker, in seconds."""


@pytest.fixture(scope="module")
def broker() -> Iterator[tuple[KafkaCluster, int]]:
    with behind_a_door() as broker:
        yield broker


@pytest.fixture
async def proxy(broker: tuple[KafkaCluster, int]) -> AsyncIterator[RefusingProxy]:
    async with at_the_door(broker) as proxy:
        yield proxy


@pytest.fixture
async def scene(
    broker: tuple[KafkaCluster, int], proxy: RefusingProxy, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[Scene]:
    del proxy  # only has to be there
    name = topic_prefix.rstrip("-")
    scene = Scene(log_of(f"kafka://127.0.0.1:{broker[1]}", name), name, tmp_path, [], 1)
    await scene.log.create_topics(topics(name, partitions=1))
    yield scene
    scene.close()
    await scene.log.stop()


def group_of(scene: Scene) -> str:
    return scene.log.group_id(group(scene.name))


async def members(scene: Scene) -> list[str]:
    cluster = scene.log.catalog.cluster
    return [member[0] for _, found in await groups._described(cluster, group_of(scene)) for member in found]


async def thrown_out(scene: Scene) -> None:
    """The group forgets its member, and its task is opened by somebody else."""
    (member,) = await members(scene)
    await scene.log.catalog.cluster.send_to_coordinator(group_of(scene), LeaveGroupRequest(group_of(scene), member))
    task = scene.log.task(group(scene.name), 0)
    await task.open()
    await task.close()
    await scene.publish(100)


async def test_a_seat_whose_heartbeat_has_died_is_taken_again(scene: Scene, proxy: RefusingProxy) -> None:
    await scene.publish(100)
    worker = scene.worker()
    await scene.written(100)
    proxy.refusals = [refusal] = [Refusal(HEARTBEAT, UNSUPPORTED, "")]
    await asyncio.to_thread(worker.wait_for, "trouble in the consumer group", 30.0)
    await asyncio.sleep(2 * SESSION)  # whoever sends no heartbeats has been thrown out by now
    assert refusal.told == 1
    assert await scene.log.owned(group(scene.name), 0)
    await scene.publish(100)
    await scene.written(200)
    assert worker.output().count("trouble in the consumer group") == 1
    assert worker.alive


async def test_who_leads_the_group_and_knows_no_partitions_deals_them_out_as_soon_as_it_does(
    scene: Scene, proxy: RefusingProxy
) -> None:
    await scene.publish(100)
    proxy.refusals = [Refusal(METADATA, UNKNOWN_TOPIC, "faust", ALWAYS)]
    worker = scene.worker()
    await asyncio.to_thread(worker.wait_for, "No partition metadata for topic", 60.0)
    proxy.refusals = []
    await scene.written(100)
    assert worker.alive


async def test_whom_the_group_has_given_up_behind_its_back_joins_again(scene: Scene, proxy: RefusingProxy) -> None:
    await scene.publish(100)
    worker = scene.worker()
    await scene.written(100)
    proxy.refusals = [Refusal(HEARTBEAT, NOT_AVAILABLE, "", ALWAYS)]  # so that no heartbeat tells it
    await thrown_out(scene)
    await scene.written(200)
    await asyncio.to_thread(worker.wait_for, "no longer knows us; joining it again", 30.0)
    assert await scene.log.owned(group(scene.name), 0)
    assert worker.alive


async def test_who_cannot_join_again_ends_loudly(scene: Scene, proxy: RefusingProxy) -> None:
    await scene.publish(100)
    worker = scene.worker()
    await scene.written(100)
    proxy.refusals = [
        Refusal(HEARTBEAT, NOT_AVAILABLE, "", ALWAYS),
        Refusal(FIND_COORDINATOR, NOT_AVAILABLE, "faust", ALWAYS),
    ]
    await asyncio.to_thread(worker.wait_for, "Group Coordinator Request failed", 30.0)
    await thrown_out(scene)
    assert await asyncio.to_thread(worker.wait, 90.0) != 0
    assert "the consumer group has not known us for" in worker.output()
