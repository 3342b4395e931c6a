"""Loads a translation into the log: refused when it would rewrite time, repeated in full when it broke off."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, islice

import msgspec

from engine.partitioning import partition_of
from engine.ports import EventLog, Headers, NewRecord
from engine.recordtime import TIME_HEADER, BadTime, record_time
from engine.state import POSITION
from engine.task import decode_position
from events.codec import Codec
from events.instants import from_us, iso
from events.registry import wrap
from events.topics import DEAD_LETTERS, INBOX_OF, LEAD_INBOX, LEAD_STATE, OPPORTUNITY_INBOX, OPPORTUNITY_STATE
from leadstream.importing.translation import Translation
from leadstream.importing.values import DeadRow, Imported
from streams.agents.lead_task import IMPORT_NOTE

START_KEY = IMPORT_NOTE
"""Key of the record that says that an import began, the digest behind it; tasks skip it."""
_CHUNK = 5000
_KEPT_BYTES = 1_000_000
"""Of a dead row's own bytes; the rest would not fit the dead letters."""
_encode = msgspec.json.Encoder(order="sorted").encode


class ImportRefused(Exception):
    """The history lies before what the log already holds; verdicts given since would be wrong."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading did.

    Attributes:
        facts: facts appended.
        repeated: the same import had begun before; its duplicates are dropped when they are decided.
    """

    facts: int
    repeated: bool


async def load(
    log: EventLog, partitions: int, translation: Translation, digest: str, progress: Callable[[int], None]
) -> Loaded:
    """Append a translation's facts in order, its dead rows to the dead letters.

    Args:
        log: the log.
        partitions: partition count of the inbox.
        translation: what the files became.
        digest: digest of mapping and files, which tells the same import.
        progress: told the number of facts appended by each step.

    Raises:
        ImportRefused: the log holds records later than the first fact, and this import never began before.
    """
    facts = translation.facts()
    first = next(facts, None)
    repeated = await _began_before(log, digest)
    if not repeated:
        if first is not None:
            await _refuse_older(log, partitions, first.occurred_at)
        # Dead rows before the start record: what breaks off between the two keeps them twice, never not at all.
        await _keep_dead_rows(log, translation.dead)
        await log.append({(LEAD_INBOX, 0): [_start_record(digest, 0 if first is None else first.occurred_at)]})
    codec, loaded = Codec(), 0
    remaining = facts if first is None else chain([first], facts)
    while chunk := list(islice(remaining, _CHUNK)):
        batches: defaultdict[tuple[str, int], list[NewRecord]] = defaultdict(list)
        for fact in chunk:
            record = new_record(fact, codec)
            assert record.key is not None
            batches[INBOX_OF[type(fact.fact)], partition_of(record.key, partitions)].append(record)
        await log.append(batches)
        loaded += len(chunk)
        progress(len(chunk))
    return Loaded(loaded, repeated)


async def _refuse_older(log: EventLog, partitions: int, at: int) -> None:
    latest = await _latest_time(log, partitions)
    if latest is not None and latest > at:
        raise ImportRefused(
            f"the first fact happened at {iso(at)}, but the log already holds records up to {iso(latest)}: import "
            "history before anything later, into an empty deployment (another --data-dir or --prefix)"
        )


def new_record(fact: Imported, codec: Codec) -> NewRecord:
    """The inbox record of an imported fact; its record time is the time it happened."""
    envelope = wrap(fact.fact, id=fact.id, source=fact.source, subject=fact.subject, time=from_us(fact.occurred_at))
    return NewRecord(fact.subject.encode(), codec.encode(envelope), _timed(fact.occurred_at))


def _timed(at: int) -> Headers:
    return ((TIME_HEADER, b"%d" % at),)


def _start_record(digest: str, at: int) -> NewRecord:
    return NewRecord(START_KEY + digest.encode(), _encode({"digest": digest, "first": iso(at)}), _timed(at))


async def _began_before(log: EventLog, digest: str) -> bool:
    return await log.latest(LEAD_INBOX, 0, START_KEY + digest.encode()) is not None


async def _latest_time(log: EventLog, partitions: int) -> int | None:
    """The greatest record time in the inboxes: what tasks have decided, and what they have not read yet."""
    times = [
        at
        for inbox, state in ((LEAD_INBOX, LEAD_STATE), (OPPORTUNITY_INBOX, OPPORTUNITY_STATE))
        for partition in range(partitions)
        for at in await _times(log, inbox, state, partition)
    ]
    return max(times, default=None)


async def _times(log: EventLog, inbox: str, state: str, partition: int) -> list[int]:
    """Up to which time a partition is decided, and the record times of what is not."""
    start, end = (await log.starts(inbox))[partition], (await log.ends(inbox))[partition]
    raw = await log.latest(state, partition, POSITION)
    position = None if raw is None else decode_position(raw)
    offset = start if position is None else position.offsets.get(inbox, start)
    times = [] if position is None or position.time == 0 else [position.time]
    while offset < end:
        records, offset = await log.read(inbox, partition, offset)
        for record in records:
            try:
                times.append(record_time(record))
            except BadTime:
                continue  # goes to the dead letters, so it moves no time
    return times


async def _keep_dead_rows(log: EventLog, dead: tuple[DeadRow, ...]) -> None:
    records = [
        NewRecord(
            f"{row.file}:{row.line}".encode(),
            row.original[:_KEPT_BYTES],
            [
                ("dlq.reason", b"untranslatable"),
                ("dlq.detail", (row.reason + _cut(row.original)).encode()),
                ("dlq.field", row.field.encode()),
                ("dlq.group", b"import"),
                ("dlq.file", row.file.encode()),
                ("dlq.line", str(row.line).encode()),
            ],
        )
        for row in dead
    ]
    for begin in range(0, len(records), _CHUNK):
        await log.append({(DEAD_LETTERS, 0): records[begin : begin + _CHUNK]})


def _cut(original: bytes) -> str:
    return f"; the first {_KEPT_BYTES} of its {len(original)} bytes are kept" if len(original) > _KEPT_BYTES else ""
