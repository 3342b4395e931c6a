"""Where a case runs: an embedded log in a folder of its own, or topics with a prefix of their own on the one broker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from benchmarks.watching import Count
from engine.kafka import offsets
from engine.kafka.cluster import Cluster
from engine.kafka.log import KafkaLog
from engine.partitioning import partition_of
from engine.ports import FaustLog, GroupSpec, NewRecord, Record
from engine.reading import records_of
from engine.sqlite.log import SqliteLog
from leadstream.deployment import app_name, make_log
from leadstream.settings import Settings

_CHUNK = 20_000
_QUIET_LOOKS, _QUIET_SECONDS = 4, 0.5


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
        words = name.replace(",", " ").split()
        prefix = "-".join((words[0], *(["compiled"] if "compiled" in words else []), "")) if url else ""
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

    @asynccontextmanager
    async def positions(self, log: FaustLog, group: GroupSpec) -> AsyncIterator[Count]:
        """Asks how many records of a group's first source lie behind its committed positions, without the group."""
        if isinstance(log, SqliteLog):
            yield lambda: _embedded_done(log, group)
            return
        assert isinstance(log, KafkaLog)
        partitions = [(log.faust_topic(group.sources[0]), number) for number in range(self.settings.partitions)]
        name, cluster = app_name(self.settings, group), Cluster(log.servers, log.session, "watcher")

        async def done() -> int:
            return sum(each.offset for each in (await offsets.committed(cluster, name, partitions)).values())

        await cluster.start()
        try:
            yield done
        finally:
            await cluster.stop()

    @asynccontextmanager
    async def all_positions(
        self, log: FaustLog, groups: Sequence[GroupSpec], total: int
    ) -> AsyncIterator[tuple[Count, Callable[[], Awaitable[None]]]]:
        """Count what groups that speak to one another have done of the `total` records of the first group's source.

        What they tell one another stands behind those records in their inboxes: the last record counts as done when
        all groups have read all of it. Beside the count stands what waits until nothing moves any more.
        """
        async with AsyncExitStack() as stack:
            counts = [await stack.enter_async_context(self.positions(log, group)) for group in groups]

            async def state() -> tuple[list[int], int]:
                positions = [await count() for count in counts]  # before the ends: what is read then is all there was
                ends = [sum(await log.ends(group.sources[0])) for group in groups]
                return positions, sum(ends) - sum(positions)

            async def done() -> int:
                positions, left = await state()
                return total if left <= self._markers(log) and positions[0] >= total else min(positions[0], total - 1)

            async def settled() -> None:
                before, quiet = await state(), 0
                while quiet < _QUIET_LOOKS:
                    await asyncio.sleep(_QUIET_SECONDS)
                    now = await state()
                    before, quiet = now, quiet + 1 if now == before else 0

            yield done, settled

    def _markers(self, log: FaustLog) -> int:
        """Offsets behind the last record that may hold the ends of transactions instead of records."""
        return 0 if isinstance(log, SqliteLog) else 4 * self.settings.partitions**2


async def _embedded_done(log: SqliteLog, group: GroupSpec) -> int:
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
