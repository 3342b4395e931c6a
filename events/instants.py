"""Instants: integer microseconds since the Unix epoch in UTC, and their way to and from datetimes.

`datetime.timestamp()` goes through a float and loses microseconds; integer division does not.
"""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def to_us(at: datetime) -> int:
    """Microseconds since the epoch of a datetime with a time zone, exactly."""
    return (at - EPOCH) // TICK


def us_or_none(at: datetime | None) -> int | None:
    """Microseconds since the epoch of an instant that may not be known."""
    return None if at is None else to_us(at)


def from_us(us: int) -> datetime:
    """The UTC datetime of an instant in microseconds."""
    return EPOCH + timedelta(0, 0, us)


def iso(us: int) -> str:
    """RFC 3339 text in UTC with `Z`, microseconds only where there are any."""
    return from_us(us).isoformat().replace("+00:00", "Z")
