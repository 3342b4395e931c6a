from engine.errors import RecordTooLarge


def test_a_record_that_is_too_large_is_named_by_topic_partition_and_key() -> None:
    said = str(RecordTooLarge("out", 12, 10, partition=3, key=b"lead-7"))
    assert said == "a record of 12 bytes exceeds the 10 bytes that topic 'out' takes in partition 3, key 'lead-7'"
    assert str(RecordTooLarge("out", 12, 10)) == "a record of 12 bytes exceeds the 10 bytes that topic 'out' takes"


def test_a_key_that_is_long_or_no_text_still_stands_in_one_line() -> None:
    assert str(RecordTooLarge("out", 2, 1, key=b"x" * 1000)).endswith(f", key '{'x' * 80}'…")
    assert str(RecordTooLarge("out", 2, 1, key=b"a\xff\n")).endswith(r", key 'a\\xff\n'")
