"""Input as only Kafka has it: upstream transactions that came to nothing, markers at the end, gaps by compaction."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from engine.drain import drain
from engine.host import Program
from engine.kafka.log import KafkaLog
from engine.partitioning import partition_of
from engine.ports import EventLog, NewRecord, TopicSpec
from engine.position import decode_position
from engine.reading import records_of
from engine.recordtime import TIME_HEADER
from engine.state import POSITION
from events.topics import LEAD_INBOX, LEAD_STATE
from leadstream.clock import now_us
from leadstream.demo.company import Arrival
from leadstream.deployment import opened
from streams.programs import LEADS
from tests.chaos.homes import PARTITIONS, fed, home_on, ran, undisturbed, week
from tests.chaos.plan import plan
from tests.engine.ledger import CHANGELOG, DEAD, GROUP, IN, OUT, Ledger
from tests.support.kafka import KafkaCluster
from tests.system.homes import Home, differences
from tests.system.upstream import captured, leads_told, told, until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    yield from home_on("kafka", request, tmp_path)


@pytest.fixture
async def upstream(home: Home, kafka: KafkaCluster) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that writes in transactions."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=f"{home.prefix}upstream")
    async with producer:
        yield producer


async def written(home: Home, upstream: AIOKafkaProducer, arrivals: Sequence[Arrival], *, kept: bool) -> None:
    """These records in one transaction, which is committed or comes to nothing."""
    await upstream.begin_transaction()
    for arrival in arrivals:
        await upstream.send_and_wait(
            f"{home.prefix}{LEAD_INBOX}",
            key=arrival.key,
            value=arrival.value,
            partition=partition_of(arrival.key, PARTITIONS),
            headers=[(TIME_HEADER, b"%d" % arrival.at)],
        )
    await (upstream.commit_transaction() if kept else upstream.abort_transaction())


async def passed_all(log: EventLog, home: Home) -> bool:
    """Whether the worker says that it stands behind everything."""
    ends = await log.ends(LEAD_INBOX)
    said = [await log.latest(LEAD_STATE, partition, POSITION) for partition in range(PARTITIONS)]
    return [raw and decode_position(raw).offsets[LEAD_INBOX] for raw in said] == ends


async def at_the_end(home: Home) -> bool:
    """Whether the lead tasks stand behind everything in their inboxes, markers included."""
    async with opened(home.settings) as log:
        for partition in range(PARTITIONS):
            task = log.task(LEADS, partition)
            positions = (await task.open()).positions
            ends = await task.ends()
            await task.close()
            if positions != ends:
                return False
    return True


async def test_upstream_transactions_that_came_to_nothing_leave_nothing(
    home: Home, upstream: AIOKafkaProducer, tmp_path: Path
) -> None:
    chance, arrivals = random.Random(plan().seed), week()
    await fed(home, [])
    never = [arrival._replace(value=captured("never"), key=b"never") for arrival in arrivals[:3]]
    while arrivals:
        size = chance.randrange(1, 12)
        some, arrivals = arrivals[:size], arrivals[size:]
        if chance.random() < 0.5:
            await written(home, upstream, [*some, *never], kept=False)
        await written(home, upstream, some, kept=True)
    await written(home, upstream, never, kept=False)
    assert await ran(home) == await undisturbed(tmp_path / "undisturbed")
    assert await at_the_end(home)
    assert await differences(home) == []


async def test_a_live_worker_passes_markers_and_nothing_else_to_the_end(home: Home, upstream: AIOKafkaProducer) -> None:
    """Whoever stands before a marker is not at the end, and no deadline of the partition would ever fire."""
    await fed(home, [])
    first, last = week()[0], captured("last")
    at = now_us()
    await written(home, upstream, [first], kept=False)
    async with opened(home.settings) as log:
        worker = home.start("worker")
        await written(home, upstream, [Arrival(at, b"last", last, None)], kept=True)
        await told(log, home, ["last"], worker)
        await written(home, upstream, [first], kept=False)
        await until(lambda: passed_all(log, home), worker)
        assert await asyncio.to_thread(worker.stop) == 0
        assert set(await leads_told(log, home)) == {"last"}
    assert await at_the_end(home)


async def compacting(kafka: KafkaCluster, topics: Sequence[str]) -> None:
    """Let the broker compact these at once: small segments, nothing kept for late readers."""
    settings = {
        "cleanup.policy": "compact",
        "message.timestamp.type": "LogAppendTime",
        "segment.ms": "50",
        "min.cleanable.dirty.ratio": "0.01",
        "delete.retention.ms": "0",
    }
    client = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await client.start()
    try:
        await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, settings) for topic in topics])
    finally:
        await client.close()


async def compacted(log: KafkaLog, topic: str, most: int, nudge: Callable[[], Awaitable[object]]) -> list[bytes]:
    """The values that are left when no more than so many are; a segment is only cleaned once a later one is begun."""
    async with asyncio.timeout(60):
        while True:
            left = [record.value or b"" async for record in records_of(log, topic, 0)]
            if len(left) <= most:
                return left
            await nudge()
            await asyncio.sleep(0.3)


async def test_gaps_by_compaction_are_stepped_over_and_what_is_left_is_decided(
    kafka: KafkaCluster, topic_prefix: str
) -> None:
    """In a source and in a changelog, at their beginnings and inside; a task opens on the same state as before."""
    log = KafkaLog(kafka.url, prefix=topic_prefix, clock=now_us)
    await log.start()
    try:
        specs = [TopicSpec(IN, 1, compacted=True), TopicSpec(OUT, 1), TopicSpec(DEAD, 1)]
        await log.create_topics([*specs, TopicSpec(CHANGELOG, 1, compacted=True)])
        await compacting(kafka, [f"{topic_prefix}{IN}", f"{topic_prefix}{CHANGELOG}"])
        number = count()

        async def more() -> None:
            for _ in range(4):
                keys = [b"often", b"key-%d" % (next(number) % 7), b"often"]
                await log.append({(IN, 0): [NewRecord(key, b"%d" % next(number)) for key in keys]})

        for _ in range(20):
            await more()
        before = await compacted(log, IN, 60, more)
        assert (await log.ends(IN))[0] > 2 * len(before)
        ledger = Ledger()
        await drain(log, Program(GROUP, 1, lambda _: ledger), limit=3)
        decided = [call.split("@")[0].encode() for call in ledger.calls if "@" in call]
        after = [record.value or b"" async for record in records_of(log, IN, 0)]
        assert [value for value in before if value in decided] == decided
        assert set(after) <= set(decided)  # the broker may go on compacting between the looks

        handle = log.task(GROUP, 0)
        found = await handle.open()
        assert found.positions == await handle.ends()
        state = dict(found.changelog)
        await compacted(log, CHANGELOG, len(state) + 6, handle.open)
        again = await handle.open()
        await handle.close()
        assert again.changelog == state
        assert again.positions == found.positions
    finally:
        await log.stop()
