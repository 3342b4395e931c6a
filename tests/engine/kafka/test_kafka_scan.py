import struct
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Unreadable
from engine.kafka.portions import portions
from engine.kafka.scan import Response, Scan, latest_into

CONTROL, TRANSACTIONAL, APPEND_TIME = 0x20, 0x10, 0x08


class Piece(NamedTuple):
    """A batch on disk: how many records, of which producer, in a transaction or not, or the marker that ends one."""

    records: int
    producer: int
    transactional: bool
    marker: int | None = None


def encoded(piece: Piece, base: int) -> bytes:
    builder = DefaultRecordBatchBuilder(
        2, 0, is_transactional=piece.transactional, producer_id=piece.producer, producer_epoch=0, base_sequence=0,
        batch_size=1 << 20,
    )  # fmt: skip
    if piece.marker is None:
        for at in range(piece.records):
            builder.append(at, 1000 + base + at, b"k%d" % (at % 3), b"%d" % (base + at), [])
        raw = bytearray(builder.build())
    else:
        builder.append(0, 1000, struct.pack(">hh", 0, piece.marker), b"", [])
        raw = bytearray(builder.build())
        attributes = struct.unpack_from(">h", raw, 21)[0] | CONTROL
        struct.pack_into(">h", raw, 21, attributes)
        struct.pack_into(">I", raw, 17, _crc(bytes(raw[21:])))
    struct.pack_into(">q", raw, 0, base)
    return bytes(raw)


def _crc(raw: bytes) -> int:
    from aiokafka.record.util import calc_crc32c  # noqa: PLC0415

    return int(calc_crc32c(raw))


class Disk(NamedTuple):
    raw: bytes
    aborted: list[tuple[int, int]]
    committed: list[int]
    end: int


def written(pieces: Sequence[Piece]) -> Disk:
    raw, at = b"", 0
    open_since: dict[int, int] = {}
    pending: dict[int, list[int]] = {}
    aborted: list[tuple[int, int]] = []
    committed: list[int] = []
    for piece in pieces:
        raw += encoded(piece, at)
        offsets = list(range(at, at + piece.records))
        if piece.marker is not None:
            if piece.producer in open_since:
                first, done = open_since.pop(piece.producer), pending.pop(piece.producer)
                if piece.marker:
                    committed += done
                else:
                    aborted.append((piece.producer, first))
            at += 1
            continue
        if piece.transactional:
            open_since.setdefault(piece.producer, at)
            pending.setdefault(piece.producer, []).extend(offsets)
        else:
            committed += offsets
        at += piece.records
    for producer in list(open_since):  # the coordinator ends what its owner has left
        raw += encoded(Piece(1, producer, transactional=True, marker=0), at)
        aborted.append((producer, open_since[producer]))
        at += 1
    return Disk(raw, aborted, sorted(committed), at)


PLAIN = st.builds(Piece, st.integers(1, 6), st.just(-1), st.just(False), st.none())
OF_A_TRANSACTION = st.builds(Piece, st.integers(1, 6), st.integers(1, 3), st.just(True), st.none())
MARKER = st.builds(Piece, st.just(1), st.integers(1, 3), st.just(True), st.integers(0, 1))
DISKS = st.lists(PLAIN | OF_A_TRANSACTION | MARKER, max_size=12).map(written)


@given(DISKS, st.data())
def test_a_scan_gives_the_committed_records_from_its_offset_on_whatever_the_portions(
    disk: Disk, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, disk.end))
    scan = Scan(Response(start, disk.end, disk.raw, disk.aborted))
    found = []
    while not scan.done:
        limit = data.draw(st.integers(1, 7))
        before, part = scan.next_offset, scan.take(limit)
        assert len(part) <= limit
        assert scan.next_offset >= before
        assert all(record.offset < scan.next_offset for record in part)
        found += part
    assert [record.offset for record in found] == [offset for offset in disk.committed if offset >= start]
    assert all(record.value == b"%d" % record.offset for record in found)
    assert all(record.timestamp == (1000 + record.offset) * 1000 for record in found)
    assert scan.next_offset == max(start, disk.end)


