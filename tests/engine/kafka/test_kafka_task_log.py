import asyncio
import logging
import time
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from engine.errors import Fenced, RecordTooLarge, Truncated, Unavailable, WrongTopic
from engine.kafka.batches import built
from engine.kafka.dropping import drop_producer
from engine.kafka.log import KafkaLog, Session
from engine.kafka.producers import transactional
from engine.kafka.task_log import fallback_level
from engine.ports import GroupSpec, NewRecord, TopicSpec, Writes
from engine.state import POSITION
from tests.support.kafka import KafkaCluster

GROUP = GroupSpec("g", ("in",), "changelog", "dead")
TOPICS = [TopicSpec("in", 1), TopicSpec("out", 1), TopicSpec("dead", 1), TopicSpec("changelog", 1, compacted=True)]
SHORT = Session(connect=2.0, request=2.0, patience=1.0, transaction=3.0, opening=3.0)


def now() -> int:
    return time.time_ns() // 1000


@pytest.fixture
async def log(kafka_url: str, topic_prefix: str) -> AsyncIterator[KafkaLog]:
    log = KafkaLog(kafka_url, prefix=topic_prefix, clock=now)
    await log.start()
    await log.create_topics(TOPICS)
    await log.append({("in", 0): [NewRecord(b"k", b"%d" % n) for n in range(10)]})
    yield log
    await log.stop()


async def values(log: KafkaLog, topic: str) -> list[bytes | None]:
    found, at, end = [], 0, (await log.ends(topic))[0]
    while at < end:
        records, at = await log.read(topic, 0, at)
        found += [record.value for record in records]
    return found


def writes(before: int, after: int, *outputs: bytes, changelog: dict[bytes, bytes | None] | None = None) -> Writes:
    return Writes(
        outputs={("out", 0): [NewRecord(b"k", output) for output in outputs]},
        changelog=[NewRecord(key, value) for key, value in (changelog or {}).items()],
        before={"in": before},
        after={"in": after},
    )


@pytest.mark.kafka
async def test_a_second_owner_fences_the_first_and_nothing_of_it_is_seen(log: KafkaLog, kafka_url: str) -> None:
    elsewhere = KafkaLog(kafka_url, prefix=log.prefix, clock=now)
    first, second = log.task(GROUP, 0), elsewhere.task(GROUP, 0)
    await first.open()
    await first.commit(writes(0, 3, b"one", changelog={b"k": b"one"}))
    found = await second.open()
    assert (found.positions, found.changelog) == ({"in": 3}, {b"k": b"one"})
    with pytest.raises(Fenced):
        await first.commit(writes(3, 5, b"zombie", changelog={b"k": b"zombie"}))
    await second.commit(writes(3, 4, b"two"))
    assert await values(log, "out") == [b"one", b"two"]
    assert (await elsewhere.task(GROUP, 0).open()).changelog == {b"k": b"one"}
    await elsewhere.stop()


@pytest.mark.kafka
async def test_a_transaction_cut_by_death_is_invisible_and_ends_with_the_next_opening(log: KafkaLog) -> None:
    name = f"{log.group_id(GROUP)}-{GROUP.name}-0"
    dying = await transactional(log.servers, log.session, name)
    await dying.begin_transaction()
    for topic in ("out", "changelog", "in"):
        (batch,) = built([NewRecord(b"k", b"never")], None, None, transactional=True)
        await (await dying.send_batch(batch, log.prefix + topic, partition=0))
    await dying.send_offsets_to_transaction({TopicPartition(f"{log.prefix}in", 0): 7}, log.group_id(GROUP))
    await drop_producer(dying)
    assert await log.ends("in") == [10]

    task = log.task(GROUP, 0)
    found = await task.open()
    assert (found.positions, found.changelog) == ({"in": 0}, {})
    await log.append({("in", 0): [NewRecord(b"k", b"after")]})
    assert await values(log, "in") == [*(b"%d" % n for n in range(10)), b"after"]
    await task.commit(writes(0, 12, b"done"))
    assert await values(log, "out") == [b"done"]


