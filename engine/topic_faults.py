"""Why a topic is not as it must be, in words that say what to do."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.ports import TopicSpec


class Remedies(NamedTuple):
    """What to do about a topic, in the words of the home it lives in."""

    compaction: str
    size: str
    retention: str


_ANOTHER = "the log was made by another version; use that one, or another data directory"
_EMBEDDED = Remedies(_ANOTHER, _ANOTHER, _ANOTHER)


def _on_brokers(wanted: TopicSpec) -> Remedies:
    policy = "compact" if wanted.compacted else "delete"
    return Remedies(f"set cleanup.policy={policy}", "set max.message.bytes", "set retention.ms")


def differences(wanted: TopicSpec, there: TopicSpec, remedies: Remedies | None = None) -> list[str]:
    """Why we should not run on a topic as it is; a sentence each, none when it is sound.

    Args:
        wanted: how it must be.
        there: how it is.
        remedies: what to do; the settings of a broker unless given.
    """
    name, found, todo = wanted.name, [], remedies or _on_brokers(wanted)
    if there.partitions != wanted.partitions:
        found.append(
            f"topic {name!r} has {there.partitions} partitions instead of {wanted.partitions}: keys would be cut "
            "differently; make it anew, or use another prefix or data directory"
        )
    if there.compacted != wanted.compacted:
        found.append(f"topic {name!r} must {'' if wanted.compacted else 'not '}be compacted: {todo.compaction}")
    if there.max_record_bytes < wanted.max_record_bytes:
        found.append(
            f"topic {name!r} takes {there.max_record_bytes} bytes a record instead of {wanted.max_record_bytes}: "
            f"{todo.size}"
        )
    if there.retention_ms is not None and (wanted.retention_ms is None or there.retention_ms < wanted.retention_ms):
        kept = "for ever" if wanted.retention_ms is None else f"{wanted.retention_ms} ms"
        found.append(f"topic {name!r} keeps records for {there.retention_ms} ms instead of {kept}: {todo.retention}")
    return found


def faults(wanted: Sequence[TopicSpec], there: Mapping[str, TopicSpec | None]) -> list[str]:
    """The differences of all topics of an embedded log, the missing ones included."""
    found: list[str] = []
    for spec in wanted:
        topic = there[spec.name]
        found += [f"topic {spec.name!r} is missing"] if topic is None else differences(spec, topic, _EMBEDDED)
    return found
