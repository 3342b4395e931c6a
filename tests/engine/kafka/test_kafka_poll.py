import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from aiokafka.errors import LeaderNotAvailableError

from engine.errors import Truncated, WrongTopic
from engine.kafka.cluster import Cluster
from engine.kafka.gathering import Gather
from engine.kafka.log import KafkaLog
from engine.kafka.poll import Pace, Poller
from engine.ports import NewRecord, TopicSpec
from tests.support.kafka import KafkaCluster

PACE = Pace(batch=7, idle=0.05, busy=0.01, gather=Gather(least=0.0, longest=0.0), backoff=0.01)


@pytest.fixture
async def log(kafka_url: str, topic_prefix: str) -> AsyncIterator[KafkaLog]:
    log = KafkaLog(kafka_url, prefix=topic_prefix, clock=lambda: time.time_ns() // 1000)
    await log.create_topics([TopicSpec("in", 3)])
    yield log
    await log.stop()


@pytest.fixture
async def poller(log: KafkaLog) -> AsyncIterator[Poller]:
    cluster = Cluster(log.servers, log.session, "poll")
    poller = Poller(cluster, PACE)
    yield poller
    await poller.stop()
    await cluster.stop()


@pytest.mark.kafka
async def test_polling_gives_every_partition_its_records_in_order_in_small_batches(
    log: KafkaLog, poller: Poller
) -> None:
    topic = f"{log.prefix}in"
    expected: dict[int, list[bytes | None]] = {}
    wanted = {(topic, partition): 0 for partition in range(3)}
    found: dict[int, list[bytes | None]] = {0: [], 1: [], 2: []}
    for turn in range(3):
        for partition in range(3):
            values = [b"%d-%d" % (turn, n) for n in range(10 * (partition + 1))]
            expected.setdefault(partition, []).extend(values)
            await log.append({("in", partition): [NewRecord(b"k", value) for value in values]})
        async with asyncio.timeout(20):
            while any(len(found[partition]) < len(expected[partition]) for partition in range(3)):
                for (_, partition), (offset, fetched) in (await poller.poll(wanted, all_ready=True)).items():
                    assert offset == wanted[topic, partition]
                    assert fetched.records
                    found[partition] += [record.value for record in fetched.records]
                    wanted[topic, partition] = fetched.next_offset
    assert found == expected
    assert await poller.poll(wanted, all_ready=True) == {}


@pytest.mark.kafka
async def test_an_answer_to_what_is_no_longer_wanted_is_thrown_away(log: KafkaLog, poller: Poller) -> None:
    at = f"{log.prefix}in", 0
    for low in (0, 10, 20):
        await log.append({("in", 0): [NewRecord(b"k", b"%d" % n) for n in range(low, low + 10)]})
    async with asyncio.timeout(20):
        while not await poller.poll({at: 0}, all_ready=True):
            pass
        # The rest of that answer is kept, and under way may be more; then the task opens again further back.
        while not (found := await poller.poll({at: 3}, all_ready=True)):
            pass
    offset, fetched = found[at]
    assert (offset, [record.offset for record in fetched.records]) == (3, list(range(3, 10)))


@pytest.mark.kafka
async def test_nothing_is_kept_of_partitions_that_are_no_longer_ours(log: KafkaLog, poller: Poller) -> None:
    at = f"{log.prefix}in", 0
    for low in (0, 10, 20):
        await log.append({("in", 0): [NewRecord(b"k", b"%d" % n) for n in range(low, low + 10)]})
    async with asyncio.timeout(20):
        while not await poller.poll({at: 0}, all_ready=True):
            pass
        assert at in poller._kept
        poller.forget()
        assert poller._kept == {}
        found = {}
        while not found:
            polling = asyncio.create_task(poller.poll({at: 0}, all_ready=True))
            await asyncio.sleep(0)
            poller.forget()  # while it is under way
            found = await polling
    assert poller._kept == {}


@pytest.mark.kafka
async def test_what_is_missing_in_the_brokers_last_word_is_asked_for_and_not_believed(
    log: KafkaLog, poller: Poller
) -> None:
    topic = f"{log.prefix}in"
    for partition in (0, 1):
        await log.append({("in", partition): [NewRecord(b"k", b"v")]})
    assert poller._cluster._client is None
    await poller._cluster.leader(topic, 0)
    assert poller._cluster._client is not None
    del poller._cluster._client.cluster._partitions[topic][1]
    wanted, found = {(topic, 0): 0, (topic, 1): 0}, list[tuple[str, int]]()
    async with asyncio.timeout(20):
        while len(found) < 2:
            found += await poller.poll({at: 0 for at in wanted if at not in found}, all_ready=True)
    assert found == [(topic, 0), (topic, 1)]
    with pytest.raises(WrongTopic, match="has 3 partitions, there is no partition 3"):
        await poller._cluster.leader(topic, 3)
    with pytest.raises(WrongTopic, match="does not exist"):
        await poller._cluster.leader(f"{topic}-which-nobody-made", 0)


@pytest.mark.kafka
@pytest.mark.slow
async def test_a_partition_without_a_leader_keeps_nobody_from_fetching_the_others() -> None:
    with KafkaCluster(3) as brokers:
        log = KafkaLog(brokers.url, clock=lambda: time.time_ns() // 1000)  # one replica of each partition
        await log.create_topics([TopicSpec("in", 6)])
        cluster = Cluster(log.servers, log.session, "poll")
        poller = Poller(cluster, PACE)
        leaders = [await cluster.leader("in", partition) for partition in range(6)]
        lost = leaders[0]
        wanted = {("in", partition): 0 for partition in range(6)}
        well = {at for at in wanted if leaders[at[1]] != lost}
        assert well

        async def read(these: set[tuple[str, int]]) -> None:
            await log.append({at: [NewRecord(b"k", b"v")] for at in these})
            before = dict(wanted)
            async with asyncio.timeout(20):
                while any(wanted[at] == before[at] for at in these):
                    for at, (_, portion) in (await poller.poll(wanted, all_ready=True)).items():
                        wanted[at] = portion.next_offset

        await read(set(wanted))
        await asyncio.to_thread(brokers.kill, lost - 1)
        for _ in range(3):
            await read(well)
        async with asyncio.timeout(60):
            while await _has_leader(cluster, 0):
                await poller.poll(wanted, all_ready=True)
        for _ in range(3):
            await read(well)
        await asyncio.to_thread(brokers.start)
        async with asyncio.timeout(60):
            while not await _has_leader(cluster, 0):
                await poller.poll(wanted, all_ready=True)
        await read(set(wanted) - well)
        await poller.stop()
        await cluster.stop()
        await log.stop()


async def _has_leader(cluster: Cluster, partition: int) -> bool:
    try:
        await cluster.leader("in", partition)
    except LeaderNotAvailableError:
        return False
    return True


@pytest.mark.kafka
async def test_an_offset_outside_the_log_is_told(log: KafkaLog, poller: Poller) -> None:
    async def ask() -> None:
        while True:
            await poller.poll({(f"{log.prefix}in", 0): 77}, all_ready=True)

    with pytest.raises(Truncated, match="@77"):
        await asyncio.wait_for(ask(), 20)


async def test_without_a_broker_polling_gives_nothing_and_goes_on() -> None:
    from engine.kafka.session import Session  # noqa: PLC0415

    cluster = Cluster(["127.0.0.1:1"], Session(connect=0.2, patience=0.1), "poll")
    poller = Poller(cluster, PACE)
    for _ in range(3):
        assert await poller.poll({("t", 0): 0}, all_ready=True) == {}
    await poller.stop()
