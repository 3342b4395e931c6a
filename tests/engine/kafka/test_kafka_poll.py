import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from engine.errors import Truncated
from engine.kafka.cluster import Cluster
from engine.kafka.gathering import Gather
from engine.kafka.log import KafkaLog
from engine.kafka.poll import Pace, Poller
from engine.ports import NewRecord, TopicSpec

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
