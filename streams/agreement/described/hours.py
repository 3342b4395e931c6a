"""Working hours in words and as the rows of a table."""

from collections.abc import Sequence
from typing import NamedTuple

from streams.agreement.grammar import AgreementSpec, CalendarPart

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOSED = "closed"


class Hours(NamedTuple):
    """A calendar as people read it.

    Attributes:
        name: its name.
        timezone: the IANA zone.
        days: windows for Monday to Sunday, each as `09:00-12:30, 13:30-18:00` or `closed`.
        holidays: dates that are closed all day.
    """

    name: str
    timezone: str
    days: tuple[str, ...]
    holidays: tuple[str, ...]

    def words(self) -> str:
        """On one line; neighbouring days with equal windows stand together."""
        holidays = f"; closed on {', '.join(self.holidays)}" if self.holidays else ""
        return f"{'; '.join(_runs(self.days))} ({self.timezone}){holidays}"


def hours_of(spec: AgreementSpec) -> tuple[Hours, ...]:
    """All calendars of an agreement."""
    return tuple(_hours(name, part) for name, part in spec.calendars.items())


def _hours(name: str, part: CalendarPart) -> Hours:
    days = tuple(
        ", ".join(f"{opens}-{closes}" for opens, closes in getattr(part.hours, day)) or _CLOSED for day in DAYS
    )
    return Hours(name, part.timezone, days, part.holidays)


def _runs(days: Sequence[str]) -> list[str]:
    found: list[str] = []
    first = 0
    for place in range(1, len(days) + 1):
        if place < len(days) and days[place] == days[first]:
            continue
        if days[first] != _CLOSED:
            names = (DAYS[first].capitalize(), DAYS[place - 1].capitalize())
            found.append(f"{names[0] if names[0] == names[1] else f'{names[0]} to {names[1]}'} {days[first]}")
        first = place
    return found