@given(DISKS, st.integers(1, 9), st.data())
def test_portions_are_whole_batches_that_follow_each_other_and_hold_what_a_scan_gives(
    disk: Disk, limit: int, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, disk.end))
    response = Response(start, disk.end, disk.raw, disk.aborted)
    at, found = start, []
    for first, portion in portions(response, limit, "in-3"):
        assert first == at < portion.next_offset
        records = list(portion.records)
        assert all(first <= record.offset < portion.next_offset for record in records)
        assert (len(portion.records), portion.records[0:]) == (len(records), records)
        assert len(records) < limit + 6  # no batch has more than six
        at, found = portion.next_offset, found + records
    assert at == max(start, disk.end)
    assert found == Scan(response).take(1000)


@given(DISKS)
def test_the_latest_values_are_those_of_the_committed_records(disk: Disk) -> None:
    response = Response(0, disk.end, disk.raw, disk.aborted)
    state: dict[bytes, bytes | None] = {}
    assert latest_into(state, response) == response.next_offset == disk.end
    scan = Scan(response)
    expected: dict[bytes | None, bytes | None] = {}
    while not scan.done:
        expected |= {record.key: record.value for record in scan.take(100)}
    assert state == expected


@given(DISKS, st.integers(0, 200))
def test_a_batch_cut_short_is_left_for_the_next_request(disk: Disk, cut: int) -> None:
    raw = disk.raw[: max(0, len(disk.raw) - cut)]
    scan = Scan(Response(0, disk.end, raw, disk.aborted))
    found = []
    while not scan.done:
        found += scan.take(5)
    assert [record.offset for record in found] == [at for at in disk.committed if at < scan.next_offset]
    assert scan.next_offset == Response(0, disk.end, raw).next_offset


def test_a_batch_damaged_on_its_way_is_refused() -> None:
    raw = bytearray(encoded(Piece(3, -1, transactional=False), 0))
    raw[-1] ^= 1
    with pytest.raises(Unreadable, match=r"in-3, fetched from offset 0: .*the batch at offset 0 does not match"):
        list(portions(Response(0, 3, bytes(raw)), 10, "in-3"))
    with pytest.raises(CorruptRecordException):
        Scan(Response(0, 3, bytes(raw)))


def test_a_batch_that_cannot_be_decoded_is_named_and_refused_however_often_it_is_looked_at() -> None:
    good, torn = encoded(Piece(3, -1, transactional=False), 0), bytearray(encoded(Piece(3, -1, transactional=False), 3))
    struct.pack_into(">i", torn, 57, 4)  # it says four records and holds three
    struct.pack_into(">I", torn, 17, _crc(bytes(torn[21:])))
    ((_, portion),) = portions(Response(0, 6, good + bytes(torn)), 10, "in-3")
    for _ in range(4):
        with pytest.raises(Unreadable, match="in-3, batch at offset 3: cannot be read"):
            len(portion.records)


def test_an_empty_answer_moves_nothing() -> None:
    scan = Scan(Response(7, 9))
    assert (scan.done, scan.next_offset, scan.end, scan.take(5)) == (True, 7, 9, [])


def test_records_have_the_time_the_broker_stamped_them_with_where_it_did() -> None:
    raw = bytearray(encoded(Piece(3, 1, transactional=False), 7))
    stamped = bytearray(raw)
    struct.pack_into(">h", stamped, 21, struct.unpack_from(">h", stamped, 21)[0] | APPEND_TIME)
    struct.pack_into(">q", stamped, 35, 5_000)  # the greatest time of the batch, which the broker sets
    struct.pack_into(">I", stamped, 17, _crc(bytes(stamped[21:])))
    for found, times in ((raw, [1_007_000, 1_008_000, 1_009_000]), (stamped, [5_000_000] * 3)):
        records = Scan(Response(7, 10, bytes(found))).take(10)
        assert [(record.offset, record.timestamp) for record in records] == list(zip((7, 8, 9), times, strict=True))
