"""Working time: how much of it lies between two instants, and when a target of it is due.

All instants and durations are integer microseconds since the Unix epoch in UTC; nothing here reads a clock.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from events.instants import DAY, HOUR, MINUTE, SECOND, from_us
from streams.calendar_windows import (
    FIRST_YEAR,
    LAST_YEAR,
    CalendarSpec,
    LocalHours,
    Window,
    day_of,
    instant_of,
    midnight_of,
    parse_hours,
    wall_of,
    year_bounds,
)

__all__ = ["ALWAYS", "Calendar", "CalendarRangeError", "CalendarSpec", "Target", "parse_hours", "parse_target"]

_END = year_bounds(LAST_YEAR)[1]
_TARGET = re.compile(r"([0-9]{1,9})d|(?=.)(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?")


class CalendarRangeError(ValueError):
    """An instant, given or sought, lies outside the years a calendar knows (1970 to 2200)."""


@dataclass(frozen=True, slots=True)
class Target:
    """How long something may take: an amount of working time, or a number of working days, never both.

    Attributes:
        microseconds: Working time.
        days: Working days; without working hours a day is 24 hours of real time.

    Raises:
        ValueError: An amount is negative, or both are given.
    """

    microseconds: int = 0
    days: int = 0

    def __post_init__(self) -> None:
        if self.microseconds < 0 or self.days < 0 or (self.microseconds and self.days):
            raise ValueError(f"{self}: expected either working time or days, not negative")


def parse_target(text: object) -> Target:
    """The target written as `90s`, `30m`, `24h`, `2h30m` (working time) or `14d` (working days).

    Raises:
        ValueError: The text is none of these; days stand alone, for they are no fixed amount of working time.
    """
    match = _TARGET.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f'target {text!r}: expected a duration such as "90s", "30m", "2h30m" or, alone, days: "14d"')
    days, hours, minutes, seconds = (int(amount or 0) for amount in match.groups())
    return Target(microseconds=hours * HOUR + minutes * MINUTE + seconds * SECOND, days=days)


class _Timeline(Protocol):
    """Working time as a distance along a line: from instants to distances and back."""

    def passed(self, at: int) -> int:
        """Working time between a fixed origin and the instant (negative before the origin)."""

    def reach(self, distance: int) -> int:
        """The least instant at which that much working time has passed since the origin."""

    def next_opening(self, at: int) -> int:
        """The instant itself if it is open, else the next that is."""

    def days_on(self, start: int, days: int) -> int:
        """The open instant that many working days after the first open one from `start` on."""


class _EveryMinute:
    """The timeline without working hours: distance and instant are the same number."""

    def passed(self, at: int) -> int:
        return at if 0 <= at <= _END else _refuse(at)

    reach = passed
    next_opening = passed

    def days_on(self, start: int, days: int) -> int:
        return self.passed(start + days * DAY)


class _OpenWindows:
    """The timeline of a spec: windows of the years asked for so far in arrays, bisected.

    Years are added in place when an instant needs them; the origin is the beginning of the first year added, so that
    distances keep their meaning as the arrays grow. One thread at a time.
    """

    __slots__ = ("_closings", "_days", "_first", "_high", "_hours", "_last", "_low", "_openings", "_sums")

    def __init__(self, spec: CalendarSpec) -> None:
        self._hours = LocalHours.of(spec)
        if not self._hours.ever_open():
            raise ValueError("the calendar is never open: expected at least one window that no holiday closes")
        self._openings: list[int] = []
        self._closings: list[int] = []
        self._sums = [0]  # one more than windows: distance at each opening, and at the end
        self._days: list[int] = []
        self._first, self._last = 0, -1  # years held; none yet
        self._low, self._high = 0, -1  # their instants, both included

    def passed(self, at: int) -> int:
        if not self._low <= at <= self._high:
            self._cover(at)
        index = bisect_right(self._openings, at) - 1
        if index < 0:
            return self._sums[0]
        if at >= self._closings[index]:
            return self._sums[index + 1]
        return self._sums[index] + at - self._openings[index]

    def reach(self, distance: int) -> int:
        while distance > self._sums[-1]:
            self._add_year_after()
        index = bisect_left(self._sums, distance) - 1
        return self._openings[index] + distance - self._sums[index]

    def next_opening(self, at: int) -> int:
        if not self._low <= at <= self._high:
            self._cover(at)
        index = bisect_right(self._closings, at)  # the first window that closes after `at`
        while index == len(self._openings):
            self._add_year_after()
        return max(at, self._openings[index])

    def days_on(self, start: int, days: int) -> int:
        opening = self.next_opening(start)
        if days == 0:
            return opening
        zone = self._hours.zone
        wall = wall_of(zone, opening)
        today = day_of(wall)
        while not self._days or self._days[-1] < today:  # a local 1 January may lie in the UTC year before
            self._add_year_after()
        index = bisect_right(self._days, today) + days - 1
        while index >= len(self._days):
            self._add_year_after()
        return self.next_opening(instant_of(zone, midnight_of(self._days[index]) + wall % DAY))

    def _cover(self, at: int) -> None:
        if not 0 <= at <= _END:
            _refuse(at)
        year = min(from_us(at).year, LAST_YEAR)
        if self._last < self._first:
            self._first, self._last = year, year - 1
            self._low = self._high = year_bounds(year)[0]
        while year < self._first:
            self._add_year_before()
        while year > self._last:
            self._add_year_after()

    def _add_year_after(self) -> None:
        if self._last == LAST_YEAR:
            raise CalendarRangeError(f"the calendar has not that much working time left before {LAST_YEAR + 1}")
        windows, days = self._hours.in_year(self._last + 1)
        for opening, closing in windows:
            self._openings.append(opening)
            self._closings.append(closing)
            self._sums.append(self._sums[-1] + closing - opening)
        self._days += days
        self._last += 1
        self._high = year_bounds(self._last)[1]

    def _add_year_before(self) -> None:
        windows, days = self._hours.in_year(self._first - 1)
        sums = self._sums[:1]
        for opening, closing in reversed(windows):
            sums.append(sums[-1] - (closing - opening))
        self._sums[:1] = reversed(sums)
        self._openings[:0] = [opening for opening, _ in windows]
        self._closings[:0] = [closing for _, closing in windows]
        self._days[:0] = days
        self._first -= 1
        self._low = year_bounds(self._first)[0]


class Calendar:
    """Working hours compiled for questions: build it once per spec and ask it often.

    Pauses are half-open intervals [from, to) of instants in which nothing counts. They may overlap and come in any
    order; one that ends before it begins is empty; only their part inside open windows matters.

    Every method raises CalendarRangeError (a ValueError) where a given instant, or the answer, is outside the years
    1970 to 2200. A pause without an end has no place here: while paused, nothing is due.
    """

    __slots__ = ("_line",)

    def __init__(self, spec: CalendarSpec | None) -> None:
        """Compile a spec; None means every minute counts (use `ALWAYS`).

        Raises:
            ValueError: The zone is unknown, or no window is ever open.
        """
        self._line: _Timeline = _EveryMinute() if spec is None else _OpenWindows(spec)

    def working(self, start: int, end: int, pauses: Sequence[Window] = ()) -> int:
        """Working time in [start, end) without the pauses, in microseconds; 0 where the end is not after the start."""
        if end <= start:
            return 0
        passed = self._line.passed
        total = passed(end) - passed(start)
        free_from = start  # everything before is outside, or counted by an earlier pause
        for pause_start, pause_end in sorted(pauses):
            low, high = max(pause_start, free_from), min(pause_end, end)
            if low < high:
                total -= passed(high) - passed(low)
                free_from = high
        return total

    def target_work(self, start: int, target: Target) -> int:
        """The working time in microseconds that a target grants a clock started at `start`.

        A target in days is counted from the first open instant: that many working days (local dates with an open
        window) on, at the same local time, or at the next opening if that is closed. The working time up to there,
        without pauses, is what the target grants. Of a local time that exists twice it is the first.
        """
        if not target.days:
            return target.microseconds
        return self.working(start, self._line.days_on(start, target.days))

    def due(self, start: int, target: Target, pauses: Sequence[Window] = ()) -> int:
        """The least instant, not before `start`, at which the target's working time has passed.

        It is never in the middle of closed time: what ends with the day is due at its closing, not at the next opening.
        """
        work = self.target_work(start, target) if target.days else target.microseconds
        return self._after(start, work, pauses)

    def at_share(self, start: int, target: Target, share_percent: int, pauses: Sequence[Window] = ()) -> int:
        """The least instant at which a share of the target's working time has passed, as warnings need it.

        Raises:
            ValueError: The share is not within 0 to 100.
        """
        if not 0 <= share_percent <= 100:
            raise ValueError(f"share {share_percent!r}: expected a percentage from 0 to 100")
        return self._after(start, -(-self.target_work(start, target) * share_percent // 100), pauses)

    def next_opening(self, at: int) -> int:
        """The instant itself if it lies in an open window, else the beginning of the next one."""
        return self._line.next_opening(at)

    def _after(self, start: int, work: int, pauses: Sequence[Window]) -> int:
        passed, reach = self._line.passed, self._line.reach
        distance = passed(start) + work
        if work == 0:
            return start
        reached = reach(distance)
        free_from = start
        for pause_start, pause_end in sorted(pauses) if pauses else ():
            low = max(pause_start, free_from)
            if low >= reached:
                break
            if low < pause_end:
                distance += passed(pause_end) - passed(low)
                reached = reach(distance)
                free_from = pause_end
        return reached


def _refuse(at: int) -> int:
    raise CalendarRangeError(f"instant {at}: expected microseconds since 1970 within {FIRST_YEAR} to {LAST_YEAR}")


ALWAYS = Calendar(None)
"""The calendar without hours: every minute counts, and a day is 24 hours."""
