"""Instants as the views write them."""

from msgspec import UNSET

from events.envelope import Envelope
from events.instants import from_us, to_us

_OFFSET = len("+00:00")


def instant_text(us: int) -> str:
    """RFC 3339 text in UTC, always with six digits of a second: sorting the text sorts the instants."""
    return from_us(us).isoformat(timespec="microseconds")[:-_OFFSET] + "Z"


def instant_text_or_none(us: int | None) -> str | None:
    """The text of an instant that may not be known."""
    return None if us is None else instant_text(us)


def is_earlier(at: int, known: int | None) -> bool:
    """Whether something happened before what is known; also when nothing is known yet."""
    return known is None or at < known


def recorded_at(envelope: Envelope) -> int:
    """When the fact became known, in microseconds; its own time where the log did not say."""
    at = envelope.recordedat
    return to_us(envelope.time if at is UNSET else at)
