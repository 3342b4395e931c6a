from hypothesis import given
from hypothesis import strategies as st

from engine.columns import Columns
from engine.ports import NO_HEADERS, NewRecord

BYTES = st.none() | st.binary(max_size=5)
HEADERS = st.lists(st.tuples(st.text(max_size=3), st.binary(max_size=3)), max_size=2).map(tuple)
RECORDS = st.lists(st.builds(NewRecord, BYTES, BYTES, HEADERS), max_size=10)


@given(RECORDS, st.integers(-12, 12), st.integers(-12, 12))
def test_columns_read_like_the_records_that_were_added(records: list[NewRecord], low: int, high: int) -> None:
    columns = Columns.of(records)
    assert (len(columns), list(columns), columns[low:high]) == (len(records), records, records[low:high])
    assert [columns[at] for at in range(-len(records), len(records))] == records + records
    assert columns == records
    assert columns == Columns.of(records)
    assert Columns.of([*records, NewRecord(b"k", b"one more")]) != records
    assert columns.plain is all(not record.headers for record in records)


def test_columns_are_not_copied() -> None:
    columns = Columns.of([NewRecord(b"k", b"v")])
    assert Columns.of(columns) is columns


@given(st.lists(st.tuples(st.binary(max_size=5), BYTES), max_size=10))
def test_pairs_are_records_without_headers(pairs: list[tuple[bytes, bytes | None]]) -> None:
    columns = Columns.of_pairs(pairs)
    columns.add(b"last", None)
    assert list(columns) == [NewRecord(key, value, NO_HEADERS) for key, value in [*pairs, (b"last", None)]]
