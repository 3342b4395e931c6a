"""A batch of records as one blob: msgpack columns, compressed when that pays.

The columns are keys, values, headers, timestamps and offsets. Most batches need only the first two: all records
of an append share the row's timestamp, and their offsets follow each other. The last two columns appear when
the janitor has merged batches or taken records out.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple

import msgspec
import zstandard

from engine.columns import Columns
from engine.errors import LogError
from engine.ports import NO_HEADERS, Headers, NewRecord, Record

PLAIN, ZSTD = 0, 1
COMPRESS_FROM = 1_500
"""Smaller bodies are kept as they are, in bytes."""
MAX_RECORDS = 5_000
"""The most records of one batch: a reader decodes a batch as a whole."""
MAX_BYTES = 4_000_000
"""A batch that has reached this size (before compression) takes no further record."""

_Bytes = list[bytes | None]
_Columns = tuple[_Bytes, _Bytes, list[tuple[tuple[str, bytes], ...]] | None, list[int] | None, list[int] | None]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Columns).decode


class _Zstd(threading.local):
    """Compressor and decompressor of one thread.

    A task's state is read in a thread beside the loop; a context used by two threads at once damages what passes.
    """

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=1).compress
        self.decompress = zstandard.ZstdDecompressor().decompress


_zstd = _Zstd()
_record: Callable[[Iterable[Any]], Record] = partial(tuple.__new__, Record)
"""What `Record._make` does, without its Python frame: a third of the time of reading."""


class Body(NamedTuple):
    """An encoded batch: how many records, how it is packed, the bytes."""

    length: int
    codec: int
    raw: bytes


class Row(NamedTuple):
    """A stored batch. `last` is the offset of its last record, `stamp` that record's timestamp in microseconds."""

    last: int
    first: int
    length: int
    stamp: int
    codec: int
    raw: bytes


def encode(records: Sequence[NewRecord], sizes: Sequence[int]) -> list[Body]:
    """New records as batches of bounded size. `sizes` are the records' bytes."""
    columns = Columns.of(records)
    keys, values, headers = columns.keys, columns.values, columns.headers
    if len(keys) <= MAX_RECORDS and sum(sizes) <= MAX_BYTES:
        return [_body(keys, values, headers)] if keys else []
    return [_body(keys[low:high], values[low:high], headers[low:high]) for low, high in _spans(sizes)]


def repack(records: Sequence[Record]) -> list[Row]:
    """Stored records as new batches, with the timestamps and offsets they have."""
    sizes = [len(record.key or b"") + len(record.value or b"") for record in records]
    return [_row(records[low:high]) for low, high in _spans(sizes)]


def decode(row: Row) -> list[Record]:
    """The records of a batch.

    Raises:
        LogError: the bytes are damaged.
    """
    keys, values, headers, stamps, offsets = _columns(row)
    return list(
        map(
            _record,
            zip(
                offsets or range(row.first, row.first + row.length),
                stamps or repeat(row.stamp, row.length),
                keys,
                values,
                headers or repeat(NO_HEADERS, row.length),
                strict=True,
            ),
        )
    )


def pairs(row: Row) -> Iterable[tuple[bytes | None, bytes | None]]:
    """Keys and values of a batch in order; cheaper than `decode`."""
    keys, values, _, _, _ = _columns(row)
    return zip(keys, values, strict=True)


def _columns(row: Row) -> _Columns:
    try:
        columns: _Columns = _decode(_zstd.decompress(row.raw) if row.codec == ZSTD else row.raw)
    except (msgspec.DecodeError, zstandard.ZstdError) as exc:
        raise LogError(f"the batch of offsets {row.first} to {row.last} is damaged: {exc}") from exc
    return columns


def _body(
    keys: Sequence[bytes | None],
    values: Sequence[bytes | None],
    headers: Sequence[Headers],
    stamps: Sequence[int] | None = None,
    offsets: Sequence[int] | None = None,
) -> Body:
    raw = _encode((keys, values, headers if any(headers) else None, stamps, offsets))
    if len(raw) < COMPRESS_FROM:
        return Body(len(keys), PLAIN, raw)
    return Body(len(keys), ZSTD, _zstd.compress(raw))


def _row(records: Sequence[Record]) -> Row:
    offsets, stamps, keys, values, headers = zip(*records, strict=True)
    first, last = offsets[0], offsets[-1]
    body = _body(
        keys,
        values,
        headers,
        None if stamps[0] == stamps[-1] else stamps,  # they never decrease, so all are the same
        None if last - first + 1 == len(offsets) else offsets,
    )
    return Row(last, first, body.length, stamps[-1], body.codec, body.raw)


def _spans(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    low = used = 0
    for at, size in enumerate(sizes):
        if at > low and (at - low >= MAX_RECORDS or used + size > MAX_BYTES):
            yield low, at
            low, used = at, 0
        used += size
    if low < len(sizes):
        yield low, len(sizes)
