"""Three replicas, two of which must agree: how topics are made, and when a record is seen."""

import asyncio
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from engine.kafka.log import KafkaLog
from engine.ports import GroupSpec, NewRecord, TopicSpec
from leadstream.clock import now_us
from tests.support import kafka_roles as roles
from tests.support.kafka import KafkaCluster
from tests.support.process import leadstream

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

GROUP = GroupSpec("g", ("in",), "changelog", "dead")
TOPICS = [TopicSpec("in", 1), TopicSpec("dead", 1), TopicSpec("changelog", 1, compacted=True)]


async def test_a_task_is_not_at_the_end_while_its_leader_alone_has_a_record(
    three: KafkaCluster, topic_prefix: str
) -> None:
    """Else a deadline could pass that the record takes back: a frozen replica keeps it from sight for seconds."""
    log = KafkaLog(three.url, prefix=topic_prefix, clock=now_us, replication=3)
    await log.start()
    await log.create_topics(TOPICS)
    task = log.task(GROUP, 0)
    await task.open()
    await log.append({("in", 0): [NewRecord(b"k", b"seen")]})
    follower = (await roles.leader(three, f"{topic_prefix}in", 0) + 1) % 3
    three.process(follower).freeze()
    appending = asyncio.create_task(log.append({("in", 0): [NewRecord(b"k", b"not yet seen")]}))
    async with asyncio.timeout(60):
        while await task.ends() != {"in": 2}:  # noqa: ASYNC110 - the leader takes it when it takes it
            await asyncio.sleep(0.05)
    assert not appending.done(), "the frozen replica was given up too soon"
    assert (await log.read("in", 0, 0)).next_offset == 1
    three.process(follower).thaw()
    await appending
    assert (await log.read("in", 0, 0)).next_offset == 2
    await log.stop()


async def test_topics_made_by_us_and_by_the_brokers_have_three_replicas_two_of_which_agree(
    three: KafkaCluster, topic_prefix: str, tmp_path: Path
) -> None:
    where = ("--broker", three.url, "--prefix", topic_prefix)
    made = leadstream(*where, "topics", "create", "--replication", "3", log=tmp_path / "create.log")
    assert await asyncio.to_thread(made.wait, 120.0) == 0, made.tail()
    await roles.group_coordinator(three, "anybody")
    await roles.transaction_coordinator(three, "anybody")
    admin = AIOKafkaAdminClient(bootstrap_servers=three.bootstrap)
    await admin.start()
    try:
        names = [name for name in await admin.list_topics() if name.startswith((topic_prefix, "__"))]
        assert {"__consumer_offsets", "__transaction_state", f"{topic_prefix}lead-inbox"} <= set(names)
        described = await admin.describe_topics(names)
        settings = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    finally:
        await admin.close()
    replicas = {len(entry["replicas"]) for topic in described for entry in topic["partitions"]}
    agreeing = {
        entry[1]
        for answer in settings
        for *_, entries in answer.resources
        for entry in entries
        if entry[0] == "min.insync.replicas"
    }
    assert (replicas, agreeing) == ({3}, {"2"})
