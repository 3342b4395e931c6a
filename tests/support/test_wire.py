"""The proxy does to connections what it says, and nothing else."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.support.ports import free_ports
from tests.support.wire import Endpoint, Wire

_SILENCE = 0.3


class Echo:
    """A server that answers with what it hears, and remembers whom it has heard."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                self.heard.append(data)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        self.ended.set()
        writer.close()


Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def wire(echo: Echo) -> AsyncIterator[Wire]:
    at, to = (Endpoint("127.0.0.1", port) for port in free_ports(2))
    server = await asyncio.start_server(echo.serve, *to)
    wire = Wire(at, to)
    await wire.open()
    yield wire
    await wire.close()
    server.close()


@pytest.fixture
async def client(wire: Wire) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(*wire.at)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    yield reader, writer
    writer.transport.abort()


async def silent(reader: asyncio.StreamReader) -> bool:
    """Whether nothing comes: no byte, no end, no error."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), _SILENCE)
    return True


async def test_what_goes_in_comes_out_whole_and_in_order(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection(*wire.at)
    sent = bytes(range(256)) * 40_000
    writer.write(sent)
    assert await reader.readexactly(len(sent)) == sent
    writer.write_eof()
    assert await reader.read() == b""


async def test_a_slow_wire_takes_its_time_each_way(wire: Wire, client: Client) -> None:
    reader, writer = client
    wire.slow(0.15)
    before = asyncio.get_running_loop().time()
    writer.write(b"slow")
    assert await reader.readexactly(4) == b"slow"
    assert asyncio.get_running_loop().time() - before >= 0.3


async def test_a_cut_wire_is_silent_and_delivers_when_mended(wire: Wire, client: Client, echo: Echo) -> None:
    reader, writer = client
    wire.cut()
    writer.write(b"held")
    assert await silent(reader)
    assert echo.heard == [b"hello"]
    wire.mend()
    assert await reader.readexactly(4) == b"held"


async def test_cut_upwards_the_server_hears_nothing(wire: Wire, client: Client, echo: Echo) -> None:
    reader, writer = client
    wire.cut(down=False)
    writer.write(b"up")
    assert await silent(reader)
    assert echo.heard == [b"hello"]


async def test_cut_downwards_the_server_hears_and_its_answer_waits(wire: Wire, client: Client, echo: Echo) -> None:
    reader, writer = client
    wire.cut(up=False)
    writer.write(b"down")
    assert await silent(reader)
    assert echo.heard == [b"hello", b"down"]
    wire.mend()
    assert await reader.readexactly(4) == b"down"


async def test_over_a_cut_wire_nobody_learns_that_the_other_has_gone(wire: Wire, client: Client, echo: Echo) -> None:
    wire.cut()
    client[1].transport.abort()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(echo.ended.wait(), _SILENCE)
    wire.mend()
    await asyncio.wait_for(echo.ended.wait(), 10)


async def test_over_a_cut_wire_a_new_connection_is_never_answered(wire: Wire, client: Client, echo: Echo) -> None:
    wire.cut()
    reader, writer = await asyncio.open_connection(*wire.at)
    writer.write(b"new")
    assert await silent(reader)
    assert echo.heard == [b"hello"]
    wire.mend()
    assert await reader.readexactly(3) == b"new"
    writer.transport.abort()


async def test_when_servers_are_lost_clients_speak_into_nothing(wire: Wire, client: Client, echo: Echo) -> None:
    reader, writer = client
    wire.lose_servers()
    await asyncio.wait_for(echo.ended.wait(), 10)
    writer.write(b"nobody")
    assert await silent(reader)
    assert echo.heard == [b"hello"]
    reader, writer = await asyncio.open_connection(*wire.at)  # only what was there is lost
    writer.write(b"again")
    assert await reader.readexactly(5) == b"again"
    writer.transport.abort()


async def test_when_clients_are_lost_the_server_waits_for_them(wire: Wire, client: Client, echo: Echo) -> None:
    reader, _ = client
    wire.lose_clients()
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    assert not echo.ended.is_set()


async def test_where_no_server_listens_the_client_is_turned_away() -> None:
    at, to = (Endpoint("127.0.0.1", port) for port in free_ports(2))
    wire = Wire(at, to)
    await wire.open()
    reader, _ = await asyncio.open_connection(*at)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    await wire.close()
