"""When it happened, as vendors write it, in microseconds since the epoch."""

import re
from email.utils import parsedate_to_datetime
from functools import lru_cache

from events.instants import MINUTE, to_us
from events.limits import LATEST
from leadstream.connectors.faults import Bad
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc
from leadstream.importing.problems import BadValueError
from leadstream.importing.times import Read, compile_time

SKEW = 5 * MINUTE
"""So far a vendor's clock may be ahead of ours; what it then tells is taken to have happened on arrival."""
_LATEST = to_us(LATEST)
_SECONDS_END = 100_000_000_000
"""As seconds the year 5138, as milliseconds 1973: a count below is in seconds, one above in milliseconds."""
_COUNT = re.compile(r"[0-9]{1,16}(\.[0-9]{1,9})?")
_reader = lru_cache(maxsize=64)(compile_time)


def iso(doc: Doc, *names: str, raw: Raw, zone: str | None = None) -> int:
    """An ISO 8601 time; `zone` is that of a text that names none. The time of receipt where it is blank.

    Raises:
        Bad: it is none, or lies in the future.
    """
    return written(doc, *names, raw=raw, forms=("iso",), zone=zone)


def written(doc: Doc, *names: str, raw: Raw, forms: tuple[str, ...], zone: str | None = None) -> int:
    """A time in one of several forms, see `leadstream.importing.times`; otherwise like `iso`."""
    text = doc.text(*names)
    return read(text, _reader(forms, zone), doc.path + names[0], raw) if text else raw.received_at


def epoch(doc: Doc, name: str, raw: Raw) -> int:
    """Seconds or milliseconds since the epoch, told apart by their size; otherwise like `iso`."""
    text = doc.text(name)
    if not text:
        return raw.received_at
    if not _COUNT.fullmatch(text):
        raise Bad("malformed", doc.path + name, "expected seconds or milliseconds since 1970")
    form = "epoch_seconds" if int(text.partition(".")[0]) < _SECONDS_END else "epoch_millis"
    return read(text, _reader((form,), None), doc.path + name, raw)


def rfc2822(doc: Doc, name: str, raw: Raw) -> int:
    """A time as e-mail writes it (RFC 5322, 3.3); otherwise like `iso`."""
    text = doc.text(name)
    return read(text, _mail_time, doc.path + name, raw) if text else raw.received_at


def _mail_time(text: str) -> int:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        raise BadValueError("is not a time as e-mail writes it") from None
    if at.tzinfo is None:
        raise BadValueError("names no zone")
    return to_us(at)


def read(text: str, reader: Read, field: str, raw: Raw) -> int:
    """An instant by a reader of texts, held against the time of receipt.

    Raises:
        Bad: it cannot be read, or lies before 1970 or in the future.
    """
    try:
        at = reader(text)
    except BadValueError:
        raise Bad("malformed", field, "is not a time as the vendor writes it") from None
    if not 0 <= at < _LATEST:
        raise Bad("malformed", field, "lies before 1970 or after 9998")
    if at > raw.received_at + SKEW:
        raise Bad("malformed", field, "lies in the future")
    return min(at, raw.received_at)
