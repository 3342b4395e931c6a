from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import LogError
from engine.ports import NewRecord, Record
from engine.sqlite import codec
from engine.sqlite.codec import PLAIN, ZSTD, Row, decode, encode, pairs, repack

small = st.binary(max_size=20)
headers = st.lists(st.tuples(st.text(max_size=5), small), max_size=2).map(tuple)
new_records = st.lists(st.builds(NewRecord, st.none() | small, st.none() | small, headers), min_size=1, max_size=30)


def sizes(records: list[NewRecord]) -> list[int]:
    return [len(r.key or b"") + len(r.value or b"") for r in records]


def rows(records: list[NewRecord], *, first: int = 0, stamp: int = 5) -> list[Row]:
    found = []
    for body in encode(records, sizes(records)):
        found.append(Row(first + body.length - 1, first, body.length, stamp, body.codec, body.raw))
        first += body.length
    return found


@given(new_records, st.integers(0, 2**40 - 100), st.integers(0, 2**53))
def test_a_batch_gives_back_what_went_in(records: list[NewRecord], first: int, stamp: int) -> None:
    (row,) = rows(records, first=first, stamp=stamp)
    assert decode(row) == [Record(first + at, stamp, *record) for at, record in enumerate(records)]
    assert list(pairs(row)) == [(record.key, record.value) for record in records]


@given(new_records, st.data())
def test_repacked_records_keep_their_offsets_and_times(records: list[NewRecord], data: st.DataObject) -> None:
    count = len(records)
    offsets = sorted(data.draw(st.sets(st.integers(0, 10_000), min_size=count, max_size=count)))
    stamps = sorted(data.draw(st.lists(st.integers(0, 3), min_size=count, max_size=count)))
    stored = [Record(offset, stamp, *record) for offset, stamp, record in zip(offsets, stamps, records, strict=True)]
    (row,) = repack(stored)
    assert (row.first, row.last, row.length, row.stamp) == (offsets[0], offsets[-1], count, stamps[-1])
    assert decode(row) == stored


def test_batches_are_cut_at_their_record_count_and_at_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "MAX_RECORDS", 3)
    monkeypatch.setattr(codec, "MAX_BYTES", 10)
    records = [NewRecord(None, b"x" * size) for size in (1, 1, 1, 1, 9, 2, 30, 4, 4, 4)]
    cut = rows(records)
    assert [[len(value or b"") for _, value in pairs(row)] for row in cut] == [
        [1, 1, 1],
        [1, 9],
        [2],
        [30],
        [4, 4],
        [4],
    ]
    assert [record.value for row in cut for record in decode(row)] == [record.value for record in records]


def test_only_batches_worth_it_are_compressed() -> None:
    (short,), (long,) = rows([NewRecord(b"k", b"x" * 100)]), rows([NewRecord(b"k", b"x" * 100)] * 50)
    assert (short.codec, long.codec) == (PLAIN, ZSTD)
    assert len(long.raw) < 500


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\xc1", b"nonsense"])
@pytest.mark.parametrize("packing", [PLAIN, ZSTD])
def test_damaged_bytes_are_told(damage: bytes, packing: int) -> None:
    with pytest.raises(LogError, match="offsets 4 to 9 is damaged"):
        decode(Row(9, 4, 6, 0, packing, damage))


def test_threads_that_read_and_write_at_once_do_not_damage_each_other() -> None:
    records = [NewRecord(b"%d" % number, b"the same words again and again " * 20) for number in range(500)]

    def round_trips(_: int) -> bool:
        return all(
            [record.value for record in decode(rows(records)[0])] == [r.value for r in records] for _ in range(40)
        )

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(round_trips, range(8)))
