"""What an answer says about asking again, pure: rate limits, outages and tokens that have ended."""

from datetime import UTC
from email.utils import parsedate_to_datetime

from events.instants import SECOND, to_us
from leadstream.fetching.port import Answer, Denied, Wait

_OUTAGES = frozenset({408, 425, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 529})


def standard(answer: Answer, now: int) -> Wait | Denied | None:
    """As HTTP has it (RFC 9110, RFC 6585): 401, 429 and outages, with the pause that `Retry-After` asks for."""
    if answer.status == 401:
        return Denied()
    if answer.status == 429 or answer.status in _OUTAGES:
        return Wait(retry_after(answer, now), f"{answer.status}")
    return None


def retry_after(answer: Answer, now: int) -> float | None:
    """Seconds until one may ask again, from a count or a date; None where nothing, or nonsense, is said."""
    text = answer.headers.get("retry-after", "").strip()
    if text.replace(".", "", 1).isdecimal() and len(text) < 12:
        return float(text)
    return until(text, now)


def until(text: str, now: int) -> float | None:
    """Seconds until a date as HTTP writes it."""
    try:
        at = parsedate_to_datetime(text)
        return max(0.0, (to_us(at if at.tzinfo else at.replace(tzinfo=UTC)) - now) / SECOND)
    except (ValueError, IndexError, OverflowError, TypeError):
        return None
