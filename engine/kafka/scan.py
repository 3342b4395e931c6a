"""Bytes of a fetch response to records: aborted transactions and markers are skipped, positions are exact.

aiokafka's own consumer would do, but it fetches in the background, so a seek races what is on its way, and it builds
a wide object per record. Here a response belongs to the one request that asked for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, dropwhile, islice
from typing import Any, NamedTuple

from aiokafka.errors import CorruptRecordException
from aiokafka.record.control_record import ABORT_MARKER, ControlRecord
from aiokafka.record.memory_records import MemoryRecords

from engine.ports import NO_HEADERS, Record

Aborted = Sequence[tuple[int, int]]
"""Aborted transactions in a response: producer id and first offset."""

_APPEND_TIME = 1
_new = tuple.__new__  # half the time of the named tuple's own constructor


class Response(NamedTuple):
    """What the broker said about one partition.

    Attributes:
        offset: what was asked for.
        end: the last stable offset: what a reader of committed records may see ends there.
        raw: record batches as they are on disk; the last one may be cut short.
        aborted: which transactions among them came to nothing.
    """

    offset: int
    end: int
    raw: bytes = b""
    aborted: Aborted = ()

    @property
    def next_offset(self) -> int:
        """The offset after the last whole batch, found without decoding a record."""
        offset = self.offset
        for batch in _batches(self.raw):
            offset = batch.next_offset
        return offset


class Scan:
    """The committed records of one response, decoded as they are asked for.

    Attributes:
        next_offset: where to go on; past everything already given out, gaps included.
        end: the last stable offset of the partition when the broker answered.
        done: nothing is left here; the next records need another request.
    """

    __slots__ = ("_at", "_batches", "_limit", "_raw", "done", "end", "next_offset")

    def __init__(self, response: Response) -> None:
        self.next_offset, self.end, self.done = response.offset, response.end, False
        self._batches = readable(response)
        self._limit = response.offset
        self._raw: Iterator[Any] = iter(())
        self._at: int | None = None
        self._advance()

    def take(self, limit: int) -> list[Record]:
        """The next records, `limit` of them unless the response ends before."""
        taken: list[Record] = []
        while not self.done and len(taken) < limit:
            part = _records(islice(self._raw, limit - len(taken)), self._at)
            if part:
                taken = taken + part if taken else part
                self.next_offset = part[-1].offset + 1
            if not part or self.next_offset >= self._limit:
                self.next_offset = self._limit  # compaction may have taken the last records of a batch
                self._advance()
        return taken

    def _advance(self) -> None:
        """Go to the next batch with committed records, past what readers must not see."""
        for batch, visible in self._batches:
            self._limit = max(self._limit, batch.next_offset)
            if visible:
                self._raw, self._at = _from(batch, self.next_offset), _stamp(batch)
                return
            self.next_offset = self._limit
        self.done = True


def latest_into(state: dict[bytes, bytes | None], response: Response) -> int:
    """Put the value of every committed record under its key, later ones over earlier ones; the offset to go on from."""
    offset = response.offset
    for batch, visible in readable(response):
        if visible:
            state.update((record.key, record.value) for record in batch)
        offset = batch.next_offset
    return offset


def records_from(batch: Any, start: int) -> list[Record]:
    """The records of a batch from an offset on. A batch can be read only once."""
    return _records(_from(batch, start), _stamp(batch))


def _stamp(batch: Any) -> int | None:
    """The time of all records of a batch in microseconds, where the broker has stamped them."""
    return batch.max_timestamp * 1000 if batch.timestamp_type == _APPEND_TIME else None


def _from(batch: Any, start: int) -> Iterator[Any]:
    """The records of a batch from an offset on; a batch is delivered whole, though the request began inside it.

    It may be asked for its iterator only once, hence the chain.
    """
    return chain(batch) if batch.base_offset >= start else dropwhile(lambda raw: raw.offset < start, batch)


def _records(raw: Iterable[Any], at: int | None) -> list[Record]:
    """As our records; `at` is the time of all of them, in microseconds, where the broker has stamped them."""
    if at is None:
        return [_new(Record, (r.offset, r.timestamp * 1000, r.key, r.value, r.headers or NO_HEADERS)) for r in raw]
    return [_new(Record, (r.offset, at, r.key, r.value, r.headers or NO_HEADERS)) for r in raw]


def readable(response: Response) -> Iterator[tuple[Any, bool]]:
    """Every batch, and whether readers may see it: not a marker, and not of an aborted transaction."""
    aborted = sorted(response.aborted or (), key=lambda entry: entry[1], reverse=True)
    aborting: set[int] = set()
    for batch in _batches(response.raw):
        if not batch.validate_crc():
            raise CorruptRecordException(f"the batch at offset {batch.base_offset} does not match its checksum")
        while aborted and aborted[-1][1] <= batch.base_offset:
            aborting.add(aborted.pop()[0])
        if batch.is_control_batch:
            marker = next(iter(batch), None)
            if marker is not None and ControlRecord.parse(marker.key) == ABORT_MARKER:
                aborting.discard(batch.producer_id)
            yield batch, False
        else:
            yield batch, not (batch.is_transactional and batch.producer_id in aborting)


def _batches(raw: bytes) -> Iterator[Any]:
    """The whole batches of a response; the broker may cut the last one short."""
    records = MemoryRecords(raw)
    while records.has_next():
        yield records.next_batch()
