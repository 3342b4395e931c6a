"""What a sink has read of topics and not yet written: rows of many reads go into the store in one transaction.

Rows come in the order of what happened, and go to places all over a table's indexes. A transaction writes each page it
touches once, however many of its rows lie there, so a few large ones cost the store less than many small ones.
"""

from collections.abc import Iterable, Iterator, Sequence

from engine.ports import Record
from projections.sink_readers import Reader
from projections.stores.port import Move, RowChange, Source, ViewStore

ENOUGH = 20_000
"""Records after which they are written."""
ENOUGH_BYTES = 16_000_000
"""Bytes of values after which they are, however few they are."""


class Portion:
    """Records on their way into a store, and the positions that move with them.

    Args:
        enough: records after which they are written.
    """

    def __init__(self, enough: int = ENOUGH) -> None:
        self._enough = enough
        self._read: list[tuple[Reader, list[Record]]] = []
        self._moves: dict[Source, Move] = {}
        self._records = self._bytes = 0

    def add(self, source: Source, reader: Reader, records: Sequence[Record], move: Move) -> None:
        """Take what was read of a source; it goes on from where the last read of it ended."""
        if not self._read or self._read[-1][0] is not reader:
            self._read.append((reader, []))
        self._read[-1][1].extend(records)
        before = self._moves.get(source, move).before
        self._moves[source] = Move(before, move.after)
        self._records += len(records)
        self._bytes += sum(len(record.value or b"") for record in records)

    @property
    def is_enough(self) -> bool:
        """Whether it is to be written before more is read."""
        return self._records >= self._enough or self._bytes >= ENOUGH_BYTES

    def __bool__(self) -> bool:
        return bool(self._moves)

    def write(self, store: ViewStore) -> int:
        """Make rows of the records, and write these and the positions in one transaction.

        Returns:
            How many rows were written or taken away.

        Raises:
            Overtaken: another sink has moved one of the positions; nothing was changed.
            StoreError: the store cannot be written.
        """
        return store.apply(self._changes(), self._moves)

    def _changes(self) -> Iterator[RowChange]:
        for reader, records in self._read:
            yield from reader(records)


def up_to(records: Iterable[Record], end: int) -> list[Record]:
    """The records before an offset."""
    return [record for record in records if record.offset < end]
