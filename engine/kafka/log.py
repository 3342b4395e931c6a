"""Kafka as everybody sees it: publishers, readers, administrators, and the handles of tasks."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

from engine.errors import Unavailable
from engine.kafka import groups, offsets
from engine.kafka.appender import Appender
from engine.kafka.catalog import Catalog
from engine.kafka.cluster import Cluster
from engine.kafka.poll import Pace
from engine.kafka.quiet import quieten
from engine.kafka.reader import Reader
from engine.kafka.session import Session, servers_of
from engine.kafka.task_log import KafkaTaskLog
from engine.ports import Fetched, GroupSpec, NewRecord, TopicSpec

__all__ = ["KafkaLog", "Pace", "Session"]


class KafkaLog:
    """Implements `engine.ports.EventLog`. Belongs to one event loop.

    Topic names are logical here; on the brokers they carry the prefix.

    Attributes:
        url: as given.
        servers: the brokers' addresses.
        session: how patient it is.
        prefix: in front of every name on the brokers.
        pace: how tasks fetch.

    Args:
        url: "kafka://host:port", more brokers after commas.
        prefix: the deployment's; several deployments share brokers by it.
        clock: now, in microseconds since the Unix epoch: the create time of records, which topics made here replace
            by the time of arrival. The machine's own unless given.
        replication: replicas of each topic made here.
        group_id: the consumer group that a task group's positions live under; "{prefix}leadstream-{name}" unless given.
        session: patience, TLS and SASL.
        pace: how tasks fetch.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "",
        clock: Callable[[], int] | None = None,
        replication: int = 1,
        group_id: Callable[[GroupSpec], str] | None = None,
        session: Session | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.pace = pace or Pace()
        self.url, self.prefix, self.servers, self.session = url, prefix, servers_of(url), session or Session()
        self._clock, self._group_id = clock, group_id or (lambda group: f"{prefix}leadstream-{group.name}")
        self._cluster = Cluster(self.servers, self.session, f"{prefix}leadstream")
        self.catalog = Catalog(self._cluster, prefix, replication)
        self._appender = Appender(self.catalog, self.servers, self.session, self._now_ms)
        self._reader = Reader(self._cluster)
        self._opened: set[KafkaTaskLog] = set()

    @property
    def limits(self) -> Mapping[str, int]:
        """The largest record of every topic seen so far, in bytes, by logical name."""
        return self.catalog.limits

    async def start(self) -> None:
        """Connect.

        Raises:
            Forbidden: a broker does not take who we say we are, or we do not take who it says it is.
            Unavailable: no broker answers.
        """
        quieten()
        await self._cluster.start()

    async def stop(self) -> None:
        """Let go of everything, at once."""
        for task in list(self._opened):
            await task.close()
        await self._appender.stop()
        await self._cluster.stop()

    async def create_topics(self, specs: Sequence[TopicSpec]) -> list[str]:
        """Make the topics that are missing; names of those made."""
        return await self.catalog.create(specs)

    async def describe_topics(self, names: Sequence[str]) -> dict[str, TopicSpec | None]:
        """How the topics are; None for a missing one."""
        return await self.catalog.describe(names)

    async def topic_faults(self, specs: Sequence[TopicSpec]) -> list[str]:
        """Why we should not run on the topics as they are: missing, other than specified, or unsafe. A sentence each.

        Beyond what a spec says, Kafka's topics must take their time from the broker (LogAppendTime), acknowledge
        nothing that one replica alone has, and never follow a leader that lags.
        """
        return await self.catalog.faults(specs)

    async def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
        """Append records; they are durable when it returns.

        Raises:
            RecordTooLarge: one is too large; none was written.
            Unavailable: out of reach; some may have been written.
            WrongTopic: a topic or partition is missing.
        """
        await self._appender.append(records)

    async def starts(self, topic: str) -> list[int]:
        """The first offset still kept, of every partition."""
        partitions = await self._partitions(topic)
        found = await offsets.starts(self._cluster, partitions)
        return [found[at] for at in partitions]

    async def ends(self, topic: str) -> list[int]:
        """The offset after the last committed record, of every partition; an open transaction holds it back."""
        partitions = await self._partitions(topic)
        found = await offsets.settled_ends(self._cluster, partitions, self.session.settle)
        return [found[at] for at in partitions]

    async def settled(self, topic: str) -> list[int]:
        """The end of all that was written when this was asked, once it is committed or aborted.

        Raises:
            Unavailable: out of reach, or a transaction stays open.
        """
        partitions = await self._partitions(topic)
        written = await offsets.written_ends(self._cluster, partitions)
        found = await offsets.settled_ends(self._cluster, partitions, self.session.patience, written=written)
        if undecided := [number for name, number in partitions if found[name, number] < written[name, number]]:
            raise Unavailable(f"a transaction in {topic} is neither committed nor aborted, in partitions {undecided}")
        return [found[at] for at in partitions]

    async def read(self, topic: str, partition: int, offset: int, limit: int = 5000) -> Fetched:
        """Committed records from an offset on, at most `limit`. Empty at the end; never waits for more.

        Raises:
            Truncated: the offset lies outside what the log holds.
        """
        return await self._reader.read(self.catalog.physical(topic), partition, offset, limit)

    async def latest(self, topic: str, partition: int, key: bytes) -> bytes | None:
        """The latest committed value of a key, searched from the end."""
        return await self._reader.latest(self.catalog.physical(topic), partition, key)

    async def owned(self, group: GroupSpec, partition: int) -> bool:
        """Whether a live member of the consumer group has the task's sources, or may have them in a moment."""
        sources = {(self.catalog.physical(topic), partition) for topic in group.sources}
        return await groups.has_owner(self._cluster, self.group_id(group), sources)

    def task(self, group: GroupSpec, partition: int) -> KafkaTaskLog:
        """A handle for owning a task."""
        return KafkaTaskLog(
            self.catalog,
            self.servers,
            self.session,
            now_ms=self._now_ms,
            group=group,
            partition=partition,
            group_id=self.group_id(group),
            opened=self._opened,
        )

    def group_id(self, group: GroupSpec) -> str:
        """The consumer group that holds a task group's positions."""
        return self._group_id(group)

    def _now_ms(self) -> int | None:
        return None if self._clock is None else self._clock() // 1000

    def in_bulk(self) -> AbstractAsyncContextManager[None]:
        """Nothing is gained here."""
        return nullcontext()

    def faust_broker(self) -> str:
        """The `broker` setting of a Faust app that runs tasks on this log; its id has to be the consumer group."""
        from engine.kafka.transport import ALIAS  # noqa: PLC0415 - publishers and readers do without Faust

        return ";".join(f"{ALIAS}://{server}" for server in self.servers)

    def faust_topic(self, name: str) -> str:
        """The name a Faust app has to subscribe to for a source."""
        return self.catalog.physical(name)

    async def _partitions(self, topic: str) -> list[tuple[str, int]]:
        name = self.catalog.physical(topic)
        return [(name, number) for number in range(await self._cluster.partitions(name))]
