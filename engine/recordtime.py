"""Record time: when the log took a record, unless the record itself says otherwise.

Imports of history and records written by tasks carry it in a header. A time in the future would fire every
deadline at once, so a foreign record may be at most a minute ahead of its arrival.
"""

from engine.ports import Headers, Record

TIME_HEADER = "ls-time"
"""Record time in microseconds since the epoch, decimal: imports of history and records written by tasks."""
TASK_HEADER = "ls-task"
"""Marks a record that one of our own tasks wrote."""
TOLERANCE = 60_000_000
"""How far ahead of its arrival a record may claim to be, in microseconds."""

LATEST = 253_370_764_799_999_999
"""The end of the year 9998 in microseconds: what calendars and time zones can still carry."""


class BadTime(ValueError):
    """The record's own time is not a number, or too far in the future."""


def record_time(record: Record) -> int:
    """The record time in microseconds.

    Raises:
        BadTime: the header is not a number, lies outside 1970 to 9998, or more than a minute after the arrival.
    """
    headers = record.headers
    if not headers:
        return record.timestamp
    raw = header(headers, TIME_HEADER)
    if raw is None:
        return record.timestamp
    try:
        at = int(raw)
    except ValueError as exc:
        raise BadTime(f"header {TIME_HEADER} is not a whole number of microseconds: {raw[:40]!r}") from exc
    if not 0 <= at <= LATEST:
        raise BadTime(f"header {TIME_HEADER} lies outside the years 1970 to 9998: {at}")
    if at > record.timestamp + TOLERANCE:
        raise BadTime(f"header {TIME_HEADER} lies {(at - record.timestamp) // 1_000_000} s after the record's arrival")
    return at


def header(headers: Headers, name: str) -> bytes | None:
    """The first header of that name."""
    for key, value in headers:
        if key == name:
            return value
    return None
