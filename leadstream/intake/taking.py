"""What becomes of a request, pure: what is kept of it, the facts it tells, and the letters about what it does not.

The kept request is what is translated, now and whenever it is translated again: the facts are the same.
"""

import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import structs

from engine.partitioning import partition_of
from engine.ports import Headers, NewRecord
from events.codec import Codec
from events.envelope import Envelope
from events.topics import DEAD_LETTERS, RAW
from leadstream.connectors.port import Connector, Outcome, Raw, Rejected, Wanted, envelope
from leadstream.intake.sources import Source
from leadstream.publishing import Batches, batches_of

FAULT: Final = "fault"
"""Reason of a letter about a request that a connector broke on."""
GROUP: Final = "gateway"
_MOST_TOLD = 20
"""Items that a letter describes one by one; the others are counted."""
_PLAIN = frozenset({"content-type", "date", "host", "origin", "referer", "user-agent"})
_VENDORS = (
    "webhook-", "x-cio-", "x-goog-", "x-hubspot-", "x-li-", "x-signature", "x-twilio-", "x-zm-",
)  # fmt: skip
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Raw).decode


class NotKept(ValueError):
    """Bytes that are no kept request."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Why a request, or some of its items, became no facts.

    Attributes:
        reason: what kind of fault; see `connectors.port.Reason`, or `FAULT`.
        field: where it is; empty where it is the whole.
        detail: what was expected, item by item where there are several.
    """

    reason: str
    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A request, ready for the log.

    Attributes:
        raw: what is kept of it.
        key: of its record, and of letters about it; the same when it comes again.
        facts: what it tells, each with its bytes.
        letters: one for each kind of fault.
        whole: nothing of it could be translated.
        skipped: why items say nothing about a lead.
        wanted: what has to be fetched before more is known.
    """

    raw: Raw
    key: bytes
    facts: tuple[tuple[Envelope, bytes], ...] = ()
    letters: tuple[Letter, ...] = ()
    whole: bool = False
    skipped: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()


def kept(connector: Connector, raw: Raw) -> Raw:
    """What is stored of a request: without credentials, and of its headers those that say something."""
    bare = connector.kept(raw)
    return structs.replace(bare, headers=tuple(header for header in bare.headers if _matters(header[0].lower())))


def _matters(name: str) -> bool:
    return name in _PLAIN or name.startswith(_VENDORS)


def taken(source: Source, sent: Raw, codec: Codec) -> Taken:
    """What becomes of a request that was verified, or of one that was kept.

    Args:
        source: the way in.
        sent: the request.
        codec: encodes facts.
    """
    connector = source.connector
    raw = kept(connector, sent)
    key = f"{connector.name}:{connector.natural_key(raw)}".encode()
    outcome = _outcome(connector, raw, source)
    if isinstance(outcome, Letter):
        return Taken(raw, key, letters=(outcome,), whole=True)
    if isinstance(outcome, Rejected):
        return Taken(raw, key, letters=letters_of([outcome]), whole=True)
    envelopes = [envelope(told) for told in outcome.facts]
    return Taken(
        raw,
        key,
        facts=tuple((each, codec.encode(each)) for each in envelopes),
        letters=letters_of(outcome.rejected),
        whole=bool(outcome.rejected) and not outcome.facts and not outcome.skipped and not outcome.wanted,
        skipped=outcome.skipped,
        wanted=outcome.wanted,
    )


def _outcome(connector: Connector, raw: Raw, source: Source) -> Outcome | Letter:
    """The translation; a connector that breaks costs no request, which can be translated again once it is mended."""
    try:
        return connector.translate(raw, source.given)
    except Exception:  # noqa: BLE001 - told in the letter; its own words could hold what somebody typed
        kind, _, at = sys.exc_info()
        while at is not None and at.tb_next is not None:
            at = at.tb_next
        where = "" if at is None else f" at {at.tb_frame.f_globals.get('__name__')}:{at.tb_lineno}"
        name = "an error" if kind is None else kind.__name__
        return Letter(FAULT, "", f"the connector {connector.name} broke on it ({name}{where}); replay it when mended")


def letters_of(rejected: Sequence[Rejected]) -> tuple[Letter, ...]:
    """One letter for each kind of fault: a request of a thousand items is not kept a thousand times."""
    by_reason: defaultdict[str, list[Rejected]] = defaultdict(list)
    for each in rejected:
        by_reason[each.reason].append(each)
    return tuple(_letter(reason, found) for reason, found in by_reason.items())


def _letter(reason: str, rejected: Sequence[Rejected]) -> Letter:
    told = "; ".join(_item(each) for each in rejected[:_MOST_TOLD])
    more = f"; and {len(rejected) - _MOST_TOLD} more" if len(rejected) > _MOST_TOLD else ""
    return Letter(reason, rejected[0].field, told + more)


def _item(rejected: Rejected) -> str:
    return rejected.hint if rejected.item is None else f"item {rejected.item}: {rejected.field} {rejected.hint}"


def batches(found: Taken, partitions: int) -> Batches:
    """All that goes into the log for a request, the request itself in front."""
    value, at = _encode(found.raw), partition_of(found.key, partitions)
    records: dict[tuple[str, int], Sequence[NewRecord]] = {(RAW, at): [NewRecord(found.key, value)]}
    if found.letters:
        letters = [NewRecord(found.key, value, _headers(letter, found.raw, at)) for letter in found.letters]
        records[DEAD_LETTERS, at] = letters
    return {**records, **batches_of(partitions, ((fact, value, ()) for fact, value in found.facts))}


def _headers(letter: Letter, raw: Raw, partition: int) -> Headers:
    said = {
        "reason": letter.reason,
        "detail": letter.detail[:500],
        "field": letter.field[:200],
        "group": GROUP,
        "topic": RAW,
        "source": raw.endpoint,
        "partition": str(partition),
        "timestamp": str(raw.received_at),
    }
    return [(f"dlq.{name}", text.encode(errors="replace")) for name, text in said.items()]


def size_of(records: Batches) -> int:
    """Bytes that records take, about."""
    return sum(len(each.key or b"") + len(each.value or b"") for many in records.values() for each in many)


def read(value: bytes | None) -> Raw:
    """The request in a record of the topic `raw`, or in a letter about one.

    Raises:
        NotKept: it is none.
    """
    try:
        return _decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise NotKept(f"no kept request: {exc}") from exc
