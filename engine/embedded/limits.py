"""What a topic takes: checked before a transaction begins, so that a refused record leaves nothing behind."""

from collections.abc import Sequence

from engine.errors import RecordTooLarge, WrongTopic
from engine.ports import Headers, NewRecord, TopicSpec


def sizes(spec: TopicSpec, records: Sequence[NewRecord], partition: int | None = None) -> list[int]:
    """The size of each record in bytes: key, value, header names and values; `partition` is named in an error.

    Raises:
        RecordTooLarge: one exceeds the topic's limit.
        WrongTopic: a record without a key for a compacted topic, where only keys keep records alive.
    """
    found = [
        (len(key) if key else 0) + (len(value) if value else 0) + (_header_bytes(headers) if headers else 0)
        for key, value, headers in records
    ]
    largest = max(found, default=0)
    if largest > spec.max_record_bytes:
        key = records[found.index(largest)].key
        raise RecordTooLarge(spec.name, largest, spec.max_record_bytes, partition=partition, key=key)
    if spec.compacted and any(key is None for key, _, _ in records):
        raise WrongTopic(f"topic {spec.name!r} is compacted and takes no record without a key")
    return found


def _header_bytes(headers: Headers) -> int:
    return sum(len(name.encode()) + len(value) for name, value in headers)
