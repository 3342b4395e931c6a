"""Where a case runs: an embedded log in a folder of its own, or topics with a prefix of their own on the one broker."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from engine.kafka import offsets
from engine.kafka.cluster import Cluster
from engine.kafka.log import KafkaLog
from engine.partitioning import partition_of
from engine.ports import FaustLog, GroupSpec, NewRecord, Record
from engine.sqlite.log import SqliteLog
from leadstream.deployment import app_name, make_log
from leadstream.reading import records_of
from leadstream.settings import Settings

_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Home:
    """One case's log.

    Attributes:
        settings: as `leadstream` has them.
        folder: for what the measured process writes.
    """

    settings: Settings
    folder: Path

    @classmethod
    def on(cls, url: str | None, name: str, folder: Path, partitions: int) -> "Home":
        """On the broker of that URL, or embedded where there is none."""
        folder = folder / name
        folder.mkdir()
        broker = url or f"sqlite:///{folder / 'log.db'}"
        prefix = f"{name.split()[0]}-" if url else ""
        return cls(Settings(broker=broker, prefix=prefix, partitions=partitions), folder)

    @asynccontextmanager
    async def log(self) -> AsyncIterator[FaustLog]:
        """The started log."""
        log = make_log(self.settings)
        await log.start()
        try:
            yield log
        finally:
            await log.stop()

    async def done(self, log: FaustLog, cluster: Cluster | None, group: GroupSpec) -> int:
        """How many records of the group's only partitioned source are behind its committed positions."""
        if cluster is None:
            return _embedded_done(cast("SqliteLog", log), group)
        kafka = cast("KafkaLog", log)
        topic = kafka.catalog.physical(group.sources[0])
        partitions = [(topic, number) for number in range(self.settings.partitions)]
        return sum((await offsets.committed(cluster, app_name(self.settings, group), partitions)).values())

    @asynccontextmanager
    async def cluster(self) -> AsyncIterator[Cluster | None]:
        """A connection of the watcher's own; None without a broker."""
        if self.settings.embedded:
            yield None
            return
        log = cast("KafkaLog", make_log(self.settings))
        cluster = Cluster(log.servers, log.session, "watcher")
        await cluster.start()
        try:
            yield cluster
        finally:
            await cluster.stop()


def _embedded_done(log: SqliteLog, group: GroupSpec) -> int:
    query = "select coalesce(sum(next), 0) from position where grp = ?"
    ((found,),) = log.store.read(lambda connection: list(connection.execute(query, (group.name,))))
    return int(cast("int", found))


async def load(log: FaustLog, topic: str, partitions: int, records: Sequence[NewRecord]) -> None:
    """Append records to the partitions of their keys, by the log's own append."""
    for low in range(0, len(records), _CHUNK):
        await log.append(_spread(topic, partitions, records[low : low + _CHUNK]))


def _spread(topic: str, partitions: int, records: Iterable[NewRecord]) -> dict[tuple[str, int], list[NewRecord]]:
    found: dict[tuple[str, int], list[NewRecord]] = {}
    for record in records:
        found.setdefault((topic, partition_of(record.key or b"", partitions)), []).append(record)
    return found


async def everything(log: FaustLog, topic: str, partitions: int) -> list[list[Record]]:
    """All records of a topic, by partition."""
    return [[record async for record in records_of(log, topic, number)] for number in range(partitions)]
