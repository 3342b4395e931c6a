"""Calendars, local times and random cases that the calendar tests share."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import assume
from hypothesis import strategies as st

from events.instants import DAY, HOUR, from_us, to_us
from streams.calendars import Calendar, CalendarSpec, parse_hours
from tests.streams.calendar_twin import MINUTE, zone_of

BUCHAREST = "Europe/Bucharest"
Window = tuple[int, int]


def week(*pairs: tuple[str, str], days: Sequence[int] = range(5)) -> dict[int, tuple[Window, ...]]:
    return dict.fromkeys(days, parse_hours(pairs))


def calendar(
    *pairs: tuple[str, str], zone: str = BUCHAREST, days: Sequence[int] = range(5), holidays: Sequence[date] = ()
) -> Calendar:
    return Calendar(CalendarSpec(zone, week(*pairs, days=days), frozenset(holidays)))


NINE_TO_FIVE = ("09:00", "17:00")
ROUND_THE_CLOCK = ("00:00", "24:00")


def local(text: str, zone: str = BUCHAREST) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=zone_of(zone)))


def utc(text: str) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=UTC))


def shown(at: int, zone: str = BUCHAREST) -> str:
    return from_us(at).astimezone(zone_of(zone)).strftime("%a %d %b %Y %H:%M")


CHANGES = [
    (BUCHAREST, "2026-03-29T01:00"),
    (BUCHAREST, "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("America/Sao_Paulo", "2018-02-18T02:00"),
    ("America/Sao_Paulo", "2018-11-04T03:00"),
    ("America/Havana", "2025-11-02T05:00"),
    ("Africa/Casablanca", "2024-03-10T02:00"),
    ("Africa/Casablanca", "2024-04-14T02:00"),
    ("Africa/Monrovia", "1972-01-07T00:44:30"),
    ("Pacific/Apia", "2011-12-30T10:00"),
    ("Pacific/Kiritimati", "1994-12-31T10:40"),  # skipped a day at the turn of a year
    ("Asia/Kathmandu", "1985-12-31T18:30"),
    ("Asia/Kathmandu", "2025-12-31T18:15"),
]


@st.composite
def day_windows(draw: st.DrawFn) -> tuple[Window, ...]:
    marks = draw(st.lists(st.integers(0, 48), min_size=2, max_size=6, unique=True).map(sorted))
    nudge = draw(st.sampled_from([0, 0, 1, 17]))
    minutes = [min(1440, 30 * mark + (nudge if mark else 0)) for mark in marks]
    pairs = zip(minutes[::2], minutes[1::2], strict=False)
    return tuple((opening, closing) for opening, closing in pairs if opening < closing)


@st.composite
def cases(draw: st.DrawFn) -> tuple[CalendarSpec, int]:
    zone, change = draw(st.sampled_from(CHANGES))
    middle = utc(change)
    hours = draw(st.dictionaries(st.integers(0, 6), day_windows(), min_size=3, max_size=7))
    about = from_us(middle).date()
    holidays = draw(st.frozensets(st.integers(-4, 6).map(lambda days: about + timedelta(days=days)), max_size=3))
    assume(any(hours.values()))
    start = middle + draw(st.integers(-4 * 1440, 2 * 1440)) * MINUTE + draw(st.sampled_from([0, 0, 1, 29_999_999]))
    return CalendarSpec(zone, hours, holidays), start


pause_lists = st.lists(st.tuples(st.integers(-DAY, 4 * DAY), st.integers(-HOUR, DAY)), max_size=4)


def pauses_from(start: int, drawn: list[tuple[int, int]]) -> list[Window]:
    return [(start + after, start + after + length) for after, length in drawn]
