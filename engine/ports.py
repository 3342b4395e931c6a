"""The ports: what the engine asks of a log, and what a program that runs on the engine has to offer.

Three logs implement `EventLog` and `TaskLog`: Kafka, one SQLite file, and the in-memory twin. They pass one
contract suite (`tests/engine/test_log_contract.py`). Instants are microseconds since the Unix epoch.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from engine.transaction import Transaction

Headers = Sequence[tuple[str, bytes]]
NO_HEADERS: Headers = ()
S = TypeVar("S")


class Record(NamedTuple):
    """A record as delivered.

    Attributes:
        offset: its place in the partition.
        timestamp: when the log took it (append time), microseconds.
        key: what it is about; records of one key keep their order.
        value: the bytes; None is a tombstone.
        headers: name and bytes pairs.
    """

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class NewRecord(NamedTuple):
    """A record to be appended; the log stamps time and offset."""

    key: bytes | None
    value: bytes | None
    headers: Headers = NO_HEADERS


class Fetched(NamedTuple):
    """Committed records of one partition in order, and the offset to go on from (gaps are skipped)."""

    records: list[Record]
    next_offset: int


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """How a topic has to be.

    Attributes:
        name: logical name; a log may add the deployment's prefix.
        partitions: how many.
        compacted: only the last record of each key is kept.
        retention_ms: how long records stay, in milliseconds from arrival; None for ever.
        max_record_bytes: the largest record it takes.
    """

    name: str
    partitions: int
    compacted: bool = False
    retention_ms: int | None = None
    max_record_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """A task group: co-partitioned sources that one task per partition number consumes.

    Attributes:
        name: names the group's positions and fencing; never change it once data is there.
        sources: topics it consumes, all with the same partition count.
        changelog: compacted topic of its state, one partition per task.
        dead_letters: topic for records that cannot be taken.
        state_format: format of the states' bytes, kept with them; a task refuses state it does not read. To be raised
            with every change of these bytes.
        oldest_format: the oldest format that is still read, so that old states are written anew only as they change;
            None when only the present one is.
        outcomes: topic that is told which dead letters are mended, with as many partitions; empty for none.
    """

    name: str
    sources: tuple[str, ...]
    changelog: str
    dead_letters: str
    state_format: int = 0
    oldest_format: int | None = None
    outcomes: str = ""

    def reads(self, state_format: int) -> bool:
        """Whether states of a format are understood."""
        oldest = self.state_format if self.oldest_format is None else self.oldest_format
        return oldest <= state_format <= self.state_format


@dataclass(slots=True)
class Writes:
    """All that one transaction leaves behind, or nothing of it.

    Attributes:
        outputs: records by (topic, partition).
        changelog: state changes, in order.
        before: position of every source that moves, as it was (compared before it is set).
        after: position of every source that moves.
    """

    outputs: Mapping[tuple[str, int], Sequence[NewRecord]] = field(default_factory=dict)
    changelog: Sequence[NewRecord] = ()
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)


class Mark(NamedTuple):
    """A position record as it lies in a changelog: who remembers it can tell that log from every other.

    Attributes:
        offset: its place.
        timestamp: when the log took it, microseconds.
        value: its bytes.
    """

    offset: int
    timestamp: int
    value: bytes


class Intake(Protocol):
    """What takes a changelog as it is read, part by part, when a task opens."""

    @property
    def mark(self) -> Mark | None:
        """The position record up to which the changelog is in here already; None when nothing here is sure."""
        ...

    def clear(self) -> None:
        """Forget everything: the changelog comes from its start."""
        ...

    def take(self, rows: dict[bytes, bytes | None]) -> None:
        """The latest values of the next part, the engine's own keys left out; None removes a key."""
        ...


class Opened(NamedTuple):
    """What a task finds when it has become the owner.

    Attributes:
        positions: next offset of every source, as committed (the start of the log where nothing was).
        changelog: latest value per key of the task's changelog partition, the engine's own keys included; nothing but
            the engine's own keys when the rest went into an `Intake`.
        committed: a position was committed before; then there must be a position record in the changelog too.
        mark: the latest position record, where the changelog went into an `Intake` and that record is known.
    """

    positions: dict[str, int]
    changelog: dict[bytes, bytes]
    committed: bool = False
    mark: Mark | None = None


class TaskLog(Protocol):
    """One task's handle on the log: partition number p of all sources of its group."""

    async def open(self, into: Intake | None = None, *, anywhere: bool = False) -> Opened:
        """Become the only owner (the former one is fenced), then read positions and changelog.

        Args:
            into: takes the changelog instead of a dictionary. While the log still shows the record of its mark, only
                what comes from there on is read; else it is cleared and everything is.
            anywhere: give the positions as they are, wherever they lie; only a repair asks for that.

        Raises:
            Unavailable: the log is out of reach.
            Truncated: a committed position lies outside what the log holds.
        """
        ...

    async def commit(self, writes: Writes) -> Mark | None:
        """Write all or nothing, durably.

        Returns:
            The last record of the changelog, as it was written; None when there was none.

        Raises:
            Fenced: we are no longer the owner, or the outcome is unknown.
            RecordTooLarge: a record is too large; nothing was written.
            Unavailable: out of reach; nothing more is known.
        """
        ...

    async def ends(self) -> dict[str, int]:
        """End offset of every source, by a request made after this call began."""
        ...

    async def close(self) -> None:
        """Let go, at once; what is open is aborted."""
        ...


