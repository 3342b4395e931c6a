"""Hands a changelog to whoever takes it in, as it is read, and decides whether what is there already can be believed.

What an intake holds is believed on one proof: the log shows the very position record that the intake remembers, at its
offset, with its time and bytes. Another log, one that was made anew, cut off or put back from a copy cannot show it.
Nor can one that has been compacted since somebody else went on: every transaction writes a position record, and
compaction removes the older ones before it removes the tombstones that came after them.
"""

from collections.abc import Sequence

from engine.ports import Intake, Mark, Record
from engine.state import POSITION

OLDEST = 12 * 3600 * 1_000_000
"""A mark that lies further back than this behind the newest record is not believed, in microseconds.

Tombstones are kept for a day at least. Whoever has missed one would keep a state that is gone.
"""
_RECORDS, _BYTES = 20_000, 8 << 20


def recent(mark: Mark | None, start: int, end: int, newest: int) -> bool:
    """Whether a mark may still be in a changelog.

    Args:
        mark: what an intake remembers.
        start: the first offset kept.
        end: the offset after the last record.
        newest: the time of the newest record, microseconds.
    """
    return mark is not None and start <= mark.offset < end and newest - mark.timestamp <= OLDEST


def begin(into: Intake, found: Record | None, start: int) -> int:
    """Where to read on from; an intake that cannot be believed is cleared.

    Args:
        into: the intake.
        found: the record that the log shows at the offset of the intake's mark, if it shows one.
        start: the first offset kept.
    """
    mark = into.mark
    if mark is not None and found is not None and (POSITION, *mark) == (found.key, *found[:2], found.value):
        return mark.offset
    into.clear()
    return start


class Taking:
    """A changelog on its way into an intake, in parts of bounded size.

    Attributes:
        own: the latest values of the engine's own keys.
        mark: the latest position record.
        records: how many were read.
    """

    def __init__(self, into: Intake) -> None:
        self.own: dict[bytes, bytes] = {}
        self.mark: Mark | None = None
        self.records = 0
        self._into = into
        self._rows: dict[bytes, bytes | None] = {}
        self._bytes = 0

    def take(self, records: Sequence[Record]) -> None:
        """The next records, in order."""
        self.records += len(records)
        rows = self._rows
        for offset, timestamp, key, value, _ in records:
            if key is None:
                continue
            if key[:1] != b"\0":
                rows[key] = value
                self._bytes += len(value) if value else 0
            elif value is None:
                self.own.pop(key, None)
            else:
                self.own[key] = value
                if key == POSITION:
                    self.mark = Mark(offset, timestamp, value)
        if len(rows) >= _RECORDS or self._bytes >= _BYTES:
            self.finish()

    def finish(self) -> None:
        """Hand over what is left."""
        rows, self._rows, self._bytes = self._rows, {}, 0
        if rows:
            self._into.take(rows)
