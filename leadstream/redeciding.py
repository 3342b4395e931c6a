"""Decides the inboxes anew, in memory, and holds what comes of that against the canonical logs.

What workers decided live follows from the order in which records came into each inbox, questions and answers between
tasks among them. What a run decided follows from what came from outside alone, in the order of record time. A log does
not say how it was made, and may be made in both ways: a subject is right when one of them gives its facts.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import UNSET
from typing_extensions import override

from engine.decided import within
from engine.drain import drain
from engine.host import Program
from engine.memory.disk import MemoryDisk, Partition
from engine.memory.log import MemoryLog
from engine.memory.task import MemoryTaskLog
from engine.ports import EventLog, GroupSpec, Mark, Record, TopicSpec, Writes
from engine.position import Position, decode_position
from engine.reading import records_of
from engine.recordtime import TASK_HEADER, header
from engine.state import POSITION
from engine.together import drain_together
from events.codec import Codec
from events.instants import to_us
from events.topics import AGREEMENTS, TOPICS
from leadstream.clock import now_us
from leadstream.compared import Compared
from leadstream.folding import Folding, foldings
from streams.programs import speaking_programs

_Facts = dict[bytes, list[bytes]]
OTHER_ORDER = (
    "what was decided live follows also from when workers looked at the clock, and a run that goes on with it decides "
    "in another order; where only runs have decided, or workers that were never behind, this is a fault"
)
"""What has to be known by whoever reads that a subject's facts differ."""


class Incomplete(Exception):
    """The inboxes cannot be decided anew, and why."""


class _Answerless(MemoryTaskLog):
    """A task that says nothing to others: what it has said is in their inboxes already."""

    inboxes: frozenset[str]

    @override
    async def commit(self, writes: Writes) -> Mark | None:
        """All but what goes into inboxes."""
        writes.outputs = {place: rows for place, rows in writes.outputs.items() if place[0] not in self.inboxes}
        return await super().commit(writes)


class _Overheard(MemoryLog):
    """A log in which everything that was said lies in the inboxes already."""

    inboxes: frozenset[str]

    @override
    def task(self, group: GroupSpec, partition: int) -> _Answerless:
        made = _Answerless(self.disk, group, partition, owner=self.owner, clock=self.clock, lease_ttl=1_000_000)
        made.inboxes = self.inboxes
        return made


class _Inboxes:
    """What was decided of all inboxes, and how far time has passed."""

    def __init__(self, kinds: Sequence[Folding], partitions: int) -> None:
        self.kinds, self.partitions = kinds, partitions
        self.passed: dict[tuple[str, int], int] = {}
        self._records: dict[tuple[str, int], list[Record]] = {}
        self._agreements: list[Record] = []

    async def read(self, log: EventLog) -> None:
        """Read them.

        Raises:
            Incomplete: an inbox does not reach back to its first record.
        """
        self._agreements = [record async for record in records_of(log, AGREEMENTS, 0)]
        for kind in self.kinds:
            (inbox,) = kind.group.sources
            for partition, start in enumerate(await log.starts(inbox)):
                if start:
                    raise Incomplete(
                        f"{inbox}-{partition} begins at offset {start}: what came before is removed (retention), and "
                        "without it nothing can be decided anew; verify without --redecide needs no inbox"
                    )
                raw = await log.latest(kind.group.changelog, partition, POSITION)
                position = Position({}, 0) if raw is None else decode_position(raw)
                self.passed[kind.log, partition] = position.time
                self._records[inbox, partition] = [
                    record async for record in records_of(log, inbox, partition) if _decided(record, position, inbox)
                ]

    def log(self, *, outside_only: bool) -> MemoryLog:
        """A log in memory with nothing but these inboxes and the agreements."""
        disk, kind = MemoryDisk(), MemoryLog if outside_only else _Overheard
        for each in TOPICS:
            spec = TopicSpec(
                each.name,
                each.partitions or self.partitions,
                compacted=each.compacted,
                max_record_bytes=each.max_record_bytes,
            )
            disk.topics[each.name] = spec
            for number in range(spec.partitions):
                disk.partitions[each.name, number] = Partition()
        disk.partitions[AGREEMENTS, 0] = _holding(self._agreements)
        for place, records in self._records.items():
            outside = [record for record in records if header(record.headers, TASK_HEADER) is None]
            disk.partitions[place] = _holding(outside if outside_only else records)
        log = kind(clock=now_us, disk=disk)
        if isinstance(log, _Overheard):
            log.inboxes = frozenset(inbox for inbox, _ in self._records)
        return log


