"""One of the addresses belongs to a broker that takes connections and says nothing: frozen, or behind a cut network."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.errors import Unavailable
from engine.kafka.answering import answering
from engine.kafka.log import KafkaLog, Session
from engine.ports import GroupSpec, NewRecord, TopicSpec
from leadstream.clock import now_us
from tests.support.kafka import KafkaCluster
from tests.support.ports import free_ports

GROUP = GroupSpec("g", ("in",), "changelog", "dead")
TOPICS = [TopicSpec("in", 1), TopicSpec("dead", 1), TopicSpec("changelog", 1, compacted=True)]


@pytest.fixture
async def silent() -> AsyncIterator[str]:
    """The address of somebody who listens and never answers."""
    over = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", *free_ports(1))
    host, port = server.sockets[0].getsockname()
    yield f"{host}:{port}"
    over.set()
    server.close()


@pytest.mark.kafka
async def test_a_silent_broker_in_front_keeps_nobody_from_the_others(
    kafka: KafkaCluster, topic_prefix: str, silent: str
) -> None:
    # One request to the silent one would outlast every patience, and that is enough for a crowded machine.
    session = Session(connect=60.0, request=600.0, patience=60.0, transaction=60.0, opening=60.0)
    log = KafkaLog(f"kafka://{silent},{kafka.bootstrap}", prefix=topic_prefix, clock=now_us, session=session)
    await log.start()
    await log.create_topics(TOPICS)
    await log.append({("in", 0): [NewRecord(b"k", b"v")]})
    await log.catalog.cluster.refresh()
    task = log.task(GROUP, 0)
    assert (await task.open()).positions == {"in": 0}
    assert await task.ends() == {"in": 1}
    await log.stop()


async def test_where_nobody_answers_all_are_left() -> None:
    servers = [f"127.0.0.1:{port}" for port in free_ports(3)]
    assert await answering(servers, Session(), "somebody") == servers


async def test_silence_all_around_is_an_outage_in_time(silent: str) -> None:
    log = KafkaLog(f"kafka://{silent},{silent}", clock=now_us, session=Session(connect=1.5))
    with pytest.raises(Unavailable, match="no Kafka broker answers"):
        await asyncio.wait_for(log.start(), 30)
    await log.stop()
