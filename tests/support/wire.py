"""A TCP proxy whose wires can be slow, cut, deaf in one direction or half dead. Knows nothing of what it carries.

What a cut wire holds back it delivers when it is mended, as TCP does by sending again; so a cut shows to both ends as
silence, never as an error. That holds for ends and resets of connections too.
"""

import asyncio
from typing import NamedTuple

_CHUNK = 1 << 16
_UNDER_WAY = 64
"""Chunks on a slow wire before the sender has to wait."""
_END, _RESET = b"", None


class Endpoint(NamedTuple):
    """Host and port."""

    host: str
    port: int


class Direction:
    """One of the two ways on a wire.

    Attributes:
        latency: how long a byte travels, in seconds.
        open: set while bytes arrive.
    """

    def __init__(self) -> None:
        self.latency = 0.0
        self.open = asyncio.Event()
        self.open.set()


class Wire:
    """All connections that go over one address. Everything here belongs to one event loop.

    Attributes:
        up: from clients to the server.
        down: from the server to clients.

    Args:
        at: where clients find it.
        to: the server at its other end.
    """

    def __init__(self, at: Endpoint, to: Endpoint) -> None:
        self.at, self.to = at, to
        self.up, self.down = Direction(), Direction()
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._carrying: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Take connections from now on."""
        self._server = await asyncio.start_server(self._taken, *self.at)

    async def close(self) -> None:
        """Break everything off."""
        if self._server is not None:
            self._server.close()
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def slow(self, seconds: float) -> None:
        """Let every byte travel so long, each way."""
        self.up.latency = self.down.latency = seconds

    def cut(self, *, up: bool = True, down: bool = True) -> None:
        """Hold back what is sent from now on, in one direction or both."""
        if up:
            self.up.open.clear()
        if down:
            self.down.open.clear()

    def mend(self) -> None:
        """Be fast and whole again, and deliver what was held back."""
        self.slow(0.0)
        self.up.open.set()
        self.down.open.set()

    def lose_servers(self) -> None:
        """Half-open: the server's end of every connection there is now is gone, and the client is not told."""
        for connection in self._connections:
            connection.lose(connection.server)

    def lose_clients(self) -> None:
        """Half-open: the client's end of every connection there is now is gone, and the server is not told."""
        for connection in self._connections:
            connection.lose(connection.client)

    def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._carry(_End(reader, writer)))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, client: "_End") -> None:
        try:
            await self.up.open.wait()  # its first packet would not have come through
            try:
                server = _End(*await asyncio.open_connection(*self.to))
            except OSError:
                await self.down.open.wait()
                return
            connection = _Connection(self, client, server)
            self._connections.add(connection)
            try:
                await connection.carry()
            finally:
                self._connections.discard(connection)
        finally:
            client.abort()


class _End(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def abort(self) -> None:
        self.writer.transport.abort()


class _Connection:
    """One connection: two pumps, and maybe an end that is gone without the other's knowing."""

    def __init__(self, wire: Wire, client: _End, server: _End) -> None:
        self.client, self.server = client, server
        self._wire, self._lost = wire, False

    def lose(self, end: _End) -> None:
        """Break one end off; whatever the other end sends vanishes."""
        self._lost = True
        end.abort()

    async def carry(self) -> None:
        """Carry bytes until both ends have said all."""
        up, down = self._wire.up, self._wire.down
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(up, self.client, self.server, back=down))
                group.create_task(self._pump(down, self.server, self.client, back=up))
        finally:
            self.client.abort()
            self.server.abort()

    async def _pump(self, way: Direction, source: _End, sink: _End, *, back: Direction) -> None:
        """Everything from one end to the other, each chunk at its time."""
        under_way: asyncio.Queue[tuple[float, bytes | None]] = asyncio.Queue(_UNDER_WAY)
        taking = asyncio.create_task(_take(source.reader, under_way, way))
        try:
            while True:
                due, data = await under_way.get()
                await asyncio.sleep(due - asyncio.get_running_loop().time())
                await way.open.wait()
                if not self._lost and not await _given(sink, data):
                    await back.open.wait()  # the news that nobody listens travels too
                    source.abort()
                    return
                if data in {_END, _RESET}:
                    return
        finally:
            taking.cancel()


async def _take(
    reader: asyncio.StreamReader, under_way: asyncio.Queue[tuple[float, bytes | None]], way: Direction
) -> None:
    loop, data = asyncio.get_running_loop(), b"something"
    while data:
        try:
            data = await reader.read(_CHUNK)
        except OSError:
            await under_way.put((loop.time() + way.latency, _RESET))
            return
        await under_way.put((loop.time() + way.latency, data))


async def _given(sink: _End, data: bytes | None) -> bool:
    """Whether the other end took it."""
    try:
        if data is _RESET:
            sink.abort()
        elif data == _END:
            sink.writer.write_eof()
        else:
            sink.writer.write(data)
            await sink.writer.drain()
    except (OSError, RuntimeError):  # gone meanwhile
        return False
    return True
