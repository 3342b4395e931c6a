"""Batches and partitions: the statements every other module is made of. All run inside a caller's transaction.

A batch carries a checksum over its bytes and its columns: SQLite has none, so a disk that flips a bit would change
a fact and nobody would know.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from zlib import crc32

import apsw

from engine.errors import LogError, Truncated
from engine.ports import Fetched, Record
from engine.sqlite.codec import Body, Row, decode, pairs
from engine.sqlite.schema import LAST_OFFSET, OFFSET_BITS
from engine.sqlite.sql import run

_SELECT = "select id, first, length, stamp, codec, body from batch where id between ? and ?"
_CHECKED = 2
"""Added to the codec of a batch whose last four bytes are its checksum; those of files of version 1 have none."""
_columns = struct.Struct(">qqqqq").pack
READ_BYTES = 32_000_000
"""A read stops after this much, so that big records do not fill the memory."""


class Part(NamedTuple):
    """A partition's counters: next offset, first offset kept, latest timestamp, how far the janitor is through."""

    next: int
    start: int
    stamp: int
    clean: int


def part(connection: apsw.Connection, tp: int) -> Part:
    """The counters of a partition."""
    ((*counters,),) = run(connection, "select next, start, stamp, clean from part where tp = ?", tp)
    return Part(*counters)


def append(connection: apsw.Connection, tp: int, bodies: Iterable[Body], now: int) -> None:
    """Append new batches; they are stamped `now`, or with the partition's latest timestamp if the clock went back."""
    for body in bodies:
        ((after, stamp),) = run(
            connection,
            "update part set next = next + ?, stamp = max(stamp, ?) where tp = ? returning next, stamp",
            body.length,
            now,
            tp,
        )
        last = after - 1
        insert(connection, tp, Row(last, after - body.length, body.length, stamp, body.codec, body.raw))


def insert(connection: apsw.Connection, tp: int, row: Row) -> None:
    """File a batch under its last offset."""
    last, first, length, stamp, codec, raw = row
    key, codec = tp << OFFSET_BITS | last, codec | _CHECKED
    connection.execute(
        "insert into batch(id, first, length, stamp, codec, body) values(?, ?, ?, ?, ?, ?)",
        (key, first, length, stamp, codec, raw + _checksum((key, first, length, stamp, codec), raw)),
    )


def delete(connection: apsw.Connection, tp: int, first: int, last: int) -> None:
    """Remove the batches whose last offset lies between two, both included."""
    connection.execute("delete from batch where id between ? and ?", _ids(tp, first, last))


def scan(connection: apsw.Connection, tp: int, first: int, last: int = LAST_OFFSET) -> Iterator[Row]:
    """The batches that hold offsets from `first` on, in order, up to the one that ends at `last`."""
    for key, *rest in connection.execute(f"{_SELECT} order by id", _ids(tp, first, last)):
        yield _row(key, *rest)


def scan_back(connection: apsw.Connection, tp: int) -> Iterator[Row]:
    """All batches from the newest to the oldest."""
    for key, *rest in connection.execute(f"{_SELECT} order by id desc", _ids(tp, 0, LAST_OFFSET)):
        yield _row(key, *rest)


def read(connection: apsw.Connection, tp: int, offset: int, limit: int) -> Fetched:
    """Records from an offset on, whole batches as far as the limit allows.

    Raises:
        Truncated: the offset lies outside what is kept.
    """
    counters = part(connection, tp)
    if not counters.start <= offset <= counters.next:
        raise Truncated(
            f"offset {offset} is asked for, the log holds {counters.start} to {counters.next}; records would be skipped"
        )
    records: list[Record] = []
    used = 0
    for row in scan(connection, tp, offset):
        if records and (len(records) + row.length > limit or used > READ_BYTES):
            return Fetched(records, records[-1].offset + 1)
        found = decode(row)
        if row.first < offset:
            found = [record for record in found if record.offset >= offset]
        if len(found) > limit:
            return Fetched(found[:limit], found[limit - 1].offset + 1)
        records = records + found if records else found
        used += len(row.raw)
    return Fetched(records, counters.next)


def fold(rows: Iterable[Row]) -> dict[bytes, bytes]:
    """The latest value of every key; keys whose latest value is a tombstone are left out."""
    found: dict[bytes | None, bytes | None] = {}
    for row in rows:
        found.update(pairs(row))
    return {key: value for key, value in found.items() if key is not None and value is not None}


def latest(rows: Iterable[Row], key: bytes) -> bytes | None:
    """The first value of a key in batches that come newest first."""
    for row in rows:
        for found, value in reversed(list(pairs(row))):
            if found == key:
                return value
    return None


def _row(key: Any, *rest: Any) -> Row:
    """The stored batch, if it is as it was stored.

    Raises:
        LogError: it is not.
    """
    last = key & LAST_OFFSET
    first, length, stamp, codec, raw = rest
    try:
        if codec & _CHECKED:
            raw, checksum = raw[:-4], raw[-4:]
            if _checksum((key, first, length, stamp, codec), raw) != checksum:
                raise LogError(f"the batch of offsets {first} to {last} is damaged: its checksum does not match")
            codec ^= _CHECKED
    except (TypeError, struct.error) as exc:
        raise LogError(f"the batch of offsets {first} to {last} is damaged: {exc}") from exc
    return Row(last, first, length, stamp, codec, raw)


def _checksum(columns: tuple[int, int, int, int, int], raw: bytes) -> bytes:
    return crc32(_columns(*columns), crc32(raw)).to_bytes(4, "big")


def _ids(tp: int, first: int, last: int) -> tuple[int, int]:
    return tp << OFFSET_BITS | first, tp << OFFSET_BITS | last
