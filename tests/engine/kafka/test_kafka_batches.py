import pytest
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import RecordTooLarge, WrongTopic
from engine.kafka.batches import MAX_BATCH_BYTES, OVERHEAD_BYTES, built, check_rows, largest, size_of
from engine.ports import NewRecord, TopicSpec

HEADERS = st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=20)), max_size=4).map(tuple)
RECORDS = st.builds(NewRecord, st.none() | st.binary(max_size=30), st.none() | st.binary(max_size=300), HEADERS)


def contents(rows: list[NewRecord], spec: TopicSpec | None = None) -> list[list[NewRecord]]:
    found = []
    for batch in built(rows, 1000, spec, transactional=True):
        batch._builder.set_producer_state(7, 0, 0)
        raw = bytes(batch._build())
        assert len(raw) <= (MAX_BATCH_BYTES if spec is None else spec.max_record_bytes + OVERHEAD_BYTES)
        records = list(MemoryRecords(raw).next_batch())
        assert len(records) == batch.record_count()
        found.append([NewRecord(r.key, r.value, tuple(r.headers)) for r in records])
    return found


@given(st.lists(RECORDS, max_size=60), st.integers(0, 600))
def test_batches_hold_the_records_in_order_and_none_exceeds_its_topic(rows: list[NewRecord], limit: int) -> None:
    spec = TopicSpec("t", 1, max_record_bytes=max(limit, largest(rows)))
    assert [row for batch in contents(rows, spec) for row in batch] == rows


def test_a_topic_that_takes_little_gets_small_batches() -> None:
    rows = [NewRecord(b"k", b"x" * 1000)] * 100
    assert len(contents(rows, TopicSpec("t", 1, max_record_bytes=1001))) > 15
    assert len(contents(rows)) == 1


def test_a_record_larger_than_a_batch_travels_alone() -> None:
    spec = TopicSpec("t", 1, max_record_bytes=4_000_000)
    rows = [NewRecord(b"k", b"small"), NewRecord(b"k", b"x" * 3_000_000), NewRecord(b"k", b"small")]
    assert [len(batch) for batch in contents(rows, spec)] == [1, 1, 1]


@given(RECORDS)
def test_a_record_of_exactly_the_limit_fits_and_one_byte_more_does_not(record: NewRecord) -> None:
    size = size_of(record)
    check_rows({("t", 0): [record]}, {"t": TopicSpec("t", 1, max_record_bytes=size)})
    larger = NewRecord(record.key, (record.value or b"") + b"+", record.headers)
    with pytest.raises(RecordTooLarge) as refused:
        check_rows({("t", 0): [larger]}, {"t": TopicSpec("t", 1, max_record_bytes=size)})
    assert (refused.value.size, refused.value.limit) == (size + 1, size)


def test_thousands_of_tiny_headers_count_for_what_they_take() -> None:
    record = NewRecord(b"k", b"v", tuple(("", b"") for _ in range(5000)))
    with pytest.raises(RecordTooLarge):
        check_rows({("t", 0): [record]}, {"t": TopicSpec("t", 1, max_record_bytes=1000)})


def test_a_compacted_topic_takes_no_record_without_a_key() -> None:
    with pytest.raises(WrongTopic, match="'t'"):
        check_rows({("t", 0): [NewRecord(None, b"v")]}, {"t": TopicSpec("t", 1, compacted=True)})


def test_a_topic_nobody_knows_is_left_to_the_broker() -> None:
    check_rows({("t", 0): [NewRecord(None, b"v" * 10_000_000)]}, {})


def test_a_record_that_does_not_fit_is_named_by_partition_and_key() -> None:
    rows = [NewRecord(b"small", b"v"), NewRecord(b"lead-7", b"v" * 100)]
    with pytest.raises(RecordTooLarge, match="topic 't' takes in partition 5, key 'lead-7'") as refused:
        check_rows({("t", 5): rows}, {"t": TopicSpec("t", 6, max_record_bytes=50)})
    assert (refused.value.partition, refused.value.key) == (5, b"lead-7")
