import pytest

from engine.embedded.limits import sizes
from engine.errors import RecordTooLarge, WrongTopic
from engine.ports import NewRecord, TopicSpec

SPEC = TopicSpec("t", 1, max_record_bytes=10)


def test_a_record_weighs_its_key_its_value_and_its_headers() -> None:
    records = [NewRecord(b"12", b"345"), NewRecord(None, None), NewRecord(b"1", None, (("ü", b"23"), ("x", b"")))]
    assert sizes(SPEC, records) == [5, 0, 6]


def test_a_record_may_weigh_just_the_limit() -> None:
    assert sizes(SPEC, [NewRecord(b"12345", b"67890")]) == [10]
    with pytest.raises(RecordTooLarge) as refused:
        sizes(SPEC, [NewRecord(b"1", b"1"), NewRecord(b"12345", b"6789", (("h", b"1"),))])
    assert (refused.value.topic, refused.value.size, refused.value.limit) == ("t", 11, 10)


def test_only_a_compacted_topic_insists_on_keys() -> None:
    assert sizes(SPEC, [NewRecord(None, b"1")]) == [1]
    with pytest.raises(WrongTopic, match="without a key"):
        sizes(TopicSpec("t", 1, compacted=True), [NewRecord(None, b"1")])
