from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import apsw
import pytest

from engine.embedded.ports import EmbeddedLog
from engine.memory.disk import MemoryDisk
from engine.memory.log import MemoryLog
from engine.ports import EventLog
from engine.sqlite.janitor import Janitor
from engine.sqlite.log import SqliteLog
from tests.engine.embedded_contract import TTL, Clock, EmbeddedLogContract
from tests.engine.log_contract import LogContract


class MemoryHome:
    def __init__(self) -> None:
        self.clock, self.disk = Clock(), MemoryDisk()

    async def log(self, owner: str) -> MemoryLog:
        return MemoryLog(clock=self.clock, owner=owner, disk=self.disk, lease_ttl=TTL)

    async def expire(self, topic: str, partition: int) -> None:
        (await self.log("janitor")).expire(topic, partition, self.clock())

    def fill(self, log: EmbeddedLog) -> None:
        self.disk.max_bytes = 1000

    def make_room(self, log: EmbeddedLog) -> None:
        self.disk.max_bytes = 10_000_000


class SqliteHome:
    def __init__(self, path: Path, stack: AsyncExitStack) -> None:
        self.clock, self.path, self._stack = Clock(), path, stack

    async def log(self, owner: str) -> SqliteLog:
        log = SqliteLog(self.path, clock=self.clock, owner=owner, lease_ttl=TTL)
        await log.start()
        self._stack.push_async_callback(log.stop)
        return log

    async def expire(self, topic: str, partition: int) -> None:
        janitor = Janitor(await self.log("janitor"))
        while await janitor.expire(topic, partition, self.clock()):
            pass

    def fill(self, log: EmbeddedLog) -> None:
        self._limit(log, "(select page_count from pragma_page_count) + 10")

    def make_room(self, log: EmbeddedLog) -> None:
        self._limit(log, "1000000")

    def _limit(self, log: EmbeddedLog, pages: str) -> None:
        assert isinstance(log, SqliteLog)

        def limit(connection: apsw.Connection) -> None:
            ((most,),) = connection.execute(f"select {pages}").fetchall()
            connection.execute(f"pragma max_page_count={most}").fetchall()

        log.store.read(limit)


class KafkaHome:
    def __init__(self, url: str, prefix: str, stack: AsyncExitStack) -> None:
        self._url, self._prefix, self._stack = url, prefix, stack

    async def log(self, owner: str) -> EventLog:
        from engine.kafka.log import KafkaLog  # noqa: PLC0415 - only who runs these tests needs a broker

        log: EventLog = KafkaLog(self._url, prefix=self._prefix)
        await log.start()
        self._stack.push_async_callback(log.stop)
        return log


class TestMemoryLog(EmbeddedLogContract):
    @pytest.fixture
    def home(self) -> MemoryHome:
        return MemoryHome()


class TestSqliteLog(EmbeddedLogContract):
    @pytest.fixture
    async def home(self, tmp_path: Path) -> AsyncIterator[SqliteHome]:
        async with AsyncExitStack() as stack:
            yield SqliteHome(tmp_path / "data" / "log.db", stack)


@pytest.mark.kafka
class TestKafkaLog(LogContract):
    @pytest.fixture
    async def home(self, kafka_url: str, topic_prefix: str) -> AsyncIterator[KafkaHome]:
        async with AsyncExitStack() as stack:
            yield KafkaHome(kafka_url, topic_prefix, stack)
