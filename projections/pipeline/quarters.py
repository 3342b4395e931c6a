"""Fiscal quarters in a reporting zone: their days, how much of one is gone, and the same day a year before."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from events.instants import from_us, to_us

_NAME = re.compile(r"(\d{4})Q([1-4])")
_DAY = timedelta(days=1)
MONTHS = 12
_HUNDRED = 100


class Season(NamedTuple):
    """How a target falls on the months of a quarter.

    Attributes:
        since: it is that of quarters which begin on this day or later, until the next season.
        months: what is expected in each of the three, in hundredths that sum to 100; empty: all days alike.
    """

    since: date
    months: tuple[int, ...]


class Quarter(NamedTuple):
    """A fiscal quarter.

    Attributes:
        name: such as `2026Q1`. A fiscal year that does not begin in January is named after the year it ends in.
        first: its first day.
        after: the day after its last.
        begins: the month in which the fiscal year begins, 1 to 12.
    """

    name: str
    first: date
    after: date
    begins: int

    @property
    def days(self) -> int:
        """How many it has."""
        return (self.after - self.first).days

    def has(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.first <= day < self.after

    def gone(self, today: date) -> Fraction:
        """Share of its days that have begun, today with them; from 0 to 1."""
        return _begun(self.first, self.after, today)

    def expected(self, today: date, seasons: Sequence[Season]) -> Fraction:
        """Share of a target that is expected by the end of today; from 0 to 1.

        By the last season from its first day or earlier; without one, or without months in it, the share of days gone.
        """
        season = next((each for each in reversed(seasons) if each.since <= self.first), None)
        if season is None or not season.months:
            return self.gone(today)
        starts = [self.first, *(_months_on(self.first, n) for n in (1, 2)), self.after]
        parts = (
            share * _begun(begin, end, today)
            for share, (begin, end) in zip(season.months, pairwise(starts), strict=True)
        )
        return sum(parts, Fraction(0)) / _HUNDRED

    def instants(self, zone: ZoneInfo) -> tuple[int, int]:
        """Its beginning and its end in microseconds: the midnights of a zone."""
        return midnight(self.first, zone), midnight(self.after, zone)


def _begun(first: date, after: date, today: date) -> Fraction:
    """Share of the days of a span that have begun, today with them."""
    days = (after - first).days
    return Fraction(min(max((today - first).days + 1, 0), days), days)


def _months_on(day: date, count: int) -> date:
    """The same day so many months later, of a day that every month has."""
    months = day.year * MONTHS + day.month - 1 + count
    return date(months // MONTHS, months % MONTHS + 1, day.day)


def midnight(day: date, zone: ZoneInfo) -> int:
    """When a day begins in a zone, in microseconds; the end of the gap where clocks leap over midnight."""
    return to_us(datetime(day.year, day.month, day.day, tzinfo=zone))


def local_day(at: int, zone: ZoneInfo) -> date:
    """The day that an instant in microseconds lies in."""
    return from_us(at).astimezone(zone).date()


def _quarter(first: date, begins: int) -> Quarter:
    place = (first.month - begins) % MONTHS
    began = first.year - (first.month < begins)
    ahead = first.month + 2
    after = date(first.year + ahead // MONTHS, ahead % MONTHS + 1, 1)
    return Quarter(f"{began + (begins > 1):04d}Q{place // 3 + 1}", first, after, begins)


def quarter_of(day: date, begins: int = 1) -> Quarter:
    """The quarter that a day lies in, of fiscal years that begin in a month."""
    back = (day.month - begins) % 3
    months = day.year * MONTHS + day.month - 1 - back
    return _quarter(date(months // MONTHS, months % MONTHS + 1, 1), begins)


def quarter_named(name: str, begins: int = 1) -> Quarter:
    """The quarter that is called so.

    Raises:
        ValueError: none is.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} is no quarter, such as 2026Q1")
    months = (int(found[1]) - (begins > 1)) * MONTHS + begins - 1 + 3 * (int(found[2]) - 1)
    return _quarter(date(months // MONTHS, months % MONTHS + 1, 1), begins)


def year_before(quarter: Quarter) -> Quarter:
    """The same quarter of the year before."""
    return _quarter(quarter.first.replace(year=quarter.first.year - 1), quarter.begins)


def same_day(quarter: Quarter, day: date) -> date:
    """The same day of the quarter a year before.

    Days are counted from the quarter's beginning, and once it is over from its end. A day that the quarter before
    did not have is its last one.
    """
    before = year_before(quarter)
    if day >= quarter.after:
        return before.after + (day - quarter.after)
    return min(before.first + (day - quarter.first), before.after - _DAY)


def same_instant(quarter: Quarter, at: int, zone: ZoneInfo) -> int:
    """The same day of the quarter a year before, at the same time by the clock on the wall; in microseconds."""
    local = from_us(at).astimezone(zone)
    day = same_day(quarter, local.date())
    return to_us(local.replace(year=day.year, month=day.month, day=day.day))
