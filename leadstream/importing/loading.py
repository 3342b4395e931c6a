"""Loads a translation into the log: refused when it would rewrite time, repeated in full when it broke off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import msgspec

from engine.ports import NO_HEADERS, EventLog, Headers, NewRecord
from engine.position import decode_position
from engine.recordtime import TIME_HEADER, BadTime, record_time
from engine.state import POSITION
from events.codec import Codec
from events.envelope import Envelope
from events.instants import from_us, iso
from events.registry import wrap
from events.topics import (
    ACCOUNT_INBOX,
    ACCOUNT_STATE,
    COUNCIL_INBOX,
    COUNCIL_STATE,
    DEAD_LETTERS,
    LEAD_INBOX,
    LEAD_STATE,
    OPPORTUNITY_INBOX,
    OPPORTUNITY_STATE,
)
from leadstream.importing.catalogue import AT_ANY_TIME
from leadstream.importing.earlier import START_KEY, Brought, Start, decode_start, encode_start
from leadstream.importing.refused import CONTENT, KEPT_BYTES, MAPPING, PARTITION, detail_of
from leadstream.importing.retrying import HowRead
from leadstream.importing.translation import Translation
from leadstream.importing.values import DeadRow, Imported
from leadstream.letter_lives import tell
from leadstream.publishing import publish

_CHUNK = 5000
_LETTERS_AT_ONCE = 4_000_000
"""Bytes of dead rows in one append, or somewhat more."""
_HEADERS = 1000
_WITH_DEADLINES = ((LEAD_INBOX, LEAD_STATE), (OPPORTUNITY_INBOX, OPPORTUNITY_STATE))
_WITHOUT = ((ACCOUNT_INBOX, ACCOUNT_STATE), (COUNCIL_INBOX, COUNCIL_STATE))
"""Where imported facts go, and where it stands how far each is decided."""


_encode = msgspec.json.Encoder(order="sorted").encode


class ImportRefused(Exception):
    """The history lies before what the log already holds; verdicts given since would be wrong."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading did.

    Attributes:
        facts: facts appended.
        repeated: the same import had begun before; its duplicates are dropped when they are decided.
        as_happened: its facts are recorded when they happened, as history is; otherwise when they come.
        kept: dead rows that are in the dead letters now and were not before.
        mended: dead letters whose rows were refused before and are not any more.
    """

    facts: int
    repeated: bool
    as_happened: bool
    kept: int
    mended: int


async def load(
    log: EventLog,
    partitions: int,
    translation: Translation,
    digest: str,
    progress: Callable[[int], None],
    *,
    late: bool = False,
    files: Sequence[Brought] = (),
) -> Loaded:
    """Append a translation's facts in order, its dead rows to the dead letters where they do not lie there already.

    Record time is when each happened. Where the log holds something later already, facts that are about accounts and
    plans alone are recorded as they come: no deadline depends on them, and what was known before stays what it was.
    Others are recorded so where that is asked for: they are then like any fact that is told late.

    Args:
        log: the log.
        partitions: partition count of the inbox.
        translation: what the files became.
        digest: digest of mapping and files, which tells the same import.
        progress: told the number of facts appended by each step.
        late: whether facts that cannot be history are taken as news.
        files: what is imported, to be known when it comes again.

    Raises:
        ImportRefused: the log holds records later than the first fact, some fact is about a subject with deadlines, and
            this import never began before.
    """
    facts = translation.facts()
    first = next(facts, None)
    began = await _began_before(log, digest)
    if began is None:
        at = 0 if first is None else first.occurred_at
        any_time = late or translation.summary.facts.keys() <= AT_ANY_TIME
        history = first is None or await _is_history(log, partitions, at, any_time=any_time)
        # Dead rows before the start record: what breaks off between the two finds them kept when it comes again.
        kept = await _keep_dead_rows(log, translation)
        # To leads no time passes by what is not about them.
        start = _start_record(Start(digest, iso(at), history, translation.mapping, tuple(files)), 0 if any_time else at)
        await log.append({(LEAD_INBOX, 0): [start]})
    else:
        history = began.as_happened
        kept = 0  # all that this import refuses was kept when it began
    codec, loaded = Codec(), 0
    remaining = facts if first is None else chain([first], facts)
    while chunk := list(islice(remaining, _CHUNK)):
        await publish(log, partitions, [recorded(fact, codec, as_happened=history) for fact in chunk])
        loaded += len(chunk)
        progress(len(chunk))
    # After the facts: what breaks off between the two mends the letters when it comes again.
    mended = await _tell_outcomes(log, translation)
    return Loaded(loaded, began is not None, history, kept, mended)


async def _tell_outcomes(log: EventLog, translation: Translation) -> int:
    """Tell which letters are mended, and which rows are refused for another reason now; how many are mended."""
    outcomes, mended = translation.outcomes(), 0
    while some := list(islice(outcomes, _CHUNK)):
        await tell(log, some)
        mended += sum(each.outcome == "mended" for each in some)
    return mended


async def _is_history(log: EventLog, partitions: int, at: int, *, any_time: bool) -> bool:
    """Whether nothing later is there.

    Raises:
        ImportRefused: there is, and not all facts may come at any time.
    """
    latest = await _latest_time(log, partitions, _WITH_DEADLINES + _WITHOUT if any_time else _WITH_DEADLINES)
    if latest is None or latest <= at:
        return True
    if not any_time:
        raise ImportRefused(
            f"the first fact happened at {iso(at)}, but the log already holds records up to {iso(latest)}: import "
            "history before anything later, into an empty deployment (another --data-dir or --prefix); or say --late, "
            "by which its facts are known from now on"
        )
    return False


def recorded(fact: Imported, codec: Codec, *, as_happened: bool) -> tuple[Envelope, bytes, Headers]:
    """An imported fact as it is published; its record time is the time it happened, or that of its arrival."""
    envelope = wrap(fact.fact, id=fact.id, source=fact.source, subject=fact.subject, time=from_us(fact.occurred_at))
    headers = _timed(fact.occurred_at) if as_happened else NO_HEADERS
    return envelope, codec.encode(envelope), headers


def _timed(at: int) -> Headers:
    return ((TIME_HEADER, b"%d" % at),)


def _start_record(start: Start, at: int) -> NewRecord:
    return NewRecord(START_KEY + start.digest.encode(), encode_start(start), _timed(at))


async def _began_before(log: EventLog, digest: str) -> Start | None:
    raw = await log.latest(LEAD_INBOX, 0, START_KEY + digest.encode())
    return None if raw is None else decode_start(raw)


async def _latest_time(log: EventLog, partitions: int, inboxes: Sequence[tuple[str, str]]) -> int | None:
    """The greatest record time in some inboxes: what tasks have decided, and what they have not read yet."""
    times = [
        at
        for inbox, state in inboxes
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


async def _keep_dead_rows(log: EventLog, translation: Translation) -> int:
    """Append those that lie there not yet, in the files' order, so many at a time as their bytes allow; how many."""
    waiting: list[NewRecord] = []
    size = kept = 0
    for row in translation.dead:
        if row.letter:
            continue
        waiting.append(_letter(row, translation.mapping, translation.how.get(row.role)))
        kept += 1
        size += len(row.original) + _HEADERS
        if size > _LETTERS_AT_ONCE:
            await log.append({(DEAD_LETTERS, PARTITION): waiting})
            waiting, size = [], 0
    if waiting:
        await log.append({(DEAD_LETTERS, PARTITION): waiting})
    return kept


def _letter(row: DeadRow, mapping: str, how: HowRead | None) -> NewRecord:
    return NewRecord(
        f"{row.file}:{row.line}".encode(),
        row.original[:KEPT_BYTES],
        [
            ("dlq.reason", b"untranslatable"),
            ("dlq.detail", detail_of(row).encode()),
            ("dlq.field", row.field.encode()),
            ("dlq.group", b"import"),
            ("dlq.file", row.file.encode(errors="backslashreplace")),
            ("dlq.line", str(row.line).encode()),
            ("dlq.row", str(row.row).encode()),
            (MAPPING, mapping.encode()),
            (CONTENT, row.content.hex().encode()),
            *([] if how is None or len(row.original) > KEPT_BYTES else [("dlq.read", _encode(how))]),
        ],
    )
