"""Clients that are slow, large or rude, on real sockets."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvloop
from starlette.types import Receive, Scope, Send

from leadstream.gateway.protocol import HEAD_BYTES, BoundedProtocol
from leadstream.gateway.server import ACCEPTED, listening, serve_http
from tests.leadstream.gateway.house import House, body, event

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]
RESET = b"reset"
"""The connection was ended while we still sent; the system may then drop what was answered."""
MANY = b"GET /v1/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n"


class Impatient(BoundedProtocol):
    """As the real one, with other limits."""

    head_seconds = 0.3
    unread_seconds = 0.3


@asynccontextmanager
async def served(house: House) -> AsyncIterator[int]:
    """The port of a server in this process."""
    listener, stop = listening("127.0.0.1", 0), asyncio.Event()
    serving = asyncio.create_task(serve_http(house.app, listener, stop, protocol=Impatient))
    yield listener.getsockname()[1]
    stop.set()
    await serving


async def said(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """All that is answered to some bytes, until the server ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            if pause:
                await asyncio.sleep(pause)
    except ConnectionError:
        pass
    try:
        async with asyncio.timeout(20):
            return await reader.read()
    except ConnectionError:
        return RESET
    finally:
        writer.close()


def head(house: House, length: int) -> bytes:
    return (
        f"POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {house.key}\r\nconnection: close\r\n"
        f"content-type: application/cloudevents+json\r\ncontent-length: {length}\r\n\r\n"
    ).encode()


async def test_an_event_over_a_real_socket_is_taken(house: House) -> None:
    whole = body(event(1))
    async with served(house) as port:
        told = await said(port, head(house, len(whole)), whole[:10], whole[10:])
    assert told.startswith(b"HTTP/1.1 202 ")
    assert len(await house.kept()) == 1


@pytest.mark.parametrize("parts", [[b""], [b"POST /v1/events HTTP/1.1\r\nho"], [b"\r\n"] * 6])
async def test_a_head_that_does_not_come_in_time_ends_the_connection(house: House, parts: list[bytes]) -> None:
    async with served(house) as port:
        began = time.monotonic()
        told = await said(port, *parts, pause=0.1)
    assert told == RESET or told.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 15


async def test_a_head_without_end_is_refused(house: House) -> None:
    large = b"GET / HTTP/1.1\r\nx: " + b"y" * (2 * HEAD_BYTES)
    async with served(house) as port:
        told = await said(port, large)
    assert told == RESET or told.startswith(b"HTTP/1.1 431 ")


async def test_what_is_no_http_is_told_so(house: House) -> None:
    async with served(house) as port:
        for noise in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n"):
            assert (await said(port, noise)).startswith(b"HTTP/1.1 400 ")


async def test_a_body_that_ends_early_leaves_nothing(house: House) -> None:
    async with served(house) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head(house, 500) + body(event(1))[:50])
        await writer.drain()
        writer.close()
        assert b" 202 " in await said(port, head(house, len(body(event(2)))), body(event(2)))
    assert len(await house.kept()) == 1


async def test_whoever_reads_no_answers_is_let_go(house: House) -> None:
    async with served(house) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        with pytest.raises(ConnectionError):
            await asks_and_never_reads(writer)
        writer.close()


async def asks_and_never_reads(writer: asyncio.StreamWriter) -> None:
    async with asyncio.timeout(60):
        while True:  # answers pile up until nothing more fits in between
            writer.write(MANY)
            await writer.drain()
            await asyncio.sleep(0)


def test_many_who_come_at_once_are_let_in_together() -> None:
    """uvloop accepts one connection a round for each listening socket."""
    rounds, seen = 0, list[int]()

    class Counting(BoundedProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            seen.append(rounds)
            super().connection_made(transport)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("nobody asks for anything")

    async def served_to(count: int) -> None:
        nonlocal rounds
        listener, stop = listening("127.0.0.1", 0), asyncio.Event()
        address = listener.getsockname()
        clients = [socket.create_connection(address) for _ in range(count)]
        serving = asyncio.create_task(serve_http(app, listener, stop, protocol=Counting))
        async with asyncio.timeout(20):
            while len(seen) < count:
                await asyncio.sleep(0)
                rounds += 1
        for client in clients:
            client.close()
        stop.set()
        await serving
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(served_to(4 * ACCEPTED))
    assert seen[-1] - seen[0] < 2 * 4
