"""Rows that were refused before: what tells a row again, whatever the file is called in which it comes once more."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from engine.ports import EventLog
from engine.reading import records_of
from engine.recordtime import header
from events.topics import DEAD_LETTERS

CONTENT: Final = "dlq.content"
MAPPING: Final = "dlq.mapping"
PARTITION: Final = 0
"""Of the dead letters: where those of imports lie."""
_LINE_ENDS = b"\r\n\0"


class Refused(NamedTuple):
    """A row that lies in the dead letters.

    Attributes:
        content: what tells it again, see `content_of`.
        letter: id of its letter.
    """

    content: bytes
    letter: str


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
    """The rows in the dead letters that a mapping of this name could not translate, the oldest first."""
    found = []
    async for record in records_of(log, DEAD_LETTERS, PARTITION):
        content = header(record.headers, CONTENT)
        if content is not None and header(record.headers, MAPPING) == mapping.encode():
            found.append(Refused(bytes.fromhex(content.decode()), f"{PARTITION}-{record.offset}"))
    return found
