"""What a topic takes: checked before a transaction begins, so that a refused record leaves nothing behind."""

from collections.abc import Sequence
from operator import add

from engine.columns import Columns
from engine.errors import RecordTooLarge, WrongTopic
from engine.ports import Headers, NewRecord, TopicSpec


def sizes(spec: TopicSpec, records: Sequence[NewRecord], partition: int | None = None) -> list[int]:
    """The size of each record in bytes: key, value, header names and values; `partition` is named in an error.

    Raises:
        RecordTooLarge: one exceeds the topic's limit.
        WrongTopic: a record without a key for a compacted topic, where only keys keep records alive.
    """
    columns = Columns.of(records)
    found = list(map(add, _lengths(columns.keys), _lengths(columns.values)))
    if not columns.plain:
        found = list(map(add, found, map(_header_bytes, columns.headers)))
    largest = max(found, default=0)
    if largest > spec.max_record_bytes:
        key = columns.keys[found.index(largest)]
        raise RecordTooLarge(spec.name, largest, spec.max_record_bytes, partition=partition, key=key)
    if spec.compacted and None in columns.keys:
        raise WrongTopic(f"topic {spec.name!r} is compacted and takes no record without a key")
    return found


def _lengths(column: list[bytes | None]) -> list[int]:
    try:
        return list(map(len, column))  # type: ignore[arg-type]  # where there is no None, which is the rule
    except TypeError:
        return [len(item) if item else 0 for item in column]


def _header_bytes(headers: Headers) -> int:
    return sum(len(name.encode()) + len(value) for name, value in headers)
