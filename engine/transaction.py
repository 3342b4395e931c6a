"""What a processor sees while it decides a batch: state, outputs, deadlines. Nothing leaves before the commit."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from heapq import merge
from typing import Generic

from engine.columns import Columns
from engine.deadlines import Wakes
from engine.decided import Ranges
from engine.letters import Outcome, encode_outcome, retried
from engine.partitioning import partition_of
from engine.ports import NO_HEADERS, GroupSpec, Headers, Processor, Record, S
from engine.state import NO_WAKE, StateStore, wake_bytes


class Transaction(Generic[S]):
    """The overlay of one batch over a task's committed state.

    Attributes:
        partition: the task's partition number.
        partitions: how many partitions the group's sources have.
        time: partition time, the greatest record time read so far, in microseconds.
        positions: next offset of every source once this transaction is committed.
        ahead: ranges of offsets of every source that are decided although earlier ones are not (`engine.decided`).
        outputs: records to append by (topic, partition).
    """

    __slots__ = (
        "_deadlines",
        "_dirty",
        "_group",
        "_hot",
        "_loaded",
        "_processor",
        "_refused",
        "_store",
        "_touched",
        "ahead",
        "outputs",
        "partition",
        "partitions",
        "positions",
        "time",
    )

    def __init__(
        self,
        *,
        group: GroupSpec,
        partition: int,
        partitions: int,
        time: int,
        positions: dict[str, int],
        processor: Processor[S],
        store: StateStore,
        deadlines: Wakes,
        hot: dict[bytes, S],
        ahead: Mapping[str, Ranges] | None = None,
    ) -> None:
        self._group, self.partition, self.partitions, self.time = group, partition, partitions, time
        self._processor, self._store, self._deadlines, self._hot = processor, store, deadlines, hot
        self.positions, self.ahead = positions, dict(ahead or {})
        self._touched: dict[bytes, S] = {}
        self._dirty: dict[bytes, None] = {}
        self._loaded: dict[bytes, int] = {}
        self._refused: set[tuple[str, int]] = set()
        self.outputs: defaultdict[tuple[str, int], Columns] = defaultdict(Columns)

    def get(self, key: bytes) -> S | None:
        """The state of a key, for this transaction to change; call `put` after a change."""
        state = self._touched.get(key)
        if state is not None or key in self._dirty:
            return state
        # A hot state leaves the cache while a transaction may change it: an abort simply never puts it back.
        state = self._hot.pop(key, None)
        if state is None:
            raw = self._store.get(key)
            if raw is None:
                return None
            state = self._processor.load(raw)
            self._loaded[key] = len(raw)
        self._touched[key] = state
        return state

    def put(self, key: bytes, state: S, wake: int | None) -> None:
        """Keep a changed state, and the instant of its earliest deadline."""
        self._touched[key] = state
        self._dirty[key] = None
        self._deadlines.set(key, wake)

    def delete(self, key: bytes) -> None:
        """Remove a key's state and deadline."""
        self._touched.pop(key, None)
        self._hot.pop(key, None)
        self._dirty[key] = None
        self._deadlines.set(key, None)

    def every_key(self) -> Iterator[bytes]:
        """All keys with committed or changed state, in byte order."""
        last = None
        for key in merge(self._store.keys(), sorted(self._dirty)):  # not a set: they may be millions
            if key != last and (key in self._touched or key not in self._dirty):
                yield key
            last = key

    def wake_of(self, key: bytes) -> int | None:
        """The deadline that stands for a key."""
        return self._deadlines[key]

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = NO_HEADERS) -> None:
        """Append to this partition number of a co-partitioned topic."""
        rows = self.outputs[topic, self.partition]
        rows.keys.append(key)  # `add`, without the call: this is done for every output
        rows.values.append(value)
        rows.headers.append(headers)

    def send_to(
        self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers = NO_HEADERS
    ) -> None:
        """Append to a named partition."""
        self.outputs[topic, partition].add(key, value, headers)

    def forward(self, topic: str, key: bytes, value: bytes | None, headers: Headers = NO_HEADERS) -> None:
        """Append to the partition the key belongs to."""
        self.send_to(topic, partition_of(key, self.partitions), key, value, headers)

    def dead_letter(self, record: Record, topic: str, reason: str, detail: str, field: str = "") -> None:
        """Keep a record that cannot be taken: its bytes, its headers, and why and where."""
        why = (
            ("dlq.reason", reason),
            ("dlq.detail", detail[:500]),
            ("dlq.field", field[:200]),
            ("dlq.group", self._group.name),
            ("dlq.topic", topic),
            ("dlq.partition", str(self.partition)),
            ("dlq.offset", str(record.offset)),
            ("dlq.timestamp", str(record.timestamp)),
        )
        headers = [*record.headers, *((name, text.encode(errors="replace")) for name, text in why)]
        self.send(self._group.dead_letters, record.key, record.value, headers)
        if retried(record.headers):
            self._refused.add((topic, record.offset))

    def tried_again(self, record: Record, topic: str) -> None:
        """A record was decided that was put back from the dead letters: its letter is mended if it was not refused."""
        letter = retried(record.headers)
        if letter is None or not self._group.outcomes or (topic, record.offset) in self._refused:
            return
        outcome = Outcome(letter.decode(errors="replace"), "mended", self._group.name)
        self.send(self._group.outcomes, letter, encode_outcome(outcome))

    def changes(self) -> list[tuple[bytes, bytes | None]]:
        """Changed keys with their new changelog values (None removes), in the order they were first changed."""
        dump, dirty = self._processor.dump, self._dirty
        return [
            (key, None if state is None else (NO_WAKE if wake is None else wake_bytes(wake)) + dump(state))
            for key, state, wake in zip(dirty, map(self._touched.get, dirty), self._deadlines.of(dirty), strict=True)
        ]

    def release(self) -> dict[bytes, int]:
        """After the commit: decoded states may be used again; bytes of those that were decoded here."""
        self._hot.update(self._touched)
        return self._loaded
