"""The embedded log as everybody sees it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import apsw

from engine.embedded.broker import broker_url
from engine.embedded.ports import Ear
from engine.errors import Moved
from engine.failpoints import reached
from engine.ports import Fetched, GroupSpec, Joint, Mark, NewRecord, TopicSpec
from engine.sqlite import batches, lease
from engine.sqlite.bell import listen
from engine.sqlite.catalog import Catalog
from engine.sqlite.failures import translated
from engine.sqlite.membership import SqliteMembership
from engine.sqlite.owner import Owner
from engine.sqlite.store import Store, bell_path
from engine.sqlite.task import SqliteTaskLog, encoded
from engine.topic_faults import faults


class SqliteLog:
    """Implements `engine.embedded.ports.EmbeddedLog` over one file that several processes of one machine share.

    Belongs to one event loop. The file has to lie on a local disk: network file systems do not lock reliably.

    Attributes:
        url: "sqlite:///" and the path.
        owner: this process's name.

    Args:
        path: the file; it is made, with its directory, by `start`.
        clock: now, in microseconds since the Unix epoch; stamps records and leases.
        owner: names this process in leases and among the members of a group; no other live process has the name.
        lease_ttl: how long a lease lives without a commit or a beat, in microseconds.
        patience_seconds: how long to wait for the turn to write before the log counts as unavailable.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        clock: Callable[[], int],
        owner: str,
        lease_ttl: int = 5_000_000,
        patience_seconds: float = 10.0,
    ) -> None:
        self.path, self.owner, self.clock = Path(path), owner, clock
        self.url = f"sqlite:///{path}"
        self.store = Store(self.path, patience_seconds)
        self.catalog = Catalog(self.store)
        self.lessee = Owner(owner, clock, lease_ttl)

    async def start(self) -> None:
        """Open the file."""
        await self.store.start()

    async def stop(self) -> None:
        """Close the file."""
        self.store.stop()

    async def create_topics(self, specs: Sequence[TopicSpec]) -> list[str]:
        """Make the topics that are missing; those that exist stay as they are."""
        return await self.catalog.create(specs)

    async def describe_topics(self, names: Sequence[str]) -> dict[str, TopicSpec | None]:
        """How the topics are; None for a missing one."""
        known = self.catalog.all()
        return {name: known[name].spec if name in known else None for name in names}

    async def topic_faults(self, specs: Sequence[TopicSpec]) -> list[str]:
        """Why we should not run on the topics as they are."""
        return faults(specs, await self.describe_topics([spec.name for spec in specs]))

    async def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
        """Append records in one transaction: all are there, or none."""
        bodies = encoded(self.catalog, records)

        def body(connection: apsw.Connection) -> None:
            now = self.clock()
            for tp, pieces in bodies.items():
                batches.append(connection, tp, pieces, now)

        if any(bodies.values()):
            await self.store.write(body)

    async def starts(self, topic: str) -> list[int]:
        """The first offset still kept, of every partition."""
        return [counters.start for counters in self._counters(topic)]

    async def ends(self, topic: str) -> list[int]:
        """The offset after the last committed record, of every partition."""
        return [counters.next for counters in self._counters(topic)]

    async def settled(self, topic: str) -> list[int]:
        """The same: what is committed is in sight everywhere at once."""
        return await self.ends(topic)

    async def read(self, topic: str, partition: int, offset: int, limit: int = 5000) -> Fetched:
        """Committed records from an offset on.

        Raises:
            Truncated: the offset lies before the first one kept, or after the end.
        """
        tp = self.catalog.topic(topic).partition(partition)
        return self.store.read(lambda connection: batches.read(connection, tp, offset, limit))

    async def latest(self, topic: str, partition: int, key: bytes) -> bytes | None:
        """The latest committed value of a key, searched from the end."""
        tp = self.catalog.topic(topic).partition(partition)
        return self.store.read(lambda connection: batches.latest(batches.scan_back(connection, tp), key))

    async def owned(self, group: GroupSpec, partition: int) -> bool:
        """Whether a process holds that task's lease and shows signs of life."""
        return self.store.read(lambda connection: lease.alive(connection, group.name, partition, now=self.clock()))

    def task(self, group: GroupSpec, partition: int) -> SqliteTaskLog:
        """A handle for owning a task."""
        return SqliteTaskLog(self.store, self.catalog, self.lessee, group, partition)

    async def commit_jointly(self, joint: Joint) -> list[Mark | None]:
        """What several tasks leave behind in one transaction, if what was told gets the offsets it is said to have."""
        writers = [cast("SqliteTaskLog", handle).prepared(writes) for handle, writes in joint.parts]
        told = encoded(self.catalog, joint.told)
        ends = [(place, self.catalog.topic(place[0]).partition(place[1]), end) for place, end in joint.ends.items()]

        def body(connection: apsw.Connection) -> list[Mark | None]:
            for (topic, partition), tp, end in ends:
                found = batches.part(connection, tp).next
                if found != end:
                    raise Moved(f"{topic}-{partition} ends at {found}, not at {end}")
            for tp, pieces in told.items():
                batches.append(connection, tp, pieces, joint.at)
            return [write(connection) for write in writers]

        marks = await self.store.write(body)
        reached("commit.done")
        return marks

    @asynccontextmanager
    async def in_bulk(self) -> AsyncIterator[None]:
        """Commits wait for the disk together, when it is left."""
        await self.store.sync_later()
        try:
            yield
        finally:
            await self.store.sync_now()

    def faust_broker(self) -> str:
        """The broker URL for a Faust app over this log."""
        return broker_url()

    def faust_topic(self, name: str) -> str:
        """Topics have the same name for Faust."""
        return name

    def ear(self) -> Ear:
        """A new ear on this file; the log has been started."""
        with translated(self.path):
            return listen(self.path, bell_path(self.path))

    def membership(self) -> SqliteMembership:
        """A new seat, not yet taken."""
        return SqliteMembership(self.store, self.lessee)

    def _counters(self, topic: str) -> list[batches.Part]:
        found = self.catalog.topic(topic)
        numbers = [found.partition(number) for number in range(found.spec.partitions)]
        return self.store.read(lambda connection: [batches.part(connection, tp) for tp in numbers])