@pytest.mark.kafka
async def test_positions_are_the_consumer_groups_own(log: KafkaLog, kafka: KafkaCluster) -> None:
    task = log.task(GROUP, 0)
    await task.open()
    await task.commit(writes(0, 6))
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id=f"{log.prefix}leadstream-g")
    async with consumer:
        assert await consumer.committed(TopicPartition(f"{log.prefix}in", 0)) == 6


@pytest.mark.kafka
async def test_an_offset_of_ours_put_back_by_a_late_repetition_is_not_believed_and_one_set_by_others_is_told(
    log: KafkaLog, caplog: pytest.LogCaptureFixture
) -> None:
    """A request to commit was given up and sent again; the first one arrives in the next transaction."""
    task, at, group = log.task(GROUP, 0), TopicPartition(f"{log.prefix}in", 0), log.group_id(GROUP)
    await task.open()
    await task.commit(writes(0, 4))
    await task.commit(writes(4, 6, changelog={POSITION: b'{"offsets":{"in":6},"time":0}'}))
    await task.close()
    producer = await transactional(log.servers, log.session, f"{group}-g-0")
    for note, told in ((f"{group}-g-0", 6), ("", 4)):
        await producer.begin_transaction()
        for offset in (6, 4):
            await producer.send_offsets_to_transaction({at: OffsetAndMetadata(offset, note)}, group)
        await producer.commit_transaction()
        patient = KafkaLog(log.url, prefix=log.prefix, clock=now, session=Session(patience=1.0))
        assert (await patient.task(GROUP, 0).open()).positions == {"in": told}
        await patient.stop()
        producer = await transactional(log.servers, log.session, f"{group}-g-0")
    await drop_producer(producer)
    assert [each.message for each in caplog.records if "is told as" in each.message] == [
        f"{group}-g-0: {log.prefix}in-0 is told as 4, it is 6"
    ]


@pytest.mark.kafka
async def test_when_the_brokers_have_forgotten_the_offsets_the_position_record_knows_them(log: KafkaLog) -> None:
    before = log.task(GROUP, 0)
    await before.open()
    await before.commit(writes(0, 6, changelog={POSITION: b'{"offsets":{"in":6},"time":0}'}))
    # The same changelog under a group id that the brokers know nothing of, as after an expiry.
    forgotten = KafkaLog(log.url, prefix=log.prefix, clock=now, group_id=lambda _: f"{log.prefix}forgotten")
    found = await forgotten.task(GROUP, 0).open()
    assert found.positions == {"in": 6}
    await forgotten.stop()


@pytest.mark.kafka
async def test_records_removed_before_they_were_read_are_told_and_never_skipped(
    log: KafkaLog, kafka: KafkaCluster
) -> None:
    task = log.task(GROUP, 0)
    await task.open()
    await task.commit(writes(0, 3))
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(f"{log.prefix}in", 0): RecordsToDelete(before_offset=5)})
    finally:
        await admin.close()
    with pytest.raises(Truncated, match="is 3, the log holds 5 to 10"):
        await log.task(GROUP, 0).open()


@pytest.mark.kafka
async def test_a_position_beyond_the_end_is_told_after_asking_again(log: KafkaLog) -> None:
    task = log.task(GROUP, 0)
    await task.open()
    await task.commit(writes(0, 1000))
    hasty = KafkaLog(log.url, prefix=log.prefix, clock=now, session=SHORT)
    with pytest.raises(Truncated, match="is 1000, the log holds 0 to 10"):
        await hasty.task(GROUP, 0).open()
    await hasty.stop()


@pytest.mark.kafka
async def test_a_restore_finds_every_latest_value_over_many_transactions(log: KafkaLog) -> None:
    task = log.task(GROUP, 0)
    await task.open()
    expected: dict[bytes, bytes] = {}
    for turn in range(20):
        changes: dict[bytes, bytes | None] = {b"%d" % (n * (turn + 1)): b"%d.%d" % (turn, n) for n in range(300)}
        changes |= {b"%d" % (n * 7): None for n in range(turn, 100, 9)}
        await task.commit(Writes(changelog=[NewRecord(key, value) for key, value in changes.items()]))
        for key, value in changes.items():
            expected.pop(key, None)
            if value is not None:
                expected[key] = value
    assert (await log.task(GROUP, 0).open()).changelog == expected


