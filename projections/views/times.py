"""Instants as the views write them."""

from datetime import datetime
from functools import lru_cache

from msgspec import UNSET

from events.envelope import Envelope
from events.instants import DAY, MINUTE, from_us, to_us

_TO_DAYS = len("2026-01-31T")
_MINUTES = tuple(f"{at // 60:02d}:{at % 60:02d}:" for at in range(DAY // MINUTE))


@lru_cache(maxsize=1 << 15)  # a subject's instants are written again with each of its rows
def instant_text(us: int) -> str:
    """RFC 3339 text in UTC, always with six digits of a second: sorting the text sorts the instants."""
    day, rest = divmod(us, DAY)
    minute, rest = divmod(rest, MINUTE)
    digits = f"{rest:08d}"
    return f"{_day_text(day)}{_MINUTES[minute]}{digits[:2]}.{digits[2:]}Z"


@lru_cache(maxsize=1 << 14)
def _day_text(day: int) -> str:
    return from_us(day * DAY).isoformat()[:_TO_DAYS]


@lru_cache(maxsize=1 << 15)
def instant_text_or_none(us: int | None) -> str | None:
    """The text of an instant that may not be known."""
    return None if us is None else instant_text(us)


FOR_EVER = "9999"
"""Sorts after every instant."""


def text_or_ever(us: int | None) -> str:
    """The text of an instant up to which something is asked; without one everything is."""
    return FOR_EVER if us is None else instant_text(us)


def us_of_cell(cell: object) -> int:
    """The instant in microseconds that a cell says; 0 where it is blank."""
    return us_of_text(str(cell)) or 0


def us_of_text(text: str | None) -> int | None:
    """The instant in microseconds that a text of these says, or none."""
    return None if text is None else to_us(datetime.fromisoformat(text))


def is_earlier(at: int, known: int | None) -> bool:
    """Whether something happened before what is known; also when nothing is known yet."""
    return known is None or at < known


def sequence_of(envelope: Envelope) -> int:
    """The place of a fact in its subject's history, from 1; 0 where the log does not say."""
    return int(str(envelope.sequence)) if envelope.sequence else 0


def recorded_at(envelope: Envelope) -> int:
    """When the fact became known, in microseconds; its own time where the log did not say."""
    at = envelope.recordedat
    return to_us(envelope.time if at is UNSET else at)


@lru_cache(maxsize=1 << 14)
def week_text(us: int) -> str:
    """The ISO 8601 week of an instant, in UTC: `2026-W02`."""
    year, week, _ = from_us(us).isocalendar()
    return f"{year}-W{week:02d}"


@lru_cache(maxsize=1 << 14)
def quarter_text(us: int) -> str:
    """The calendar quarter of an instant, in UTC: `2026Q1`."""
    at = from_us(us)
    return f"{at.year}Q{(at.month + 2) // 3}"
