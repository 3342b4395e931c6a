"""Puts facts into an inbox: checked first, then durable in the log when `publish` returns."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from engine.partitioning import partition_of
from engine.ports import EventLog, Headers, NewRecord
from events.codec import Codec, Undecodable
from events.envelope import Envelope
from events.registry import AGREEMENT_COMMANDS, WIRE_TYPE
from events.sources import OWN_SOURCE, is_ours
from events.topics import AGREEMENT_INBOX, INBOX_OF, INBOX_RECORD_BYTES


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


def check(line: int, value: bytes, codec: Codec) -> Envelope | Refused:
    """The envelope in a line of CloudEvents JSON, or why it is refused."""
    if len(value) > INBOX_RECORD_BYTES:
        return Refused(line, "", f"{len(value)} bytes, at most {INBOX_RECORD_BYTES} are taken")
    try:
        envelope = codec.decode(value)
    except Undecodable as exc:
        return Refused(line, exc.field, str(exc))
    size = len(value) + len(envelope.subject.encode())  # its key in the log, which counts it too
    if size > INBOX_RECORD_BYTES:
        return Refused(line, "", f"{size} bytes with its subject, at most {INBOX_RECORD_BYTES} are taken")
    return _from_outside(line, envelope) or envelope


def _from_outside(line: int, envelope: Envelope) -> Refused | None:
    """Why upstream may not say this."""
    name = WIRE_TYPE[type(envelope.data)]
    if type(envelope.data) in AGREEMENT_COMMANDS:
        verb = name.split(".")[1]
        return Refused(line, "type", f"{name} is a command; send it with: leadstream agreement {verb}")
    if type(envelope.data) not in INBOX_OF:
        return Refused(line, "type", f"{name} is made by leadstream itself and not taken from outside")
    if is_ours(envelope.source):
        return Refused(line, "source", f"{OWN_SOURCE} is the source of facts made by leadstream itself")
    return None


async def publish(log: EventLog, partitions: int, records: Iterable[tuple[Envelope, bytes, Headers]]) -> None:
    """Append checked facts to the partition of their subject; durable when this returns."""
    batches: defaultdict[tuple[str, int], list[NewRecord]] = defaultdict(list)
    for envelope, value, headers in records:
        key = envelope.subject.encode()
        inbox = INBOX_OF[type(envelope.data)]
        partition = 0 if inbox == AGREEMENT_INBOX else partition_of(key, partitions)
        batches[inbox, partition].append(NewRecord(key, value, headers))
    if batches:
        await log.append(batches)
