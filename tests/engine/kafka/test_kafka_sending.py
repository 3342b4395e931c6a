import asyncio
import gc
import time
import weakref
from collections.abc import AsyncIterator

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, KafkaError, NodeNotReadyError, RequestTimedOutError
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.structs import BrokerMetadata

from engine.kafka.dropping import drop_client
from engine.kafka.sending import CONNECT_SECONDS, Client, mended
from engine.kafka.session import Session
from tests.support.kafka import KafkaCluster
from tests.support.ports import free_ports
from tests.support.wire import Endpoint, Wire

ANYTHING = MetadataRequest([])
FAR = 99
"""The number under which the client knows the broker at the other end of the wire; 1 is the same one, near by."""


async def test_a_dropped_client_is_freed_at_once_and_not_when_the_collector_comes() -> None:
    client = mended(AIOKafkaClient(bootstrap_servers=["127.0.0.1:1"]))
    assert isinstance(client, Client)
    gone = weakref.ref(client)
    gc.disable()
    try:
        await drop_client(client)
        del client
        assert gone() is None
    finally:
        gc.enable()


@pytest.fixture
async def wire(kafka: KafkaCluster) -> AsyncIterator[Wire]:
    wire = Wire(Endpoint("127.0.0.1", *free_ports(1)), Endpoint("127.0.0.1", kafka.port()))
    await wire.open()
    yield wire
    await wire.close()


@pytest.fixture
async def client(kafka: KafkaCluster, wire: Wire) -> AsyncIterator[Client]:
    """Knows one broker twice: near by, and at the other end of the wire."""
    client = Client(**Session(request=4.0).client([kafka.bootstrap], "sending"))
    await client.bootstrap()
    client.cluster._brokers[FAR] = BrokerMetadata(FAR, *wire.at, None)
    yield client
    await drop_client(client)


async def near(client: Client) -> float:
    """How long a request to the broker near by takes, in seconds."""
    began = time.monotonic()
    await client.send(1, ANYTHING)
    return time.monotonic() - began


@pytest.mark.kafka
async def test_a_broker_that_takes_no_connections_keeps_nobody_from_the_others(client: Client, wire: Wire) -> None:
    wire.cut()
    began = time.monotonic()
    far = [asyncio.create_task(client.send(FAR, ANYTHING)) for _ in range(5)]
    await asyncio.sleep(0.1)  # they are connecting now
    assert await near(client) < CONNECT_SECONDS / 2
    failed = await asyncio.gather(*far, return_exceptions=True)
    assert [type(error) for error in failed] == [NodeNotReadyError] * 5
    assert time.monotonic() - began < 2 * CONNECT_SECONDS  # all together, and not one after the other


@pytest.mark.kafka
async def test_a_request_that_times_out_breaks_its_own_connection_and_leaves_one_that_answers(
    client: Client, wire: Wire
) -> None:
    await client.send(FAR, ANYTHING)
    await near(client)
    dead, well = client._conns[FAR, 0], client._conns[1, 0]
    wire.cut()
    far = asyncio.create_task(client.send(FAR, ANYTHING))
    while not far.done():
        await near(client)
        await asyncio.sleep(0.1)
    assert isinstance(far.exception(), RequestTimedOutError)
    assert not dead.connected()
    assert client._conns[1, 0] is well
    assert well.connected()


@pytest.mark.kafka
async def test_connections_that_were_as_silent_are_broken_with_the_one_that_timed_out(
    client: Client, wire: Wire, kafka: KafkaCluster
) -> None:
    await client.send(FAR, ANYTHING)
    await near(client)
    other = Client(**Session().client([kafka.bootstrap], "other"))
    await other.bootstrap()
    await near(other)
    silent = [client._conns[1, 0], other._conns[1, 0]]
    wire.cut()
    with pytest.raises(RequestTimedOutError):
        await client.send(FAR, ANYTHING)
    async with asyncio.timeout(1):  # the loop tells the connections
        while any(connection.connected() for connection in silent):  # noqa: ASYNC110 - they have no event
            await asyncio.sleep(0.01)
    assert await near(client) < CONNECT_SECONDS
    assert await near(other) < CONNECT_SECONDS
    await drop_client(other)


@pytest.mark.kafka
async def test_a_dropped_client_connects_no_more(client: Client, wire: Wire) -> None:
    wire.slow(0.2)
    connecting = asyncio.create_task(client.send(FAR, ANYTHING))
    await asyncio.sleep(0.1)
    await near(client)
    await drop_client(client)
    with pytest.raises(NodeNotReadyError):
        await client.send(1, ANYTHING)
    with pytest.raises((NodeNotReadyError, KafkaConnectionError)):
        await connecting
    assert not any(connection.connected() for connection in client._conns.values())


@pytest.mark.kafka
async def test_who_is_told_that_its_client_was_dropped_cannot_connect_it_again(client: Client, wire: Wire) -> None:
    await client.send(FAR, ANYTHING)
    wire.cut(up=False)

    async def ask_again() -> None:
        while True:
            try:
                await client.send(FAR, ANYTHING)
            except NodeNotReadyError:
                return
            except KafkaError:
                continue

    asking = asyncio.create_task(ask_again())
    await asyncio.sleep(0.1)
    await drop_client(client)
    await asyncio.wait_for(asking, 1.0)
    assert not any(connection.connected() for connection in client._conns.values())


@pytest.mark.kafka
async def test_nobody_waits_for_the_brokers_news_of_a_dropped_client(client: Client, wire: Wire) -> None:
    wire.cut()
    client.cluster._brokers.pop(1)  # so that only the silent one can be asked
    before = client.force_metadata_update()
    await asyncio.sleep(0.1)
    await drop_client(client)
    async with asyncio.timeout(1):
        assert not await before
        assert not await client.force_metadata_update()
