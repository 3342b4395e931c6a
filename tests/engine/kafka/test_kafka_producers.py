import asyncio
import struct

import pytest

from engine.kafka import producers
from engine.kafka.session import Session

_API_VERSIONS, _METADATA = 18, 3


class EmptyCluster:
    """A broker as it is just after a long absence: it answers, and knows of no broker in the cluster."""

    def __init__(self) -> None:
        self.asked = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (size,) = struct.unpack(">i", await reader.readexactly(4))
                key, _, correlation = struct.unpack(">hhi", (await reader.readexactly(size))[:8])
                body = struct.pack(">i", correlation) + self._body(key)
                writer.write(struct.pack(">i", len(body)) + body)
        except asyncio.IncompleteReadError:
            writer.close()

    def _body(self, key: int) -> bytes:
        if key == _API_VERSIONS:
            return struct.pack(">hi", 0, 2) + b"".join(struct.pack(">hhh", key, 0, 0) for key in (_METADATA, 18))
        assert key == _METADATA
        self.asked += 1
        return struct.pack(">ii", 0, 0)  # no brokers, no topics


async def test_a_broker_that_knows_of_no_broker_yet_is_asked_again_until_patience_ends() -> None:
    cluster = EmptyCluster()
    server = await asyncio.start_server(cluster.answer, "127.0.0.1", 0)
    servers = [f"127.0.0.1:{server.sockets[0].getsockname()[1]}"]
    with pytest.raises(TimeoutError):
        await producers.transactional(servers, Session(opening=0.5, refetch=0.01), "a-task")
    assert cluster.asked > 2
    server.close()
