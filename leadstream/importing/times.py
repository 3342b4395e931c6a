"""Texts to instants, exactly: no float on the way, and every local time has one answer."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Context, Decimal
from zoneinfo import ZoneInfo

from events.instants import to_us
from leadstream.importing.dates import local_time
from leadstream.importing.given import Given
from leadstream.importing.problems import BadValueError, shown

USUAL = ("iso", "local")
"""How times are read where a mapping does not say: ISO 8601, or as people write them."""

Read = Callable[[str], int]
_Parse = Callable[[str], datetime]

_EPOCH_TICKS = {"epoch_seconds": 1_000_000, "epoch_millis": 1_000, "epoch_micros": 1}
_COUNT = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?")
_EXACT = Context(prec=60)
_SECOND = timedelta(seconds=1)
_EARLIEST = to_us(datetime.min.replace(tzinfo=UTC))
_LATEST = to_us(datetime.max.replace(tzinfo=UTC))


class _UnzonedError(BadValueError):
    """A time that can be read and names no zone: another format would not help."""


def compile_time(formats: tuple[str, ...], zone: str | None, given: Given | None = None) -> Read:
    """A function from text to microseconds since the Unix epoch, UTC.

    Args:
        formats: `iso`, `local`, `epoch_seconds`, `epoch_millis`, `epoch_micros` or strptime patterns, tried in order.
        zone: IANA name for times that name no zone of their own; None refuses those.
        given: how the file writes its dates, for `local`; and whether it has dates of a type of their own.

    The function raises BadValueError for a text no format fits, and for a time without a zone where none is given.
    Parts of a microsecond are cut off. A date alone is its midnight. A local time that a change of the clocks
    leaves out becomes the end of that gap; one that happens twice is the first of the two.
    """
    given = given or Given()
    tried = (*formats, "iso") if given.typed and "iso" not in formats else formats
    readers = [_reader(each, ZoneInfo(zone) if zone else None, given) for each in tried]
    if len(readers) == 1:
        return readers[0]
    last = "" if tried[-1] == "local" else f"is not a time written as {' or '.join(formats)}"

    def read(text: str) -> int:
        for reader in readers:
            try:
                return reader(text)
            except _UnzonedError:
                raise
            except BadValueError as error:
                why = str(error)
        raise BadValueError(f"{shown(text)} {last}" if last else why)

    return read


def _reader(form: str, zone: ZoneInfo | None, given: Given) -> Read:
    if form in _EPOCH_TICKS:
        return _epoch(form, _EPOCH_TICKS[form])
    if form == "iso":
        return _local(datetime.fromisoformat, "an ISO 8601 time", zone)
    if form == "local":
        given.dates.asked = True
        return _local(lambda text: local_time(text, given.dates), "a date", zone)
    return _local(lambda text: datetime.strptime(text, form), f"a time written as {form}", zone)  # noqa: DTZ007 - zoned below


def _epoch(form: str, ticks: int) -> Read:
    def read(text: str) -> int:
        stripped = text.strip()
        if not _COUNT.fullmatch(stripped):
            raise BadValueError(f"{shown(text)} is not a time written as {form}")
        at = int(_EXACT.multiply(Decimal(stripped), Decimal(ticks)).to_integral_value(ROUND_FLOOR))
        if not _EARLIEST <= at <= _LATEST:
            raise BadValueError(f"{shown(text)} lies outside the years 1 to 9999")
        return at

    return read


def _local(parse: _Parse, wanted: str, zone: ZoneInfo | None) -> Read:
    def read(text: str) -> int:
        try:
            at = parse(text.strip())
        except BadValueError:
            raise
        except ValueError:
            raise BadValueError(f"{shown(text)} is not {wanted}") from None
        if at.tzinfo is not None:
            us = to_us(at)
        elif zone is not None:
            us = local_us(at, zone)
        else:
            raise _UnzonedError(f"{shown(text)} names no zone; give the mapping a `zone`, or say --zone")
        if not _EARLIEST <= us <= _LATEST:
            raise BadValueError(f"{shown(text)} lies outside the years 1 to 9999")
        return us

    return read


def local_us(at: datetime, zone: ZoneInfo) -> int:
    """The instant, in microseconds, of a wall clock reading.

    Args:
        at: a datetime without a zone.
        zone: where the clock hangs.
    """
    first = zone.utcoffset(at.replace(fold=0))
    second = zone.utcoffset(at.replace(fold=1))
    if first is None or second is None:
        raise TypeError(zone)
    wall = to_us(at.replace(tzinfo=UTC, fold=0))
    if first >= second:
        return wall - _us(first)
    return _end_of_gap(wall - _us(second), wall - _us(first), second, zone)


def _us(offset: timedelta) -> int:
    return offset // timedelta(microseconds=1)


def _end_of_gap(before: int, after: int, offset: timedelta, zone: ZoneInfo) -> int:
    """The instant at which the zone takes on the offset, between two instants; changes fall on whole seconds."""
    low, high = before // 1_000_000, -(-after // 1_000_000)
    while high - low > 1:
        middle = (low + high) // 2
        at = datetime(1970, 1, 1, tzinfo=UTC) + middle * _SECOND
        if at.astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return high * 1_000_000
