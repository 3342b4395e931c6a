"""Puts facts into an inbox: checked first, then durable in the log when `publish` returns."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.partitioning import partition_of
from engine.ports import EventLog, Headers, NewRecord
from engine.recordtime import TOLERANCE
from events.codec import Codec, Undecodable
from events.envelope import Envelope, is_subject
from events.instants import to_us
from events.limits import LARGEST_FACT
from events.registry import BY_COMMAND_LINE, WIRE_TYPE
from events.sources import OWN_SOURCE, is_ours
from events.topics import AGREEMENT_INBOX, INBOX_OF, INBOX_RECORD_BYTES, LEAD_INBOX

Batches = Mapping[tuple[str, int], Sequence[NewRecord]]
"""Records by topic and partition, as a log appends them."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A fact that was not taken.

    Attributes:
        line: where it stood, from 1.
        field: which field is wrong; empty where it is the whole.
        reason: what was expected.
    """

    line: int
    field: str
    reason: str


def check(line: int, value: bytes, codec: Codec, *, at: int | None = None) -> Envelope | Refused:
    """The envelope in a line of CloudEvents JSON, or why it is refused.

    Args:
        line: where it stands, from 1.
        value: the line.
        codec: decodes it.
        at: now, in microseconds, where what claims to happen later is to be refused here; else it becomes a dead
            letter when it is decided.
    """
    if len(value) > INBOX_RECORD_BYTES:
        return Refused(line, "", f"{len(value)} bytes, at most {INBOX_RECORD_BYTES} are taken")
    try:
        envelope = codec.decode(value)
    except Undecodable as exc:
        return Refused(line, exc.field, str(exc).removesuffix(f" ({exc.field})"))  # the field stands beside it
    size = len(value) + len(envelope.subject.encode())  # its key in the log, which counts it too
    if size > INBOX_RECORD_BYTES:
        return Refused(line, "", f"{size} bytes with its subject, at most {INBOX_RECORD_BYTES} are taken")
    return (
        _from_outside(line, envelope)
        or _large(line, envelope, len(value))
        or (None if at is None else _early(line, envelope, at))
        or envelope
    )


def _from_outside(line: int, envelope: Envelope) -> Refused | None:
    """Why upstream may not say this."""
    name = WIRE_TYPE[type(envelope.data)]
    if type(envelope.data) in BY_COMMAND_LINE:
        noun, verb, _ = name.split(".")
        return Refused(line, "type", f"{name} is a command; send it with: leadstream {noun} {verb}")
    if type(envelope.data) not in INBOX_OF:
        return Refused(line, "type", f"{name} is made by leadstream itself and not taken from outside")
    if is_ours(envelope.source):
        return Refused(line, "source", f"{OWN_SOURCE} is the source of facts made by leadstream itself")
    if not is_subject(envelope.subject):
        return Refused(line, "subject", "a subject must not begin with a zero character")
    return None


def _large(line: int, envelope: Envelope, size: int) -> Refused | None:
    """Why a lead has no room for it, whatever it holds already."""
    if size <= LARGEST_FACT or INBOX_OF[type(envelope.data)] != LEAD_INBOX:
        return None
    return Refused(line, "data", f"the fact has {size} bytes; expected at most {LARGEST_FACT}")


def _early(line: int, envelope: Envelope, at: int) -> Refused | None:
    """Why it cannot have happened yet."""
    ahead = to_us(envelope.time) - at
    if ahead <= TOLERANCE:
        return None
    return Refused(line, "time", f"happens {ahead // 1_000_000} s from now; the source's clock is wrong")


def batches_of(partitions: int, records: Iterable[tuple[Envelope, bytes, Headers]]) -> Batches:
    """Checked facts by the inbox they go to, and the partition of their subject in it."""
    batches: defaultdict[tuple[str, int], list[NewRecord]] = defaultdict(list)
    for envelope, value, headers in records:
        key = envelope.subject.encode()
        inbox = INBOX_OF[type(envelope.data)]
        partition = 0 if inbox == AGREEMENT_INBOX else partition_of(key, partitions)
        batches[inbox, partition].append(NewRecord(key, value, headers))
    return batches


async def publish(log: EventLog, partitions: int, records: Iterable[tuple[Envelope, bytes, Headers]]) -> None:
    """Append checked facts to the partition of their subject; durable when this returns."""
    batches = batches_of(partitions, records)
    if batches:
        await log.append(batches)
