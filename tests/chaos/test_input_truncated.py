"""Records removed before they were read: the worker stops and says how to go on; a repair says what it loses, and waits
for a yes. What is still there is then decided, once.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from engine.errors import TornState, Truncated
from engine.ports import EventLog
from engine.sqlite import batches
from engine.sqlite.log import SqliteLog
from events.topics import LEAD_INBOX
from leadstream.deployment import app_name, create_topics, opened
from leadstream.repairing import repair_all
from leadstream.running import run_until_idle
from streams.programs import LEADS
from tests.chaos.homes import home_on
from tests.system.failing_worker import unchecked
from tests.system.homes import Home, differences
from tests.system.upstream import captured, ended, leads_told, of_partition, places, put, told

pytestmark = pytest.mark.slow


@pytest.fixture
def home(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    yield from home_on(kind, request, tmp_path)


def servers(home: Home) -> str:
    return home.broker.removeprefix("kafka://")


async def removed(home: Home, log: EventLog, partition: int, before: int) -> None:
    """Take the first records of an inbox away, as retention does."""
    if isinstance(log, SqliteLog):
        tp = log.catalog.topic(LEAD_INBOX).partition(partition)

        def body(connection: apsw.Connection) -> None:
            batches.delete(connection, tp, 0, before - 1)
            connection.execute("update part set start = ? where tp = ?", (before, tp))

        await log.store.write(body)
        return
    client = AIOKafkaAdminClient(bootstrap_servers=servers(home))
    await client.start()
    try:
        at = TopicPartition(f"{home.prefix}{LEAD_INBOX}", partition)
        await client.delete_records({at: RecordsToDelete(before_offset=before)})
    finally:
        await client.close()


async def decided_and_published(home: Home, log: EventLog, names: list[str]) -> None:
    """The first two leads are decided, the others wait in the inbox, each in a batch of its own."""
    for name in names[:2]:
        await put(log, home, (name, captured(name)))
    await run_until_idle(log, home.settings, home.partitions)
    for name in names[2:]:
        await put(log, home, (name, captured(name)))


async def test_a_log_cut_past_the_position_stops_the_worker_until_somebody_accepts_the_loss(home: Home) -> None:
    async with opened(home.settings, create=True) as log:
        names, other = of_partition(home, 0, 6), of_partition(home, 1, 1)
        await decided_and_published(home, log, names)
        await put(log, home, (other[0], captured(other[0])))
        await removed(home, log, 0, before=4)

        worker = home.start("worker")
        assert await ended(worker) == 1
        last = worker.output().splitlines()[-1]
        assert last.startswith("leadstream: stopped, nothing was skipped: ")
        assert LEAD_INBOX in last
        assert last.endswith("; see: leadstream repair")
        assert set(await leads_told(log, home)) <= {*names[:2], *other}

        said = home.run("repair", code=1)
        assert "2, the log holds 4 to 6" in said
        assert "2 records at most" in said
        assert said.splitlines()[-1].endswith("then: leadstream repair --yes")
        (row,) = json.loads(home.run("repair", "--yes", "--format", "json"))
        assert (row["task"], row["becomes"], row["loses"]) == ("leads-0", "4", "2 records at most")
        assert "nothing to repair" in home.run("repair")
        mended = home.start("worker")
        left = [*names[:2], *names[4:], *other]
        await told(log, home, left, mended)
        assert sorted(await leads_told(log, home)) == sorted(left)
    assert await asyncio.to_thread(mended.stop) == 0
    async with opened(home.settings) as log:
        await run_until_idle(log, home.settings, home.partitions)
    assert await differences(home) == []


async def test_a_repair_waits_for_no_living_worker_and_refuses(home: Home) -> None:
    async with opened(home.settings, create=True) as log:
        await put(log, home, ("lead-a", captured("lead-a")))
        worker = home.start("worker")
        await told(log, home, ["lead-a"], worker)
        said = await asyncio.to_thread(home.run, "repair", "--yes", code=1)
        assert "stop workers and projectors first" in said
        await put(log, home, ("lead-b", captured("lead-b")))
        await told(log, home, ["lead-a", "lead-b"], worker)
    assert await asyncio.to_thread(worker.stop) == 0


@pytest.mark.kafka
@pytest.mark.parametrize("kind", ["kafka"])
async def test_an_inbox_made_anew_is_read_from_its_beginning_once_somebody_has_said_so(home: Home) -> None:
    names = of_partition(home, 0, 6)
    async with opened(home.settings, create=True) as log:
        await decided_and_published(home, log, names[:2])
    client = AIOKafkaAdminClient(bootstrap_servers=servers(home))
    await client.start()
    await client.delete_topics([f"{home.prefix}{LEAD_INBOX}"])
    await client.close()
    async with unchecked(home.settings) as log:
        await create_topics(log, home.settings)
    async with opened(home.settings) as log:
        await put(log, home, (names[2], captured(names[2])))
        # At offset 1 now lies nothing of what was to come: without a repair it would be taken for the next record.
        assert (await log.ends(LEAD_INBOX))[0] == 1
        with pytest.raises(Truncated, match="the topic is not the one it was"):
            await log.task(LEADS, 0).open()
        (found,) = await repair_all(log, home.partitions, b"", dry=False)
        assert found.loses == "unknown: the log is another one"
        await run_until_idle(log, home.settings, home.partitions)
        assert await leads_told(log, home) == names[:3]
    assert (await places(home))[0] == 1
    assert await differences(home) == []


@pytest.mark.kafka
@pytest.mark.parametrize("kind", ["kafka"])
async def test_offsets_that_somebody_reset_are_refused_and_go_back_to_where_the_state_stands(home: Home) -> None:
    """As by `kafka-consumer-groups --reset-offsets`: records would be decided again, or never."""
    names = of_partition(home, 0, 4)
    async with opened(home.settings, create=True) as log:
        await decided_and_published(home, log, names[:3])
        at = TopicPartition(f"{home.prefix}{LEAD_INBOX}", 0)
        for offset in (0, 3):
            async with AIOKafkaConsumer(
                bootstrap_servers=servers(home),
                group_id=app_name(home.settings, LEADS),
                enable_auto_commit=False,  # or its end would put back what it had found, when it was quick to look
            ) as group:
                group.assign([at])
                await group.commit({at: offset})
            with pytest.raises(TornState, match="changelog is at"):
                await run_until_idle(log, home.settings, home.partitions)
            (found,) = await repair_all(log, home.partitions, b"", dry=False)
            assert (found.task, found.becomes, found.loses) == ("leads-0", "2", "nothing")
        await run_until_idle(log, home.settings, home.partitions)
        assert await leads_told(log, home) == names[:3]
    assert await differences(home) == []
