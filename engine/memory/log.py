"""The in-memory log as one "process" sees it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import cast

from engine.embedded.broker import broker_url
from engine.embedded.ports import Ear
from engine.errors import Moved, WrongTopic
from engine.memory.disk import MemoryDisk
from engine.memory.membership import MemoryEar, MemoryMembership
from engine.memory.task import MemoryTaskLog
from engine.ports import Fetched, GroupSpec, Joint, Mark, NewRecord, TopicSpec, Writes
from engine.topic_faults import faults


class MemoryLog:
    """Implements `engine.embedded.ports.EmbeddedLog` in dictionaries: same fencing and limits, not durable.

    Attributes:
        url: "memory://".
        owner: this process's name.

    Args:
        clock: now, in microseconds since the Unix epoch.
        owner: this "process's" name.
        disk: where the data is; give the same one to several logs to have several processes. A new one if None.
        lease_ttl: how long a lease lives without a commit or a beat, in microseconds.
    """

    url = "memory://"

    def __init__(
        self,
        *,
        clock: Callable[[], int],
        owner: str = "memory",
        disk: MemoryDisk | None = None,
        lease_ttl: int = 5_000_000,
    ) -> None:
        self.disk = MemoryDisk() if disk is None else disk
        self.owner, self.clock, self._lease_ttl = owner, clock, lease_ttl

    async def start(self) -> None:
        """Nothing to connect to."""

    async def stop(self) -> None:
        """Nothing to let go of; what was written stays on the disk object."""

    async def create_topics(self, specs: Sequence[TopicSpec]) -> list[str]:
        """Make the topics that are missing."""
        for spec in specs:
            if spec.partitions < 1:
                raise WrongTopic(f"topic {spec.name!r}: at least one partition, not {spec.partitions}")
        return [spec.name for spec in specs if self.disk.create(spec)]

    async def describe_topics(self, names: Sequence[str]) -> dict[str, TopicSpec | None]:
        """How the topics are; None for a missing one."""
        return {name: self.disk.topics.get(name) for name in names}

    async def topic_faults(self, specs: Sequence[TopicSpec]) -> list[str]:
        """Why we should not run on the topics as they are."""
        return faults(specs, await self.describe_topics([spec.name for spec in specs]))

    async def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
        """Append all or nothing."""
        self.disk.check(records)
        self.disk.append(records, self.clock())

    async def starts(self, topic: str) -> list[int]:
        """The first offset still kept, of every partition."""
        return [self.disk.partition(topic, number).start for number in self._numbers(topic)]

    async def ends(self, topic: str) -> list[int]:
        """The offset after the last record, of every partition."""
        return [self.disk.partition(topic, number).next for number in self._numbers(topic)]

    async def settled(self, topic: str) -> list[int]:
        """The same: what is committed is in sight everywhere at once."""
        return await self.ends(topic)

    async def read(self, topic: str, partition: int, offset: int, limit: int = 5000) -> Fetched:
        """Records from an offset on.

        Raises:
            Truncated: the offset lies before the first one kept, or after the end.
        """
        return self.disk.partition(topic, partition).read(offset, limit)

    async def latest(self, topic: str, partition: int, key: bytes) -> bytes | None:
        """The latest value of a key."""
        return self.disk.partition(topic, partition).latest(key)

    async def owned(self, group: GroupSpec, partition: int) -> bool:
        """Whether that task's lease is held and has not expired."""
        return self.disk.lease(group.name, partition).expires > self.clock()

    def task(self, group: GroupSpec, partition: int) -> MemoryTaskLog:
        """A handle for owning a task."""
        return MemoryTaskLog(self.disk, group, partition, owner=self.owner, clock=self.clock, lease_ttl=self._lease_ttl)

    async def commit_jointly(self, joint: Joint) -> list[Mark | None]:
        """What several tasks leave behind at once, if what they told gets the offsets it was said to have."""
        parts = [(handle, writes, handle.records(writes)) for handle, writes in _ours(joint)]
        everything: dict[tuple[str, int], list[NewRecord]] = {}
        for records in (joint.told, *(records for _, _, records in parts)):
            for place, rows in records.items():
                everything.setdefault(place, []).extend(rows)
        self.disk.check(everything)
        for (topic, partition), end in joint.ends.items():
            found = self.disk.partition(topic, partition).next
            if found != end:
                raise Moved(f"{topic}-{partition} ends at {found}, not at {end}")
        for handle, writes, _ in parts:
            handle.check(writes)
        self.disk.append(joint.told, joint.at)
        return [handle.write(writes, records) for handle, writes, records in parts]

    def in_bulk(self) -> AbstractAsyncContextManager[None]:
        """Nothing is gained here."""
        return nullcontext()

    def faust_broker(self) -> str:
        """The broker URL for a Faust app over this log."""
        return broker_url()

    def faust_topic(self, name: str) -> str:
        """Topics have the same name for Faust."""
        return name

    def ear(self) -> Ear:
        """A new ear."""
        return MemoryEar(self.disk)

    def membership(self) -> MemoryMembership:
        """A new seat, not yet taken."""
        return MemoryMembership(self.disk, owner=self.owner, clock=self.clock, lease_ttl=self._lease_ttl)

    def compact(self, topic: str, partition: int) -> None:
        """Compact a partition now."""
        self.disk.partition(topic, partition).compact()

    def expire(self, topic: str, partition: int, now: int) -> None:
        """Drop what is older than the topic's retention at the instant `now` (microseconds)."""
        retention = self.disk.topics[topic].retention_ms
        if retention is not None:
            self.disk.partition(topic, partition).expire(now - retention * 1_000)

    def _numbers(self, topic: str) -> range:
        if topic not in self.disk.topics:
            raise WrongTopic(f"topic {topic!r} is missing; create the topics first")
        return range(self.disk.topics[topic].partitions)


def _ours(joint: Joint) -> list[tuple[MemoryTaskLog, Writes]]:
    return [(cast("MemoryTaskLog", handle), writes) for handle, writes in joint.parts]
