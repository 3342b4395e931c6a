import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from engine.errors import RecordTooLarge, Truncated, Unavailable
from engine.kafka.log import KafkaLog, Session
from engine.ports import GroupSpec, NewRecord, Record, TopicSpec
from tests.support.kafka import KafkaCluster
from tests.support.ports import free_ports

GROUP = GroupSpec("g", ("in",), "changelog", "dead")


def now() -> int:
    return time.time_ns() // 1000


@pytest.fixture
async def log(kafka_url: str, topic_prefix: str) -> AsyncIterator[KafkaLog]:
    log = KafkaLog(kafka_url, prefix=topic_prefix, clock=now)
    await log.start()
    yield log
    await log.stop()


@asynccontextmanager
async def admin(kafka: KafkaCluster) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def everything(log: KafkaLog, topic: str, limit: int = 5000) -> list[Record]:
    found, at, end = [], 0, (await log.ends(topic))[0]
    while at < end:
        fetched = await log.read(topic, 0, at, limit)
        found += fetched.records
        assert fetched.next_offset > at
        at = fetched.next_offset
    assert at == end
    return found


async def test_without_a_broker_start_fails_at_once_and_names_the_addresses() -> None:
    one, two = free_ports(2)
    log = KafkaLog(f"kafka://127.0.0.1:{one},127.0.0.1:{two}", clock=now)
    with pytest.raises(Unavailable, match=rf"127\.0\.0\.1:{one}, 127\.0\.0\.1:{two}"):
        await asyncio.wait_for(log.start(), 5)
    await log.stop()


async def test_a_broker_that_accepts_and_never_answers_counts_as_none() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.drain(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    log = KafkaLog(f"kafka://127.0.0.1:{port}", clock=now, session=Session(connect=0.3))
    with pytest.raises(Unavailable, match=str(port)):
        await asyncio.wait_for(log.start(), 5)
    await log.stop()
    server.close()


@pytest.mark.kafka
async def test_a_topic_is_described_as_it_is_and_every_fault_is_told(kafka: KafkaCluster, log: KafkaLog) -> None:
    foreign = NewTopic(
        f"{log.prefix}in", 3, 1,
        topic_configs={"retention.ms": "1000", "cleanup.policy": "delete", "max.message.bytes": "50000"},
    )  # fmt: skip
    async with admin(kafka) as client:
        await client.create_topics([foreign])
    wanted = TopicSpec("in", 2, compacted=True)
    found = (await log.describe_topics(["in"]))["in"]
    assert found == TopicSpec("in", 3, compacted=False, retention_ms=1000, max_record_bytes=50_000 - 4096)
    faults = "; ".join(await log.topic_faults([wanted, TopicSpec("nowhere", 1)]))
    wrong = ["3 partitions instead of 2", "must be compacted", "1000 ms instead of for ever", "45904 bytes a record"]
    for told in [*wrong, "LogAppendTime", "'nowhere' is missing"]:
        assert told in faults
    await log.create_topics([TopicSpec("ours", 2)])
    assert await log.topic_faults([TopicSpec("ours", 2)]) == []


@pytest.mark.kafka
async def test_names_on_the_broker_carry_the_prefix_and_time_is_the_brokers(kafka: KafkaCluster, log: KafkaLog) -> None:
    await log.create_topics([TopicSpec("in", 1)])
    before = now()
    stopped_clock = KafkaLog(log.url, prefix=log.prefix, clock=lambda: 0)
    await stopped_clock.append({("in", 0): [NewRecord(b"k", b"v", (("h", b"x"),))]})
    await stopped_clock.stop()
    consumer = AIOKafkaConsumer(f"{log.prefix}in", bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    async with consumer:
        got = await asyncio.wait_for(consumer.getone(), 10)
    assert (got.key, got.value, got.headers) == (b"k", b"v", (("h", b"x"),))
    (record,) = await everything(log, "in")
    assert before - 1_000_000 < record.timestamp <= now()


@pytest.mark.kafka
async def test_aborted_records_and_markers_are_never_read_whatever_the_limit(
    kafka: KafkaCluster, log: KafkaLog
) -> None:
    await log.create_topics([TopicSpec("in", 1)])
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=f"{log.prefix}t")
    expected = []
    async with producer:
        for turn in range(12):
            await producer.begin_transaction()
            for n in range(3):
                await producer.send(f"{log.prefix}in", b"%d-%d" % (turn, n), partition=0)
            if turn % 3:
                await producer.abort_transaction()
            else:
                await producer.commit_transaction()
                expected += [b"%d-%d" % (turn, n) for n in range(3)]
    for limit in (1, 2, 3, 5000):
        assert [record.value for record in await everything(log, "in", limit)] == expected
    ends = await log.ends("in")
    assert await log.read("in", 0, ends[0]) == ([], ends[0])


@pytest.mark.kafka
async def test_an_open_transaction_ends_what_readers_see_and_not_what_tasks_know(
    kafka: KafkaCluster, log: KafkaLog
) -> None:
    await log.create_topics([TopicSpec("in", 1)])
    await log.append({("in", 0): [NewRecord(b"k", b"1")]})
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=f"{log.prefix}t")
    async with producer:
        await producer.begin_transaction()
        await producer.send_and_wait(f"{log.prefix}in", b"2", partition=0)
        await log.append({("in", 0): [NewRecord(b"k", b"3")]})
        assert await log.ends("in") == [1]
        assert await log.task(GROUP, 0).ends() == {"in": 3}
        assert [record.value for record in await everything(log, "in")] == [b"1"]
        await producer.commit_transaction()
    assert [record.value for record in await everything(log, "in")] == [b"1", b"2", b"3"]


