"""Dead letters: what a record of their topic says, how many there are of a kind, and what can be done about one."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import orjson

from engine.ports import Record
from engine.recordtime import header
from events.topics import RAW

RETRY: Final = "leadstream dead-letters retry"
_HINTS: Final = {
    "erasure": "a record was deleted at the vendor; decide whether the person is to be erased here as well",
    "automatic": "a program filled in the form; nothing is to be done",
    "nobody": "it names no one: have the form ask for an address, or name the field that holds it under `fields` in "
    "leadstream.toml; then {retry}",
    "fault": "a fault of the connector; report it, and when it is mended: {retry}",
}
"""By reason, of requests of vendors and forms."""
_REQUEST = "mend `fields` and the other settings of the way in in leadstream.toml, or update leadstream; then {retry}"
_ROW = "mend the mapping, then {retry} --mapping MAPPING.yaml; or mend the row and import the file again"
_FACT = "have its source send it again as it should be, under the same id; or mend the cause here, then {retry}"


class Letter(NamedTuple):
    """What could not be taken.

    Attributes:
        id: its place in the topic, partition and offset.
        kept_at: since when it is there, microseconds.
        reason: what kind of fault.
        field: where it is; empty where it is the whole.
        detail: what was expected.
        topic: where it was read from, `raw` for a request of a vendor or a form; empty for a row of a file.
        place: offset there, line of a file, or name of the way in.
        source: who said it: CloudEvents source of a fact or of a way in's facts, name of a file, else the topic.
        key: of the record it was.
        size: bytes.
        came_at: when it came, microseconds; 0 where that is not told.
        retried: id of the letter whose record was put back and became this one; empty where it just came.
        mapping: of a row of a file, the name of the mapping.
        content: of a row of a file, what tells it again, hexadecimal (`importing.refused.content_of`).
    """

    id: str
    kept_at: int
    reason: str
    field: str
    detail: str
    topic: str
    place: str
    source: str
    key: str
    size: int
    came_at: int = 0
    retried: str = ""
    mapping: str = ""
    content: str = ""


class Count(NamedTuple):
    """Letters of a kind.

    Attributes:
        reason: what kind of fault.
        source: who said it.
        status: what became of them, see `letter_lives.Life`.
        letters: how many.
        oldest: since when the first of them is there, microseconds.
        newest: the last one.
    """

    reason: str
    source: str
    status: str
    letters: int
    oldest: int
    newest: int


def said(record: Record, name: str) -> str:
    """What a dead letter says under a name; empty where it says nothing."""
    return (header(record.headers, f"dlq.{name}") or b"").decode(errors="replace")


def letter_of(partition: int, record: Record) -> Letter:
    """The letter in a record of the topic of dead letters."""
    topic, file, way_in = said(record, "topic"), said(record, "file"), said(record, "source")
    return Letter(
        id=f"{partition}-{record.offset}",
        kept_at=record.timestamp,
        reason=said(record, "reason"),
        field=said(record, "field"),
        detail=said(record, "detail"),
        topic=topic,
        place=said(record, "offset") or said(record, "line") or way_in,
        source=file or (f"/connectors/{way_in}" if topic == RAW else _source_in(record.value) or topic),
        key=(record.key or b"").decode(errors="replace"),
        size=len(record.value or b""),
        came_at=_number(said(record, "timestamp")),
        retried=said(record, "retried"),
        mapping=said(record, "mapping"),
        content=said(record, "content"),
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def counted(letters: Iterable[tuple[Letter, str]]) -> list[Count]:
    """How many letters, each with its status, there are of each reason, source and status, the most first."""
    found: dict[tuple[str, str, str], Count] = {}
    for letter, status in letters:
        kind, at = (letter.reason, letter.source, status), letter.kept_at
        before = found.get(kind) or Count(*kind, 0, at, at)
        found[kind] = Count(*kind, before.letters + 1, min(before.oldest, at), max(before.newest, at))
    return sorted(found.values(), key=lambda each: (-each.letters, *each[:3]))


def hint(letter: Letter) -> str:
    """What can be done about it, in a sentence."""
    of_facts = _FACT if letter.topic else _ROW
    text = _HINTS.get(letter.reason, _REQUEST) if letter.topic == RAW else of_facts
    return text.format(retry=f"{RETRY} {letter.id}")


def _source_in(value: bytes | None) -> str:
    """The CloudEvents source of a fact that can be read so far; else nothing."""
    try:
        found = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return ""
    source = found.get("source") if isinstance(found, dict) else None
    return source[:200] if isinstance(source, str) else ""
