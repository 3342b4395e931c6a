"""How time runs in the simulated company: its office hours, and how much faster than life it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random

from events.instants import DAY, HOUR, MINUTE, SECOND, to_us
from leadstream.demo.people import STAND_IN
from streams.calendars import ALWAYS, Calendar, CalendarSpec, Target

ZONE = "Europe/Bucharest"
MONDAY = to_us(datetime.fromisoformat("2025-03-03T00:00:00+02:00"))
"""Begin of the simulated week, microseconds: midnight of a Monday in `ZONE`, with no change of clocks in the week."""

_DAY_HOURS = ((9 * 60, 12 * 60 + 30), (13 * 60 + 30, 18 * 60))
_FRIDAY = ((9 * 60, 17 * 60),)
OFFICE = Calendar(CalendarSpec(ZONE, {0: _DAY_HOURS, 1: _DAY_HOURS, 2: _DAY_HOURS, 3: _DAY_HOURS, 4: _FRIDAY}))
"""When the simulated reps work; the same hours that `agreement.yaml` promises."""

_WEEKS = 9
"""More than the longest demo takes."""
_WEEKDAY_PERCENT = (100, 110, 105, 100, 85, 25, 20)
_BUSY = (1, 1, 1, 1, 1, 1, 2, 4, 8, 12, 14, 13, 9, 10, 13, 13, 11, 9, 7, 6, 5, 4, 3, 2)
"""How many of the leads of a day come in each hour of it, as weights."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody in sales is out of office; instants in microseconds.

    Attributes:
        team: their pool.
        rep: who.
        since: from when.
        until: until when.
        replacement: who stands in; None for nobody, so that all waits for them.
    """

    team: str
    rep: str
    since: int
    until: int
    replacement: str | None = None


@dataclass(frozen=True, slots=True)
class Tempo:
    """The pace of the company.

    Attributes:
        calendar: when reps work.
        squeeze: how many times faster than life everything people do is done.
        absences: who is out of office when.
    """

    calendar: Calendar
    squeeze: int = 1
    absences: tuple[Absence, ...] = ()

    def later(self, at: int, duration: int) -> int:
        """The instant a duration of life later, at any hour. Microseconds."""
        return at + duration // self.squeeze

    def working(self, at: int, duration: int) -> int:
        """The instant a duration of working time later. Microseconds."""
        return self.calendar.due(at, Target(microseconds=duration // self.squeeze))

    def on_duty(self, rep: str, at: int) -> tuple[str, int]:
        """Who does what a rep has in mind for an instant, and when: a replacement then, or the rep when back."""
        for absence in self.absences:
            if absence.rep == rep and absence.since <= at < absence.until:
                return (rep, absence.until) if absence.replacement is None else (absence.replacement, at)
        return rep, at


def week_tempo(start: int) -> Tempo:
    """Life's own pace in office hours from midnight of a Monday on (microseconds), with absences in every week."""
    weeks = range(start, start + _WEEKS * 7 * DAY, 7 * DAY)
    absences = tuple(
        absence
        for monday in weeks
        for absence in (
            Absence("sim-team-home", "sim-rep-steady", monday + 2 * DAY, monday + 3 * DAY, STAND_IN),
            Absence("sim-team-moldova", "sim-rep-road", monday + 3 * DAY + 10 * HOUR, monday + 3 * DAY + 15 * HOUR),
        )
    )
    return Tempo(OFFICE, absences=absences)


def live_tempo(start: int) -> Tempo:
    """A second is a minute of the company, and nobody ever goes home; two are away for some of the first minutes."""
    steady = Absence("sim-team-home", "sim-rep-steady", start + 5 * MINUTE, start + 12 * MINUTE, STAND_IN)
    road = Absence("sim-team-moldova", "sim-rep-road", start + 9 * MINUTE, start + 11 * MINUTE)
    return Tempo(ALWAYS, squeeze=MINUTE // SECOND, absences=(steady, road))


def week_births(rng: Random, start: int, days: int, per_day: int) -> Iterator[int]:
    """Instants at which leads show interest, in order: busy office days, quiet nights, hardly a weekend.

    Args:
        rng: where chance comes from.
        start: midnight of a Monday, microseconds.
        days: how many days.
        per_day: leads on an ordinary Monday.
    """
    for day in range(days):
        count = per_day * _WEEKDAY_PERCENT[day % 7] // 100
        hours = rng.choices(range(24), _BUSY, k=count)
        yield from sorted(start + day * DAY + hour * HOUR + rng.randrange(HOUR // SECOND) * SECOND for hour in hours)


def steady_births(rng: Random, start: int, interval: int) -> Iterator[int]:
    """Instants without an end, on average `interval` microseconds apart."""
    at = start
    while True:
        at += interval * rng.randrange(20, 181) // 100
        yield at