@pytest.mark.kafka
async def test_ends_are_settled_once_an_open_transaction_is_over(kafka: KafkaCluster, log: KafkaLog) -> None:
    await log.create_topics([TopicSpec("in", 2)])
    hasty = KafkaLog(log.url, prefix=log.prefix, session=Session(patience=0.2))
    await hasty.start()
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=f"{log.prefix}s")
    try:
        async with producer:
            await producer.begin_transaction()
            await producer.send_and_wait(f"{log.prefix}in", b"1", partition=1)
            with pytest.raises(Unavailable, match=r"in is neither committed nor aborted, in partitions \[1\]"):
                await hasty.settled("in")
            asked = asyncio.create_task(log.settled("in"))
            await producer.commit_transaction()
            first, second = await asked
            assert (first, second >= 1) == (0, True)
    finally:
        await hasty.stop()


@pytest.mark.kafka
async def test_the_latest_of_a_key_is_found_far_from_the_end(log: KafkaLog) -> None:
    await log.create_topics([TopicSpec("in", 1)])
    await log.append({("in", 0): [NewRecord(b"far", b"old"), NewRecord(b"far", b"1"), NewRecord(b"gone", b"1")]})
    await log.append({("in", 0): [NewRecord(b"gone", None), *([NewRecord(b"x", b"noise")] * 3000)]})
    await log.append({("in", 0): [NewRecord(b"near", b"2")]})
    found = [await log.latest("in", 0, key) for key in (b"near", b"x", b"far", b"gone", b"nobody")]
    assert found == [b"2", b"noise", b"1", None, None]


@pytest.mark.kafka
async def test_an_offset_that_the_log_no_longer_holds_is_told(kafka: KafkaCluster, log: KafkaLog) -> None:
    from aiokafka.admin import RecordsToDelete  # noqa: PLC0415
    from aiokafka.structs import TopicPartition  # noqa: PLC0415

    await log.create_topics([TopicSpec("in", 1)])
    await log.append({("in", 0): [NewRecord(b"k", b"%d" % n) for n in range(10)]})
    async with admin(kafka) as client:
        await client.delete_records({TopicPartition(f"{log.prefix}in", 0): RecordsToDelete(before_offset=4)})
    assert await log.starts("in") == [4]
    with pytest.raises(Truncated, match="3"):
        await log.read("in", 0, 3)
    assert [record.value for record in (await log.read("in", 0, 4)).records] == [b"%d" % n for n in range(4, 10)]


async def lower_limit(kafka: KafkaCluster, topic: str, limit: int) -> None:
    change = ConfigResource(
        ConfigResourceType.TOPIC,
        topic,
        {"max.message.bytes": str(limit + 4096), "message.timestamp.type": "LogAppendTime"},
    )
    async with admin(kafka) as client:
        await client.alter_configs([change])


@pytest.mark.kafka
async def test_a_limit_lowered_behind_our_back_is_learnt_from_the_refusal(kafka: KafkaCluster, log: KafkaLog) -> None:
    await log.create_topics([TopicSpec("in", 1)])
    assert log.limits == {"in": 1_000_000}
    await lower_limit(kafka, f"{log.prefix}in", 10_000)
    with pytest.raises(RecordTooLarge) as refused:
        await log.append({("in", 0): [NewRecord(b"k", b"x" * 500_000)]})
    assert (refused.value.topic, refused.value.limit, log.limits) == ("in", 10_000, {"in": 10_000})
    await log.append({("in", 0): [NewRecord(b"k", b"x" * 9000)] * 50})
    assert len(await everything(log, "in")) == 50


@pytest.mark.kafka
async def test_many_callers_append_at_once_and_each_keeps_its_order(log: KafkaLog) -> None:
    await log.create_topics([TopicSpec("in", 1)])

    async def caller(name: int) -> None:
        for n in range(20):
            await log.append({("in", 0): [NewRecord(b"%d" % name, b"%d" % n)]})

    await asyncio.gather(*(caller(name) for name in range(30)))
    found = await everything(log, "in")
    for name in range(30):
        assert [int(r.value or b"") for r in found if r.key == b"%d" % name] == list(range(20))


@pytest.mark.kafka
async def test_a_partition_is_owned_while_a_live_member_of_the_group_has_it(kafka: KafkaCluster, log: KafkaLog) -> None:
    await log.create_topics([TopicSpec("in", 2)])
    assert not await log.owned(GROUP, 0)
    member = AIOKafkaConsumer(f"{log.prefix}in", bootstrap_servers=kafka.bootstrap, group_id=log.group_id(GROUP))
    async with member:
        while not member.assignment():  # noqa: ASYNC110 - aiokafka has no event for it
            await asyncio.sleep(0.02)
        assert [await log.owned(GROUP, partition) for partition in (0, 1, 2)] == [True, True, False]
    assert not await log.owned(GROUP, 0)