def _holding(records: list[Record]) -> Partition:
    return Partition(records, 0, records[-1].offset + 1, records[-1].timestamp) if records else Partition()


def _decided(record: Record, position: Position, inbox: str) -> bool:
    return record.offset < position.offsets.get(inbox, 0) or within(record.offset, position.ahead.get(inbox, ()))


async def redecide(log: EventLog, partitions: int, secret: bytes) -> Compared:
    """Decide the inboxes anew and compare the facts of every subject, byte for byte.

    What falls due after the last record may be decided here and not there yet, up to where time has passed there.

    Args:
        log: the log.
        partitions: the deployment's partition count.
        secret: the deployment's key for hashes of personal keys.

    Raises:
        Incomplete: an inbox does not reach back to its first record.
        PoisonBatch: a program fails on a record that it did not fail on before.
    """
    kinds = foldings(secret)
    inboxes = _Inboxes(kinds, partitions)
    await inboxes.read(log)
    until = max(inboxes.passed.values(), default=0)
    found = {(kind.log, number): await _facts(log, kind.log, number) for kind in kinds for number in range(partitions)}

    run = inboxes.log(outside_only=True)
    await drain_together(run, _programs(run, partitions, secret), until=until)
    wrong = await _wrong(inboxes, found, run)
    if any(wrong.values()):
        live = inboxes.log(outside_only=False)
        for program in _programs(live, partitions, secret):
            await drain(live, program, until=until)
        wrong = {place: keys & wrong[place] for place, keys in (await _wrong(inboxes, found, live)).items()}

    done = Compared()
    for kind in kinds:
        for number in range(partitions):
            for key in sorted(found[kind.log, number].keys() | wrong[kind.log, number]):
                name = f"{kind.subject} {key.decode(errors='replace')} (partition {number})"
                same = key not in wrong[kind.log, number]
                done.add(f"{kind.subject}s decided anew", same, f"{name}: decided anew its facts are others")
    return done


def _programs(log: MemoryLog, partitions: int, secret: bytes) -> Sequence[Program]:
    return speaking_programs(log, partitions, now_us, secret).all


async def _facts(log: EventLog, topic: str, partition: int) -> _Facts:
    found = defaultdict[bytes, list[bytes]](list)
    async for record in records_of(log, topic, partition):
        found[record.key or b""].append(record.value or b"")
    return dict(found)


async def _wrong(
    inboxes: _Inboxes, found: Mapping[tuple[str, int], _Facts], log: MemoryLog
) -> dict[tuple[str, int], set[bytes]]:
    """The subjects whose facts are others in that log."""
    wrong: dict[tuple[str, int], set[bytes]] = {}
    for place, there in found.items():
        here, passed = await _facts(log, *place), inboxes.passed[place]
        keys = there.keys() | here.keys()
        wrong[place] = {key for key in keys if not _same(there.get(key, []), here.get(key, []), passed)}
    return wrong


def _same(there: list[bytes], here: list[bytes], passed: int) -> bool:
    """Whether these are the same facts, but for what has yet to fall due there."""
    count = len(there)
    return here[:count] == there and all(_recorded_at(value) >= passed for value in here[count:])


def _recorded_at(value: bytes) -> int:
    envelope = Codec().decode(value)
    return 0 if envelope.recordedat is UNSET else to_us(envelope.recordedat)
