"""A proxy in front of a real broker that changes the error codes of chosen answers. What the broker did stands.

So a client is told that something was refused which was done, or was not: it must not believe more than it is told.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import Array, Int16, Int32, Schema, String

from tests.support.kafka import KafkaCluster
from tests.support.ports import free_ports

_HEADER = Schema(("api_key", Int16), ("api_version", Int16), ("correlation_id", Int32), ("client_id", String("utf-8")))
_ERROR_CODE = "error_code"


@dataclass(slots=True)
class Refusal:
    """Which answers are changed.

    Attributes:
        api: key of the request that is answered.
        code: the error code that all of the answer's results get.
        client: in the client id of those that are answered so.
        times: how many answers are still changed.
        spared: how many answers are still let through before.
        told: how many were.
    """

    api: int
    code: int
    client: str
    times: int = 1
    spared: int = 0
    told: int = field(default=0, init=False)


class RefusingProxy:
    """Carries all between clients and one broker.

    Attributes:
        refusals: what is refused from now on.

    Args:
        port: where clients find it, on this machine.
        broker: the broker's port.
    """

    def __init__(self, port: int, broker: int) -> None:
        self.refusals: list[Refusal] = []
        self._port, self._broker = port, broker
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._taken, "127.0.0.1", self._port)

    async def stop(self) -> None:
        """Break everything off."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        broker, forth = await asyncio.open_connection("127.0.0.1", self._broker)
        asked: dict[int, tuple[int, int, str]] = {}

        async def up() -> None:
            async for frame in _frames(client):
                api, version, number, name = _header(frame)
                asked[number] = api, version, name
                await _send(forth, frame)

        async def down() -> None:
            async for frame in _frames(broker):
                await _send(back, self._answered(frame, *asked.pop(int.from_bytes(frame[:4]))))

        ways = {asyncio.create_task(up()), asyncio.create_task(down())}
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (back, forth):
                end.close()

    def _answered(self, frame: bytes, api: int, version: int, client: str) -> bytes:
        for refusal in self.refusals:
            if refusal.api == api and refusal.times > 0 and refusal.client in client:
                if refusal.spared > 0:
                    refusal.spared -= 1
                    continue
                refusal.times, refusal.told = refusal.times - 1, refusal.told + 1
                return _refused(frame, _ANSWERS[api, version], refusal.code)
        return frame


@contextlib.contextmanager
def behind_a_door() -> Iterator[tuple[KafkaCluster, int]]:
    """A broker that tells clients to come by a free port, and that port: a `RefusingProxy` is to listen there."""
    (door,) = free_ports(1)
    with KafkaCluster(settings={"advertised.listeners": f"PLAINTEXT://127.0.0.1:{door}"}) as cluster:
        yield cluster, door


@contextlib.asynccontextmanager
async def at_the_door(broker: tuple[KafkaCluster, int]) -> AsyncIterator[RefusingProxy]:
    """The proxy of such a broker, carrying."""
    cluster, door = broker
    proxy = RefusingProxy(door, cluster.port())
    await proxy.start()
    yield proxy
    await proxy.stop()


async def _frames(reader: asyncio.StreamReader) -> Any:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            yield await reader.readexactly(int.from_bytes(await reader.readexactly(4)))


async def _send(writer: asyncio.StreamWriter, frame: bytes) -> None:
    writer.write(len(frame).to_bytes(4) + frame)
    await writer.drain()


def _header(frame: bytes) -> tuple[int, int, int, str]:
    """Api key, version, correlation id and client id of a request; a later header only has more behind them."""
    length = int.from_bytes(frame[8:10], signed=True)
    name = frame[10 : 10 + max(0, length)].decode()
    return int.from_bytes(frame[:2]), int.from_bytes(frame[2:4]), int.from_bytes(frame[4:8]), name


def _refused(frame: bytes, kind: type[RequestStruct], code: int) -> bytes:
    answer: type[Response] = kind.RESPONSE_TYPE
    assert not kind.FLEXIBLE_VERSION, f"{kind.__name__}: only answers without tagged fields can be changed"
    found = answer.decode(frame[4:])
    values = [getattr(found, name) for name in answer.SCHEMA.names]
    return frame[:4] + bytes(answer(*_with_code(answer.SCHEMA, values, code)).encode())


def _with_code(schema: Schema, values: Any, code: int) -> list[Any]:
    changed = []
    for name, kind, value in zip(schema.names, schema.fields, values, strict=True):
        if name == _ERROR_CODE:
            changed.append(code)
        elif isinstance(kind, Array) and isinstance(kind.array_of, Schema) and value:
            changed.append([tuple(_with_code(kind.array_of, row, code)) for row in value])
        else:
            changed.append(value)
    return changed


def _requests(kind: type[RequestStruct]) -> Iterator[type[RequestStruct]]:
    for one in kind.__subclasses__():
        yield one
        yield from _requests(one)


_ANSWERS = {(one.API_KEY, one.API_VERSION): one for one in _requests(RequestStruct)}