@pytest.mark.kafka
@pytest.mark.parametrize("known", [True, False], ids=["limit known", "limit lowered meanwhile"])
async def test_a_record_the_topic_does_not_take_leaves_nothing_and_moves_nothing(
    log: KafkaLog, kafka: KafkaCluster, known: bool
) -> None:
    task = log.task(GROUP, 0)
    await task.open()
    await task.commit(writes(0, 1, b"before"))
    change = ConfigResource(ConfigResourceType.TOPIC, f"{log.prefix}out", {"max.message.bytes": "20000"})
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.alter_configs([change])
    await admin.close()
    if known:
        await log.describe_topics(["out"])
    with pytest.raises(RecordTooLarge) as refused:
        await task.commit(writes(1, 2, b"small", b"x" * 50_000, changelog={b"k": b"never"}))
    assert (refused.value.topic, refused.value.size, refused.value.limit) == ("out", 50_001, 20_000 - 4096)
    found = await task.open()
    assert (found.positions, found.changelog) == ({"in": 1}, {})
    assert await values(log, "out") == [b"before"]


@pytest.mark.kafka
async def test_a_missing_source_is_named_when_the_task_opens(log: KafkaLog) -> None:
    with pytest.raises(WrongTopic, match="nowhere"):
        await log.task(GroupSpec("g", ("nowhere",), "changelog", "dead"), 0).open()


async def test_without_a_broker_opening_is_an_outage_that_ends() -> None:
    log = KafkaLog("kafka://127.0.0.1:1", clock=now, session=SHORT)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(log.task(GROUP, 0).open(), 10)
    await log.stop()


@pytest.mark.kafka
@pytest.mark.slow
async def test_an_outage_in_a_transaction_is_told_in_time_and_over_when_the_broker_is_back() -> None:
    with KafkaCluster() as cluster:
        patient = KafkaLog(cluster.url, clock=now)  # a broker that has just begun takes its time
        await patient.create_topics(TOPICS)
        await patient.append({("in", 0): [NewRecord(b"k", b"1")]})
        first = patient.task(GROUP, 0)
        await first.open()
        await first.commit(writes(0, 1, b"before"))
        log = KafkaLog(cluster.url, clock=now, session=SHORT)
        task = log.task(GROUP, 0)
        await task.open()
        cluster.process().freeze()
        for attempt in (task.commit(writes(1, 1, b"lost?")), log.append({("in", 0): [NewRecord(b"k", b"2")]})):
            with pytest.raises(Unavailable):
                await asyncio.wait_for(attempt, 15)
        await asyncio.wait_for(task.close(), 5)
        with pytest.raises(Unavailable):
            await asyncio.wait_for(task.open(), 15)
        cluster.process().thaw()
        again = patient.task(GROUP, 0)
        found = await again.open()
        assert found.positions == {"in": 1}
        await again.commit(writes(1, 1, b"after"))
        assert (await values(patient, "out"))[0] == b"before"
        assert (await values(patient, "out"))[-1] == b"after"
        await patient.stop()
        await asyncio.wait_for(log.stop(), 5)


def test_offsets_the_brokers_forgot_are_a_warning_and_those_never_committed_are_none() -> None:
    assert fallback_level(remembered=5, start=0) == logging.WARNING
    assert fallback_level(remembered=5, start=3) == logging.WARNING
    assert fallback_level(remembered=0, start=0) == logging.INFO
    assert fallback_level(remembered=5, start=5) == logging.INFO


@pytest.mark.kafka
async def test_a_task_in_which_only_time_has_passed_opens_again_without_a_warning(
    log: KafkaLog, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    task = log.task(GROUP, 0)
    await task.open()
    await task.commit(Writes(changelog=[NewRecord(POSITION, b'{"offsets":{"in":0},"time":1}')]))
    assert (await task.open()).positions == {"in": 0}
    assert [found.levelno for found in caplog.records if "no committed offset" in found.message] == [logging.INFO]
