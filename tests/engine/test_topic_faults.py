import pytest

from engine.memory.log import MemoryLog
from engine.ports import TopicSpec
from engine.topic_faults import differences

WANTED = TopicSpec("t", 2, compacted=True, retention_ms=None, max_record_bytes=1000)
OTHER = TopicSpec("t", 2, compacted=False, retention_ms=5, max_record_bytes=10)


def test_a_topic_as_it_must_be_has_no_faults() -> None:
    assert differences(WANTED, WANTED) == []


def test_on_brokers_each_fault_names_the_setting_that_mends_it() -> None:
    said = differences(WANTED, OTHER)
    assert [sentence.rpartition("set ")[2] for sentence in said] == [
        "cleanup.policy=compact",
        "max.message.bytes",
        "retention.ms",
    ]


async def test_on_an_embedded_log_no_fault_speaks_of_settings_of_brokers() -> None:
    log = MemoryLog(clock=lambda: 0)
    await log.create_topics([OTHER])
    said = await log.topic_faults([WANTED])
    assert len(said) == 3
    for sentence in said:
        assert sentence.endswith("use that one, or another data directory")
        assert not any(word in sentence for word in ("cleanup", "max.message", "retention.ms", "set "))


@pytest.mark.parametrize("home", ["brokers", "embedded"])
async def test_another_partition_count_is_told_alike_everywhere(home: str) -> None:
    there = TopicSpec("t", 3, compacted=True, max_record_bytes=1000)
    log = MemoryLog(clock=lambda: 0)
    await log.create_topics([there])
    (said,) = differences(WANTED, there) if home == "brokers" else await log.topic_faults([WANTED])
    assert said.startswith("topic 't' has 3 partitions instead of 2")
