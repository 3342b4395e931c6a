"""A broker that is cut off from the others is replaced, still believes that it leads, and answers with old data.

This is real: the wires between it and the others are cut, those to clients are not.
"""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

import pytest
from aiokafka.protocol.commit import OffsetFetchRequest

from engine.errors import Fenced, Unavailable
from engine.kafka import offsets
from engine.kafka.log import KafkaLog, Session
from engine.kafka.restore import Barrier, restored
from engine.ports import GroupSpec, NewRecord, Opened, TopicSpec, Writes
from engine.position import Position, encode_position
from engine.state import POSITION
from leadstream.clock import now_us
from tests.chaos.driver import Scene
from tests.chaos.load import under_load
from tests.chaos.plan import plan
from tests.chaos.program import IN
from tests.support import kafka_roles as roles
from tests.support.kafka import KafkaCluster
from tests.support.wire import Wire

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(3600)]

_LONG_ENOUGH = 15.0
"""Seconds in which the others give it up (9 s), choose new leaders, and get on without it."""


GROUP = GroupSpec("g", ("in",), "changelog", "dead")
TOPICS = [TopicSpec("in", 1), TopicSpec("dead", 1), TopicSpec("changelog", 1, compacted=True)]
SHORT = Session(connect=5.0, request=3.0, patience=5.0, transaction=5.0, opening=5.0)


def writes(before: int, after: int, state: bytes) -> Writes:
    position = NewRecord(POSITION, encode_position(Position({"in": after}, 0)))
    return Writes(changelog=[NewRecord(b"k", state), position], before={"in": before}, after={"in": after})


async def group_kept_by(cluster: KafkaCluster, prefix: str, broker: int) -> str:
    """The name of a group whose positions that broker keeps, and whose transactions another one does."""
    async with asyncio.timeout(120):  # a broker that has come back gets its partitions back after a while
        for number in count():
            name = f"{prefix}{number}"
            if await roles.group_coordinator(cluster, name) == broker:
                transactions = await roles.transaction_coordinator(cluster, f"{name}-{GROUP.name}-0")
                if transactions != broker:
                    return name
    raise AssertionError("unreachable")


async def test_what_a_broker_that_nobody_follows_still_tells_is_not_believed(
    three: KafkaCluster, topic_prefix: str
) -> None:
    """It keeps the changelog and the group's positions, both old, and they fit together."""
    network = three.network
    assert network is not None
    before = KafkaLog(three.url, prefix=topic_prefix, clock=now_us, replication=3)
    await before.create_topics(TOPICS)
    changelog, source = (f"{topic_prefix}changelog", 0), (f"{topic_prefix}in", 0)
    stale = await roles.leader(three, *changelog)
    other = (stale + 1) % 3
    group = await group_kept_by(three, topic_prefix, stale)

    def log_by(url: str, session: Session | None = None) -> KafkaLog:
        return KafkaLog(url, prefix=topic_prefix, clock=now_us, session=session, group_id=lambda _: group)

    first = log_by(three.url)
    await first.append({("in", 0): [NewRecord(b"k", b"%d" % number) for number in range(10)]})
    task = first.task(GROUP, 0)
    await task.open()
    await task.commit(writes(0, 3, b"old"))

    async def in_sight() -> bool:  # a commit is acknowledged before its markers are everywhere
        there = await offsets.committed(first.catalog.cluster, group, [source])
        return [one.offset for one in there.values()] == [3] and await first.latest("changelog", 0, b"k") == b"old"

    await until(in_sight)
    await first.stop()

    network.each(network.around(stale), Wire.cut)

    async def replaced() -> bool:
        return await roles.leader(three, *changelog, told_by=other) != stale

    await until(replaced)
    later = log_by(f"kafka://127.0.0.1:{three.port(other)}")
    task = later.task(GROUP, 0)
    await task.open()
    await task.commit(writes(3, 5, b"new"))
    await later.stop()

    others = [wire for broker, wire in enumerate(network.door(0)) if broker != stale]
    network.each(others, Wire.cut)
    alone = log_by(f"kafka://{network.servers(0, stale)}", SHORT)
    cluster = alone.catalog.cluster
    end = (await offsets.stable_ends(cluster, [changelog]))[changelog]
    assert (await restored(cluster, changelog, Barrier(end - 1, 0), 5.0))[b"k"] == b"old"
    told = await cluster.send(stale + 1, OffsetFetchRequest(group, [(source[0], [source[1]])]))
    assert [entry[:2] for _, entries in told.topics for entry in entries] == [(0, 3)]
    with pytest.raises(Unavailable):
        await alone.task(GROUP, 0).open()
    await alone.stop()

    network.each(others, Wire.mend)
    for _ in range(
        5 if plan().full else 1
    ):  # now it may ask all three, and hears this from one and that from the others
        found = await opened(log_by(f"kafka://{network.servers(0, stale)}"))
        assert (found.positions, found.changelog[b"k"]) == ({"in": 5}, b"new")
    await before.stop()


async def until(met: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(120):
        while not await met():  # noqa: ASYNC110 - others bring it about
            await asyncio.sleep(0.1)


async def opened(log: KafkaLog) -> Opened:
    """What the task opens with, when it does."""
    async with asyncio.timeout(120):
        while True:
            try:
                return await log.task(GROUP, 0).open()
            except (Unavailable, Fenced):
                await asyncio.sleep(0.1)
            finally:
                await log.stop()


async def test_workers_that_still_reach_a_broker_nobody_follows_lose_nothing(
    wide_scene: Scene, three: KafkaCluster
) -> None:
    scene = wide_scene
    assert three.network is not None
    workers = [scene.start(), scene.start()]
    async with under_load(scene) as progress:
        for role in ("leader", "coordinator", "controller") if scene.plan.full else ("leader",):
            match role:
                case "leader":
                    broker = await roles.leader(three, f"{scene.name}-{IN}", 0)
                case "coordinator":
                    broker = await roles.group_coordinator(three, f"{scene.name}-worker")
                case _:
                    broker = roles.controller(three)
            progress.begun()
            three.network.each(three.network.around(broker), Wire.cut)
            await asyncio.sleep(_LONG_ENOUGH)
            three.network.mend()
            await progress.resumed(f"{role} cut off from the other brokers")
    await scene.settled()
    assert await scene.verdict() == [], scene.report("the oracle disagrees")
    assert [worker.returncode for worker in workers] == [0, 0]