Rebuild = Callable[[TaskLog, Opened], Awaitable[None]]
"""Given an opened handle and what was found, writes states of another format anew, so that the task can open again.

It has to leave the position where it is, and to raise `UnknownState` where the states are of a later format. Killed at
any moment it must leave states that the old program or the new one reads, or that are rebuilt at the next opening.
"""


class EventLog(Protocol):
    """The log as everybody else sees it: publishers, readers, administrators."""

    url: str

    async def start(self) -> None:
        """Connect. Raises Unavailable when the log is out of reach."""
        ...

    async def stop(self) -> None:
        """Let go of everything."""
        ...

    async def create_topics(self, specs: Sequence[TopicSpec]) -> list[str]:
        """Make the topics that are missing; names of those made."""
        ...

    async def describe_topics(self, names: Sequence[str]) -> dict[str, TopicSpec | None]:
        """How the topics are; None for a missing one."""
        ...

    async def topic_faults(self, specs: Sequence[TopicSpec]) -> list[str]:
        """Why we should not run on the topics as they are: missing, other than specified, unsafe. A sentence each."""
        ...

    async def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
        """Append records by (topic, partition); durable when it returns.

        Raises:
            RecordTooLarge: one is too large; none was written on a log that can tell beforehand.
            WrongTopic: no such topic or partition, or a record without a key for a compacted topic.
            Unavailable: out of reach.
        """
        ...

    async def starts(self, topic: str) -> list[int]:
        """The first offset still kept, of every partition."""
        ...

    async def ends(self, topic: str) -> list[int]:
        """The offset after the last committed record, of every partition."""
        ...

    async def settled(self, topic: str) -> list[int]:
        """Likewise; all that was committed in one transaction with what somebody has read elsewhere lies before it.

        Where a transaction becomes visible in one partition after the other, this waits until it is in all of them.

        Raises:
            Unavailable: out of reach, or a transaction stays open.
        """
        ...

    async def read(self, topic: str, partition: int, offset: int, limit: int = 5000) -> Fetched:
        """Committed records from an offset on, at most about `limit`. Empty at the end; never waits.

        Raises:
            Truncated: the offset lies before the first record kept, or after the end.
        """
        ...

    async def latest(self, topic: str, partition: int, key: bytes) -> bytes | None:
        """The latest committed value of a key that is written often (found from the end)."""
        ...

    async def owned(self, group: GroupSpec, partition: int) -> bool:
        """Whether some live process seems to own that task."""
        ...

    def task(self, group: GroupSpec, partition: int) -> TaskLog:
        """A handle for owning a task; nothing happens before `open`."""
        ...

    def in_bulk(self) -> AbstractAsyncContextManager[None]:
        """For many small commits of this process that nobody waits for one by one.

        All is durable when it is left. Until then a power cut may take back the latest transactions, newest first and
        each as a whole, of all tasks alike; nothing that others have appended.
        """
        ...


@dataclass(frozen=True, slots=True)
class Joint:
    """What several tasks of one process leave behind together.

    Attributes:
        parts: each task's handle and what it leaves behind.
        told: what they told one another, by (topic, partition), in the order in which it was told.
        ends: where each of these partitions ended before: what was told has its offsets from there on already.
        at: when that was told, microseconds; its records are stamped with it.
    """

    parts: Sequence[tuple[TaskLog, Writes]]
    told: Mapping[tuple[str, int], Sequence[NewRecord]]
    ends: Mapping[tuple[str, int], int]
    at: int


@runtime_checkable
class JointLog(EventLog, Protocol):
    """A log on which several tasks of one process can commit as one."""

    clock: Callable[[], int]

    async def commit_jointly(self, joint: Joint) -> list[Mark | None]:
        """Write all of it or nothing, durably.

        Returns:
            For each part the last record of its changelog, as `TaskLog.commit` does.

        Raises:
            Moved: one of the partitions ends elsewhere: somebody else has written to it. Nothing was written.
            Fenced, RecordTooLarge, Unavailable: as of `TaskLog.commit`.
        """
        ...


class FaustLog(EventLog, Protocol):
    """A log that a Faust app can run on."""

    def faust_broker(self) -> str:
        """The broker URL that makes a Faust app use the transport over this log."""
        ...

    def faust_topic(self, name: str) -> str:
        """The name a Faust app has to subscribe to for a topic."""
        ...


class Processor(Protocol[S]):
    """The program a task runs: plain synchronous functions over the transaction.

    A state given to `put` is owned by the engine until the next `get`; an aborted batch throws it away.
    """

    def load(self, raw: bytes) -> S:
        """State from its bytes."""
        ...

    def dump(self, state: S) -> bytes:
        """State to bytes; equal states give equal bytes."""
        ...

    async def prepare(self, until: int) -> None:
        """Called before each batch whose records reach up to the instant `until`; may read other topics."""
        ...

    def decide(self, txn: "Transaction[S]", record: Record, at: int) -> None:
        """Take one record, whose record time is `at`."""
        ...

    def wake(self, txn: "Transaction[S]", key: bytes, due: int) -> None:
        """The earliest deadline of a key has passed."""
        ...

    def milestone(self, since: int) -> int | None:
        """The next instant, `since` or later, at which something changes for every key; `sweep` has to run then."""
        ...

    def sweep(self, txn: "Transaction[S]", key: bytes, at: int) -> None:
        """A milestone passes: take one key through it.

        Every key gets its turn, in byte order, before anything later is decided. After a crash a key may get its turn
        once more; it must not say anything twice.
        """
        ...

    def finish(self, txn: "Transaction[S]") -> None:
        """The batch is decided; last outputs before the commit."""
        ...
