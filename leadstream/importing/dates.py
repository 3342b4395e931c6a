"""Dates as people write them: `31.03.2026`, `3/31/2026 2:05 PM`, `31 Mar 2026`; and which of two numbers is the day."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

from leadstream.importing.problems import BadValueError, shown

Order = Literal["day_first", "month_first"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = r"(?P<name>[A-Za-z]{3,9})\.?"
_DATES = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(?P<year>\d{4})[/.-](?P<month>\d{1,2})[/.-](?P<day>\d{1,2})",
        r"(?P<one>\d{1,2})(?P<sign>[/.-])(?P<two>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})",
        rf"(?P<day>\d{{1,2}})\.?[ -]{_NAME}[ -](?P<year>\d{{4}}|\d{{2}})",
        rf"{_NAME} (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})",
    )
)
_TIME = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(:(?P<second>\d{2})([.,](?P<part>\d{1,9}))?)?"
    r"( ?(?P<half>[AaPp])\.?[Mm]\.?)?( ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?",
    re.ASCII,
)
_BETWEEN = re.compile(r",? +|T")
_PIVOT = 69
"""Years of two digits from here on are of the twentieth century, as strptime has it."""
_LONGEST = 64


class Dates:
    """How one file writes its dates, as far as it is known.

    Args:
        order: what the mapping or an option says; None where the dates themselves have to tell.

    Attributes:
        order: the order in use; found with the first date that can only be one of the two.
        sample: the text the order was told by, or the first text that could be either.
        asked: whether a part of the mapping reads such dates at all.
        found: whether a date was met for which the order matters.
        torn: in words, the first two dates of which each can only be of one order, and not of the same; empty where
            there are none, or where the order was said.
    """

    def __init__(self, order: Order | None = None) -> None:
        self.order = order
        self.sample = ""
        self.asked = False
        self.found = False
        self.torn = ""
        self._said = order is not None
        self._learning = False

    def learn(self) -> None:
        """From now on dates tell their order, and one that could be either is taken as day first for the time being."""
        self._learning = True

    @property
    def open(self) -> bool:
        """Whether dates were met that could be either, and none that tells."""
        return self.found and self.order is None

    def settled(self) -> "Dates":
        """What was learned, for reading in earnest: nothing is learned any more."""
        made = Dates(None if self.torn else self.order)
        made.sample, made.asked, made.found, made.torn = self.sample, self.asked, self.found, self.torn
        made._said = self._said
        return made

    def ordered(self, one: int, two: int, year: int, sign: str, text: str) -> tuple[int, int]:
        """Day and month of two numbers; of those that are a day in neither order, as they stand.

        Args:
            one: the first.
            two: the second.
            year: their year, of four digits.
            sign: what stands between them; a dot means day first.
            text: the date as it is written.

        Raises:
            BadValueError: they could be either, and nothing says which.
        """
        day_first, month_first = _is_day(year, two, one), sign != "." and _is_day(year, one, two)
        if not day_first and not month_first:
            # A slip of the pen is no evidence of how the others are written.
            return (two, one) if self.order == "month_first" else (one, two)
        self.found = True
        told: Order | None = None if day_first and month_first else "day_first" if day_first else "month_first"
        if self.order is None and self._learning:
            if told:
                self.order, self.sample = told, text
            elif not self.sample and one != two:
                self.sample = text
        elif told and self.order and told != self.order and not self._said and not self.torn:
            self.torn = f"{shown(self.sample)} is {_words(self.order)} and {shown(text)} {_words(told)}"
        order = self.order or told or ("day_first" if self._learning or one == two else None)
        if order is None:
            raise BadValueError(f"{shown(text)} may be day first or month first; say which with --dates or `dates`")
        return (one, two) if order == "day_first" else (two, one)


def local_time(text: str, dates: Dates) -> datetime:
    """The wall clock reading, or the instant where a zone stands behind it, of a date with or without a time.

    Raises:
        BadValueError: it is none, or its order is not known.
    """
    stripped = text.strip()
    if len(stripped) > _LONGEST:
        raise BadValueError(f"{shown(text)} is not a date")
    for pattern in _DATES:
        found = pattern.match(stripped)
        if found:
            day = _day(found.groupdict(), dates, text)
            return _with_time(day, stripped[found.end() :], text)
    raise BadValueError(f"{shown(text)} is not a date such as 2026-03-31, 31.03.2026 or 3/31/2026")


def local_date(text: str, dates: Dates) -> str:
    """The day, ISO 8601, of a date that may have a time behind it.

    Raises:
        BadValueError: see `local_time`.
    """
    return local_time(text, dates).date().isoformat()


def _day(parts: dict[str, str | None], dates: Dates, text: str) -> date:
    year = int(parts["year"] or "")
    if len(parts["year"] or "") == 2:
        year += 1900 if year >= _PIVOT else 2000
    if parts.get("one"):
        day, month = dates.ordered(int(parts["one"] or ""), int(parts["two"] or ""), year, parts["sign"] or "", text)
    else:
        day, month = int(parts["day"] or ""), _month(parts, text)
    try:
        return date(year, month, day)
    except ValueError:
        said = f", {_words(dates.order)}" if parts.get("one") and dates.order else ""
        raise BadValueError(f"{shown(text)} is not a day of the calendar{said}") from None


def _is_day(year: int, month: int, day: int) -> bool:
    return year >= 1 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def _words(order: Order) -> str:
    return order.replace("_", " ")


def _month(parts: dict[str, str | None], text: str) -> int:
    if parts.get("month"):
        return int(parts["month"] or "")
    name = (parts["name"] or "").lower()[:3]
    if name not in _MONTHS:
        raise BadValueError(f"{shown(text)} has no month; expected English names such as Mar or March")
    return _MONTHS.index(name) + 1


def _with_time(day: date, rest: str, text: str) -> datetime:
    if not rest:
        return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the caller knows the zone
    between = _BETWEEN.match(rest)
    found = _TIME.fullmatch(rest, between.end()) if between else None
    if found is None:
        raise BadValueError(f"{shown(text)} has no time behind its date; expected one such as 14:05 or 2:05 PM")
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise BadValueError(f"{shown(text)} has an hour that no clock of twelve hours shows")
        hour = hour % 12 + (12 if half == "p" else 0)
    micros = int((found["part"] or "0").ljust(6, "0")[:6])
    try:
        return datetime(
            day.year, day.month, day.day, hour, int(found["minute"]), int(found["second"] or 0), micros,
            tzinfo=_zone(found["zone"]),
        )  # fmt: skip
    except ValueError:
        raise BadValueError(f"{shown(text)} has a time that no clock shows") from None


def _zone(said: str | None) -> timezone | None:
    if said is None:
        return None
    if said[0] not in "+-":
        return UTC
    digits = said[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if said[0] == "-" else offset)
