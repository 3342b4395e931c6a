"""A calendar that only resolves the edges of each day and walks minutes: slow, plain, and no kin of the real one.

Local times are resolved without `fold`: every offset seen near a local time is tried, and counts where the instant it
leads to shows that local time. Only `CalendarSpec` and `Target` come from the code under test.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from streams.calendars import CalendarSpec, Target

MINUTE = 60_000_000
Interval = tuple[int, int]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PATIENCE = 400  # days walked before the twin gives up


@cache
def zone_of(name: str) -> ZoneInfo:
    with files("tzdata").joinpath(f"zoneinfo/{name}").open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def _shown(zone: ZoneInfo, at: int) -> datetime:
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone).replace(tzinfo=None, fold=0)


def _as_if_utc(wall: datetime) -> int:
    return (wall.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


@cache
def edge(name: str, wall: datetime, *, later: bool) -> int:
    """The instant of a local time: the first or the last that shows it, else the first that shows more."""
    zone, middle = zone_of(name), _as_if_utc(wall)
    hours = [middle + 60 * MINUTE * hour for hour in range(-40, 41)]
    candidates = {middle - (_as_if_utc(_shown(zone, at)) - at) for at in hours}
    showing = [at for at in candidates if _shown(zone, at) == wall]
    if showing:
        return max(showing) if later else min(showing)
    at = next(at for at in hours if _shown(zone, at) > wall)
    for step in (MINUTE, MINUTE // 60):  # clocks jump at whole seconds
        at -= at % step
        while _shown(zone, at - step) > wall:
            at -= step
    return at


class Twin:
    def __init__(self, spec: CalendarSpec) -> None:
        self._spec = spec
        self._days: dict[date, list[Interval]] = {}

    def day(self, day: date) -> list[Interval]:
        if day not in self._days:
            self._days[day] = list(self._resolve(day))
        return self._days[day]

    def _resolve(self, day: date) -> Iterator[Interval]:
        if day in self._spec.holidays:
            return
        for opening, closing in self._spec.hours.get(day.weekday(), ()):
            midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock has no zone
            first = edge(self._spec.timezone, midnight + timedelta(minutes=opening), later=False)
            last = edge(self._spec.timezone, midnight + timedelta(minutes=closing), later=True)
            if first < last:
                yield first, last

    def steps(self, start: int, pauses: Sequence[Interval] = ()) -> Iterator[tuple[int, int, bool]]:
        """Minute after minute from `start`, cut at every edge inside it: (from, to, whether it counts)."""
        at, today, near = start, None, []
        for _ in range(_PATIENCE * 1440 * 2):
            if at // (1440 * MINUTE) != today:
                today = at // (1440 * MINUTE)
                utc_day = (_EPOCH + timedelta(microseconds=at)).date()
                near = [pair for beside in range(-2, 3) for pair in self.day(utc_day + timedelta(days=beside))]
            end = at - at % MINUTE + MINUTE
            for low, high in (*near, *pauses):
                if at < low < end:
                    end = low
                if at < high < end:
                    end = high
            is_open = any(low <= at < high for low, high in near)
            yield at, end, is_open and not any(low <= at < high for low, high in pauses)
            at = end
        raise AssertionError("the twin walked too far: ask it for less")

    def working(self, start: int, end: int, pauses: Sequence[Interval] = ()) -> int:
        total = 0
        for low, high, counts in self.steps(start, pauses):
            if low >= end:
                break
            total += min(high, end) - low if counts else 0
        return total

    def after(self, start: int, work: int, pauses: Sequence[Interval] = ()) -> int:
        if work == 0:
            return start
        for low, high, counts in self.steps(start, pauses):
            if counts and high - low >= work:
                return low + work
            work -= high - low if counts else 0
        raise AssertionError("unreachable")

    def next_opening(self, at: int) -> int:
        return next(low for low, _, counts in self.steps(at) if counts)

    def target_work(self, start: int, target: Target) -> int:
        if not target.days:
            return target.microseconds
        wall = _shown(zone_of(self._spec.timezone), self.next_opening(start))
        day, left = wall.date(), target.days
        while left:
            day += timedelta(days=1)
            left -= 1 if self.day(day) else 0
        same_time = edge(self._spec.timezone, datetime.combine(day, wall.time()), later=False)
        return self.working(start, self.next_opening(same_time))

    def due(self, start: int, target: Target, pauses: Sequence[Interval] = ()) -> int:
        return self.after(start, self.target_work(start, target), pauses)

    def at_share(self, start: int, target: Target, percent: int, pauses: Sequence[Interval] = ()) -> int:
        work, hundredths = divmod(self.target_work(start, target) * percent, 100)
        return self.after(start, work + (1 if hundredths else 0), pauses)
