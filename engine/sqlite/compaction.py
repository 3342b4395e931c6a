"""One pass of compaction over a partition, in steps. Pure bookkeeping: rows come in, replacements go out.

First the pass learns, from the part that is not clean yet, the last offset of every key. Then it walks the
partition from its beginning and leaves out what is superseded. Every superseder lies at a higher offset, so the
fold of the partition is the same after every single step, and a reader at any offset misses nothing it needs.
"""

from collections.abc import Sequence
from typing import NamedTuple

from engine.ports import Record
from engine.sqlite.codec import Row, decode, pairs, repack

MAX_KEYS = 1_000_000
"""A pass learns no more keys than this and leaves the rest to the next one."""


class Replacement(NamedTuple):
    """Batches `first` to `last` (their last offsets) give way to `rows`."""

    first: int
    last: int
    rows: list[Row]


class Pass:
    """A pass under way.

    Attributes:
        at: the offset from which the next step reads.
        upto: the offset before which the partition will be clean.
        learning: the pass is still learning; `learn` is next, `rewrite` afterwards.

    Args:
        start: the first offset kept.
        clean: the offset before which every key occurs once.
        end: the partition's end when the pass began.
        horizon: tombstones stamped before this instant (microseconds) go; a reader that is further behind would
            never hear of the deletion.
    """

    def __init__(self, *, start: int, clean: int, end: int, horizon: int) -> None:
        self._start, self._end, self._horizon = start, end, horizon
        self._last: dict[bytes | None, int] = {}
        self.at, self.upto, self.learning = clean, end, True

    def learn(self, rows: Sequence[Row]) -> None:
        """Take the next batches of the part that is not clean; none when there are no more before the end."""
        for row in rows:
            if row.length == row.last - row.first + 1:
                self._last.update(zip((key for key, _ in pairs(row)), range(row.first, row.last + 1), strict=True))
            else:  # an earlier pass was here and did not come to its end
                self._last.update((record.key, record.offset) for record in decode(row))
            self.at = row.last + 1
        if not rows or self.at >= self._end or len(self._last) >= MAX_KEYS:
            self.upto = self.at if rows else self._end
            self.at, self.learning = self._start, False

    def rewrite(self, rows: Sequence[Row]) -> Replacement | None:
        """What takes the place of the next batches; None when they are good as they are."""
        kept = [record for row in rows for record in decode(row) if self._lives(record)]
        self.at = rows[-1].last + 1
        packed = repack(kept)
        if len(kept) == sum(row.length for row in rows) and len(packed) >= len(rows):
            return None
        return Replacement(rows[0].last, rows[-1].last, packed)

    def _lives(self, record: Record) -> bool:
        if self._last.get(record.key, record.offset) > record.offset:
            return False
        # All earlier values of its key are gone by now, so an old tombstone has nothing left to delete.
        return record.value is not None or record.timestamp >= self._horizon
