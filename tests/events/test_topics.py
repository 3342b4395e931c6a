import pytest

from events import topics
from events.registry import CATALOGUE
from events.topics import ALSO_TO, DEAD_LETTERS, INBOX_RECORD_BYTES, LEAD_INBOX, TOPICS, TopicDefinition

BY_NAME = {topic.name: topic for topic in TOPICS}
INBOXES = [topic for topic in TOPICS if topic.name.endswith("-inbox")]


def test_topic_names_are_unique_and_every_named_topic_is_defined() -> None:
    assert len(BY_NAME) == len(TOPICS)
    named = {
        value
        for name, value in vars(topics).items()
        if name.isupper() and isinstance(value, str) and not name.endswith(("_HEADER", "_PREFIX"))
    }
    assert named == set(BY_NAME)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_is_sane(topic: TopicDefinition) -> None:
    assert topic.content
    assert set(topic.name) <= set("abcdefghijklmnopqrstuvwxyz-.")
    assert not (topic.compacted and topic.retention_ms is not None), (
        "compacted topics keep the last of each key for ever"
    )
    assert topic.retention_ms is None or topic.retention_ms >= topics.DAY_MS
    assert topic.partitions in (0, 1)
    assert topic.max_record_bytes >= INBOX_RECORD_BYTES


def test_what_history_and_state_are_rebuilt_from_is_kept_for_ever() -> None:
    for name in (topics.LEAD_EVENTS, topics.AGREEMENTS):
        assert not BY_NAME[name].compacted
        assert BY_NAME[name].retention_ms is None
    for name in (
        topics.LEAD_STATE,
        topics.AGREEMENT_STATE,
        topics.VIEW_STATE,
        topics.LEAD_SCORES,
        topics.VIEW_PROGRESS,
    ):
        assert BY_NAME[name].compacted


def test_an_accepted_fact_still_fits_where_it_is_written_to() -> None:
    # In the canonical log a fact gains its record time, sequence, agreement and marks: some hundred bytes.
    assert BY_NAME[topics.LEAD_EVENTS].max_record_bytes >= BY_NAME[LEAD_INBOX].max_record_bytes + 4096


def test_a_dead_letter_takes_twice_the_largest_record_of_a_lead_inbox() -> None:
    assert BY_NAME[LEAD_INBOX].max_record_bytes == INBOX_RECORD_BYTES
    assert BY_NAME[DEAD_LETTERS].max_record_bytes == 2 * INBOX_RECORD_BYTES
    assert all(BY_NAME[DEAD_LETTERS].max_record_bytes > inbox.max_record_bytes for inbox in INBOXES)


def test_state_is_partitioned_as_the_inbox_it_is_made_from() -> None:
    assert BY_NAME[topics.LEAD_STATE].partitions == BY_NAME[LEAD_INBOX].partitions
    assert BY_NAME[topics.LEAD_EVENTS].partitions == BY_NAME[LEAD_INBOX].partitions
    assert BY_NAME[topics.AGREEMENT_STATE].partitions == BY_NAME[topics.AGREEMENT_INBOX].partitions


def test_facts_go_only_to_topics_that_exist_and_are_no_inbox_or_state() -> None:
    for fact, names in ALSO_TO.items():
        assert fact in CATALOGUE.values()
        assert len(set(names)) == len(names)
        for name in names:
            assert name in BY_NAME
            assert name != topics.LEAD_EVENTS
            assert not BY_NAME[name].compacted
            assert not name.endswith("-inbox")
