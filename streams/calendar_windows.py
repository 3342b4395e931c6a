"""What a working calendar says, and the real instants at which its local windows open and close."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from events.instants import DAY, EPOCH, MINUTE, SECOND, to_us

Window = tuple[int, int]
"""A half-open interval [open, close): minutes of a local day, or instants in microseconds."""

FIRST_YEAR = 1970
LAST_YEAR = 2200
MIDNIGHT = 1440
"""The minute of the day that `24:00` and `23:59` both mean as a closing time."""

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_EPOCH_DAY = EPOCH.toordinal()
_BESIDE = 2
"""Days looked at on both sides of a year: no zone is further than that from UTC, a skipped day included."""


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """The working hours of a team, as both sides signed them.

    Attributes:
        timezone: IANA name of the zone the hours are local to.
        hours: Weekday (0 = Monday) to its half-open local windows in minutes of the day [open, close), close at most
            1440, in order and without overlaps. A weekday that is absent is closed.
        holidays: Local dates that are closed from midnight to midnight.

    Raises:
        ValueError: A weekday, window or holiday is not of this shape.
    """

    timezone: str
    hours: Mapping[int, tuple[Window, ...]]
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        for weekday, windows in self.hours.items():
            if weekday not in range(7):
                raise ValueError(f"weekday {weekday!r}: expected 0 (Monday) to 6 (Sunday)")
            _check_windows(windows)
        for holiday in self.holidays:
            if isinstance(holiday, datetime):  # is a date to Python, yet equals none: it would never be a holiday
                raise ValueError(f"holiday {holiday}: expected a date without a time")  # noqa: TRY004 - a value's fault


def parse_hours(text_pairs: object) -> tuple[Window, ...]:
    """The windows of one day from pairs of local times, in order.

    Args:
        text_pairs: A sequence of pairs of opening and closing time as `HH:MM`, as it was read from a file; `24:00` and
            `23:59` as closing time mean midnight.

    Returns:
        Half-open windows in minutes of the day, sorted by opening time.

    Raises:
        ValueError: A pair is not two times, a time is no `HH:MM`, a window is empty, or two overlap.
    """
    if not isinstance(text_pairs, list | tuple):
        raise ValueError(f'hours {text_pairs!r}: expected a list of pairs such as [["09:00", "17:00"]]')  # noqa: TRY004 - a fault of the file, reported like its others
    windows = tuple(sorted(_parse_pair(pair) for pair in text_pairs))
    _check_windows(windows)
    return windows


def _parse_pair(pair: object) -> Window:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise ValueError(f'hours {pair!r}: expected a pair such as ["09:00", "17:00"]')
    opening, closing = (_parse_clock(text) for text in pair)
    return opening, MIDNIGHT if closing == MIDNIGHT - 1 else closing


def _parse_clock(text: object) -> int:
    # YAML reads an unquoted 09:00 as a number, so the message says that the quotes matter.
    match = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f'time {text!r}: expected "HH:MM" in quotes, from "00:00" to "24:00"')
    return MIDNIGHT if match[1] is None else 60 * int(match[1]) + int(match[2])


def _check_windows(windows: tuple[Window, ...]) -> None:
    free_from = 0
    for opening, closing in windows:
        if not 0 <= opening < closing <= MIDNIGHT:
            raise ValueError(
                f"hours {_show(opening, closing)}: expected the opening before the closing, within one day"
            )
        if opening < free_from:
            raise ValueError(f"hours {_show(opening, closing)}: overlap with, or stand before, the window before them")
        free_from = closing


def _show(*minutes: int) -> str:
    return "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in minutes)


@cache
def load_zone(name: str) -> ZoneInfo:
    """The zone of that IANA name, from the pinned tzdata package.

    `ZoneInfo(name)` would prefer the machine's own files, and two machines with different ones would give different
    verdicts for the same facts.

    Raises:
        ValueError: tzdata knows no such zone.
    """
    root = files("tzdata")
    if name not in root.joinpath("zones").read_text(encoding="utf-8").split():
        raise ValueError(f"time zone {name!r}: expected an IANA name such as Europe/Bucharest")
    with root.joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def wall_of(zone: ZoneInfo, at: int) -> int:
    """What clocks in the zone show at an instant, in microseconds since their own 1 January 1970, midnight."""
    return at + _offset(zone, datetime.fromtimestamp(at // SECOND, zone))


def instant_of(zone: ZoneInfo, wall: int, *, later: bool = False) -> int:
    """The instant at which clocks in the zone show a local time.

    Args:
        zone: The zone of the clocks.
        wall: The local time in microseconds since the clocks' own 1 January 1970, midnight.
        later: Of a local time that exists twice, take the second instead of the first.

    Returns:
        The instant in microseconds; of a local time that clocks jump over, the instant of the jump.
    """
    shown = datetime.fromtimestamp(wall // SECOND, UTC)  # only its fields matter: a zone reads them as local
    early = wall - _offset(zone, shown)
    late = wall - _offset(zone, shown.replace(fold=1))
    if early <= late:
        return late if later else early
    return _jump_over(zone, wall, late, early)  # in a gap the offset before the jump (fold 0) lands after it


def _offset(zone: ZoneInfo, shown: datetime) -> int:
    offset = zone.utcoffset(shown)
    assert offset is not None, "a zone with a name always has an offset"
    return offset.days * DAY + offset.seconds * SECOND


def _jump_over(zone: ZoneInfo, wall: int, before: int, after: int) -> int:
    """The first instant in (before, after] at which clocks show more than `wall`."""
    while after - before > 1:
        middle = (before + after) // 2
        if wall_of(zone, middle) > wall:
            after = middle
        else:
            before = middle
    return after


def day_of(wall: int) -> int:
    """The ordinal of the date of a wall time."""
    return wall // DAY + _EPOCH_DAY


def midnight_of(day: int) -> int:
    """The wall time at which the date of that ordinal begins."""
    return (day - _EPOCH_DAY) * DAY


@dataclass(frozen=True, slots=True)
class LocalHours:
    """A spec bound to its zone: resolves local days into instants."""

    zone: ZoneInfo
    week: tuple[tuple[Window, ...], ...]
    holidays: frozenset[date]

    @classmethod
    def of(cls, spec: CalendarSpec) -> "LocalHours":
        """Bind a spec; raises ValueError for an unknown zone."""
        week = tuple(tuple(spec.hours.get(weekday, ())) for weekday in range(7))
        return cls(load_zone(spec.timezone), week, frozenset(spec.holidays))

    def on(self, day: int) -> list[Window]:
        """The windows of the date of that ordinal as instants, without those that a jump of the clocks swallows."""
        local = date.fromordinal(day)
        if local in self.holidays:
            return []
        midnight = midnight_of(day)
        resolved = (
            (
                instant_of(self.zone, midnight + opening * MINUTE),
                instant_of(self.zone, midnight + closing * MINUTE, later=True),
            )
            for opening, closing in self.week[local.weekday()]
        )
        return [window for window in resolved if window[0] < window[1]]

    def ever_open(self) -> bool:
        """Whether any date of the supported years has an open window."""
        days = range(_EPOCH_DAY, date(LAST_YEAR + 1, 1, 1).toordinal())
        return any(self.week) and any(self.on(day) for day in days)

    def in_year(self, year: int) -> tuple[list[Window], list[int]]:
        """The open windows between the UTC bounds of a year, and its working days.

        Returns:
            Disjoint windows in order, cut at the bounds of the UTC year; and the ordinals of those local dates of the
            year that have a window.
        """
        first, after = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
        by_day = {day: self.on(day) for day in range(first - _BESIDE, after + _BESIDE)}
        low, high = year_bounds(year)
        windows = sorted(window for windows in by_day.values() for window in windows)
        cut = ((max(opening, low), min(closing, high)) for opening, closing in _joined(windows))
        return [window for window in cut if window[0] < window[1]], [day for day in range(first, after) if by_day[day]]


def year_bounds(year: int) -> Window:
    """The instants at which a UTC year begins and ends."""
    return to_us(EPOCH.replace(year=year)), to_us(EPOCH.replace(year=year + 1))


def _joined(windows: Sequence[Window]) -> Iterator[Window]:
    """Sorted windows with those that touch or overlap made one, so that no instant counts twice.

    Windows of one calendar overlap where clocks go back: the first closes at the second 02:30, the next has opened at
    the first 02:30.
    """
    if not windows:
        return
    opening, closing = windows[0]
    for next_opening, next_closing in windows[1:]:
        if next_opening > closing:
            yield opening, closing
            opening, closing = next_opening, next_closing
        else:
            closing = max(closing, next_closing)
    yield opening, closing
