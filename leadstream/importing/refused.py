"""Rows that were refused before: what tells a row again, whatever the file is called in which it comes once more."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from engine.ports import EventLog
from leadstream.importing.values import DeadRow
from leadstream.letter_lives import read_lives

CONTENT: Final = "dlq.content"
MAPPING: Final = "dlq.mapping"
PARTITION: Final = 0
"""Of the dead letters: where those of imports lie."""
KEPT_BYTES: Final = 1_000_000
"""Of a dead row's own bytes; the rest would not fit the dead letters."""
_LINE_ENDS = b"\r\n\0"


class Refused(NamedTuple):
    """A row that lies in the dead letters and is not mended.

    Attributes:
        content: what tells it again, see `content_of`.
        letter: id of its letter.
        why: field and detail of its last refusal, see `why_of`.
    """

    content: bytes
    letter: str
    why: bytes


def content_of(role: str, columns: Sequence[str], cells: Sequence[str], original: bytes) -> bytes:
    """What tells a row again: 16 bytes that follow from what it says, and not from the file it stands in.

    Args:
        role: the file's role in the mapping.
        columns: the file's own names of its columns, so that a mapping that is mended tells the row as well; empty
            where each row brings its own.
        cells: its texts in their order; empty where they could not be read.
        original: its own bytes, which tell it where there are no columns or no cells. How its line ends says nothing.

    Returns:
        The same for the same texts under the same columns, whatever stands between them and in whatever order.
    """
    made = blake2b(digest_size=16)
    if columns and cells:
        said = sorted(each for each in zip(columns, cells, strict=False) if each[1])
        parts = [text.encode(errors="surrogateescape") for pair in said for text in pair]
    else:
        parts = [original.rstrip(_LINE_ENDS)]
    for part in (role.encode(), b"cells" if columns and cells else b"bytes", *parts):
        made.update(len(part).to_bytes(8, "big"))  # no two lists of parts look alike
        made.update(part)
    return made.digest()


async def refused_before(log: EventLog, mapping: str) -> list[Refused]:
    """The rows in the dead letters that a mapping of this name could not translate yet, the oldest first."""
    return [
        Refused(bytes.fromhex(letter.content), letter.id, why_of(letter.field, letter.detail))
        for letter, status, *_ in await read_lives(log, lambda each: each.content != "" and each.mapping == mapping)
        if status == "open"
    ]


def why_of(field: str, detail: str) -> bytes:
    """A refusal in 8 bytes: whether a row is refused for another reason than before."""
    return blake2b(f"{field}\0{detail}".encode(errors="surrogateescape"), digest_size=8).digest()


def detail_of(dead: DeadRow) -> str:
    """Why a row was refused, as its letter says it."""
    size = len(dead.original)
    cut = f"; the first {KEPT_BYTES} of its {size} bytes are kept" if size > KEPT_BYTES else ""
    return (dead.reason + cut).encode(errors="backslashreplace").decode()
