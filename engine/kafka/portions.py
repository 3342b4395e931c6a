"""A response cut into portions of whole record batches, each decoded when somebody looks at it.

Records wait for their task, several thousand for every partition. As bytes they wait in a few large blocks; as objects
they have left the processor's caches by the time they are decided.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, overload

from typing_extensions import override

from engine.kafka.scan import Response, readable, records_from
from engine.ports import Record


class Undecoded(Sequence[Record]):
    """The records of some batches from an offset on. Checksums have been looked at already."""

    __slots__ = ("_batches", "_records", "_start")

    def __init__(self, batches: Sequence[Any], start: int) -> None:
        self._batches, self._start = batches, start
        self._records: list[Record] | None = None

    def _decoded(self) -> list[Record]:
        if self._records is None:
            self._records = [record for batch in self._batches for record in records_from(batch, self._start)]
            self._batches = ()
        return self._records

    @override
    def __len__(self) -> int:
        return len(self._decoded())

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> list[Record]: ...
    @override
    def __getitem__(self, at: int | slice) -> Record | list[Record]:
        return self._decoded()[at]

    @override
    def __iter__(self) -> Iterator[Record]:
        return iter(self._decoded())


class Portion(NamedTuple):
    """Committed records of one partition in order, and the offset to go on from (gaps are skipped)."""

    records: Sequence[Record]
    next_offset: int


def portions(response: Response, limit: int) -> Iterator[tuple[int, Portion]]:
    """Portions in order, each with the offset it starts at. One without records tells of a gap.

    Args:
        response: of a broker.
        limit: a portion ends with the batch that brings it to so many records.

    Raises:
        CorruptRecordException: a batch does not match its checksum.
    """
    start = at = response.offset
    batches: list[Any] = []
    count = 0
    for batch, visible in readable(response):
        if batch.next_offset <= start:  # lies before what was asked for
            continue
        at = batch.next_offset
        if visible:
            batches.append(batch)
            count += batch.next_offset - batch.base_offset
        if count >= limit:
            yield start, Portion(Undecoded(batches, start), at)
            start, batches, count = at, [], 0
    if at > start:
        yield start, Portion(Undecoded(batches, start), at)
