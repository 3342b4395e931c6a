"""A response cut into portions of whole record batches, each decoded when somebody looks at it.

Records wait for their task, several thousand for every partition. As bytes they wait in a few large blocks; as objects
they have left the processor's caches by the time they are decided.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, overload

from typing_extensions import override

from engine.errors import Unreadable
from engine.kafka.failures import unreadable
from engine.kafka.scan import Response, readable, records_from
from engine.ports import Record


class Undecoded(Sequence[Record]):
    """The records of some batches from an offset on. Checksums have been looked at already.

    Whoever looks at records that cannot be decoded is told `Unreadable`, each time: a batch can be read only once, and
    would seem to be empty the second time.
    """

    __slots__ = ("_batches", "_failure", "_records", "_start", "_where")

    def __init__(self, batches: Sequence[Any], start: int, where: str) -> None:
        self._batches, self._start, self._where = batches, start, where
        self._records: list[Record] | None = None
        self._failure: Unreadable | None = None

    def _decoded(self) -> list[Record]:
        if self._failure is not None:
            raise self._failure
        if self._records is None:
            self._records = [record for batch in self._batches for record in self._records_of(batch)]
            self._batches = ()
        return self._records

    def _records_of(self, batch: Any) -> list[Record]:
        try:
            return records_from(batch, self._start)
        except Exception as exc:  # whatever a codec raises
            self._failure = unreadable(exc, f"{self._where}, batch at offset {batch.base_offset}")
            raise self._failure from exc

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


def portions(response: Response, limit: int, where: str) -> Iterator[tuple[int, Portion]]:
    """Portions in order, each with the offset it starts at. One without records tells of a gap.

    Args:
        response: of a broker.
        limit: a portion ends with the batch that brings it to so many records.
        where: topic and partition, for people.

    Raises:
        Unreadable: a batch does not match its checksum, or is none.
    """
    try:
        yield from _portions(response, limit, where)
    except Exception as exc:
        raise unreadable(exc, f"{where}, fetched from offset {response.offset}") from exc


def _portions(response: Response, limit: int, where: str) -> Iterator[tuple[int, Portion]]:
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
            yield start, Portion(Undecoded(batches, start, where), at)
            start, batches, count = at, [], 0
    if at > start:
        yield start, Portion(Undecoded(batches, start, where), at)
