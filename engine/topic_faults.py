"""Why a topic is not as it must be, in words that say what to do."""

from collections.abc import Mapping, Sequence

from engine.ports import TopicSpec


def differences(wanted: TopicSpec, there: TopicSpec) -> list[str]:
    """Why we should not run on a topic as it is; a sentence each, none when it is sound."""
    name, found = wanted.name, []
    if there.partitions != wanted.partitions:
        found.append(
            f"topic {name!r} has {there.partitions} partitions instead of {wanted.partitions}: keys would be cut "
            "differently; make it anew, or use another prefix or data directory"
        )
    if there.compacted != wanted.compacted:
        policy = "compact" if wanted.compacted else "delete"
        found.append(
            f"topic {name!r} must {'' if wanted.compacted else 'not '}be compacted: set cleanup.policy={policy}"
        )
    if there.max_record_bytes < wanted.max_record_bytes:
        found.append(
            f"topic {name!r} takes {there.max_record_bytes} bytes a record instead of {wanted.max_record_bytes}: "
            "set max.message.bytes"
        )
    if there.retention_ms is not None and (wanted.retention_ms is None or there.retention_ms < wanted.retention_ms):
        kept = "for ever" if wanted.retention_ms is None else f"{wanted.retention_ms} ms"
        found.append(f"topic {name!r} keeps records for {there.retention_ms} ms instead of {kept}: set retention.ms")
    return found


def faults(wanted: Sequence[TopicSpec], there: Mapping[str, TopicSpec | None]) -> list[str]:
    """The differences of all topics, the missing ones included."""
    found: list[str] = []
    for spec in wanted:
        topic = there[spec.name]
        found += [f"topic {spec.name!r} is missing"] if topic is None else differences(spec, topic)
    return found
