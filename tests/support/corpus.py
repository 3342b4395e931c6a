"""The stored corpus of old records: bytes as they were written once, and what the code makes of them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from events.codec import Codec, Undecodable

FOLDER = Path(__file__).parents[1] / "events" / "corpus"


class Kept(NamedTuple):
    """A record as it was written, and as it was read when it was stored; both are lines of JSON."""

    record: bytes
    read: bytes


def kept(wire_type: str, folder: Path = FOLDER) -> list[Kept]:
    """All records of a wire type, the oldest first."""
    records, read = _lines(folder / "kept" / f"{wire_type}.jsonl"), _lines(folder / "read" / f"{wire_type}.jsonl")
    return [Kept(*pair) for pair in zip(records, read, strict=True)]


def wire_types(folder: Path = FOLDER) -> list[str]:
    """The types of which there are records."""
    return sorted(path.stem for path in (folder / "kept").glob("*.jsonl"))


def store(wire_type: str, records: Sequence[Kept], folder: Path = FOLDER) -> None:
    """Write all records of a type."""
    for name, lines in (("kept", [each.record for each in records]), ("read", [each.read for each in records])):
        path = folder / name / f"{wire_type}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(line + b"\n" for line in lines))


def read_as(codec: Codec, record: bytes) -> bytes:
    """What a codec makes of a record; a refusal is told, not raised."""
    try:
        return codec.encode(codec.decode(record))
    except Undecodable as exc:
        return f"refused: {exc.reason}: {exc}".encode()


def misread(codec: Codec, records: Sequence[Kept]) -> list[str]:
    """Records that a codec reads otherwise than when they were stored, in words."""
    found = []
    for line, each in enumerate(records, start=1):
        now = read_as(codec, each.record)
        if now != each.read:
            found.append(
                f"line {line}: {each.record.decode()}\n  was read as {each.read.decode()}\n  now: {now.decode()}"
            )
    return found


def renewed(codec: Codec, records: Sequence[Kept]) -> list[Kept]:
    """The records with what they are read as today, where a new version of their type has come; the others as they are.

    Nothing else may change what an old record means, so nothing else is taken over from the code.
    """
    return [
        each._replace(read=now) if _type(now := read_as(codec, each.record)) not in (None, _type(each.read)) else each
        for each in records
    ]


def _type(line: bytes) -> str | None:
    return None if line.startswith(b"refused") else str(json.loads(line)["type"])


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines() if path.exists() else []
