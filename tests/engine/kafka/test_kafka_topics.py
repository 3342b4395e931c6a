from hypothesis import given
from hypothesis import strategies as st

from engine.kafka.topics import faults_of, settings_of, spec_of
from engine.ports import TopicSpec

SPECS = st.builds(
    TopicSpec,
    st.just("t"),
    st.integers(1, 64),
    st.booleans(),
    st.none() | st.integers(1, 10**12),
    st.integers(1, 50_000_000),
)


@given(SPECS, st.integers(1, 5))
def test_a_topic_made_from_a_spec_is_described_by_it_and_has_no_fault(spec: TopicSpec, replication: int) -> None:
    settings = settings_of(spec, replication)
    assert spec_of("t", spec.partitions, settings) == spec
    assert faults_of("t", settings, replication) == []


def test_one_replica_is_never_enough_where_there_are_more() -> None:
    assert settings_of(TopicSpec("t", 1), 3)["min.insync.replicas"] == "2"
    assert settings_of(TopicSpec("t", 1), 1)["min.insync.replicas"] == "1"


def test_segments_are_shorter_than_the_time_records_stay() -> None:
    assert int(settings_of(TopicSpec("t", 1, retention_ms=86_400_000), 1)["segment.ms"]) <= 86_400_000 // 4


def test_every_unsafe_setting_is_told() -> None:
    settings = settings_of(TopicSpec("t", 1), 1) | {
        "message.timestamp.type": "CreateTime",
        "unclean.leader.election.enable": "true",
    }
    first, second, third = faults_of("t", settings, 3)
    assert "LogAppendTime" in first
    assert "unclean" in second
    assert "min.insync.replicas" in third
