"""The calendar of an agreement, from its written hours."""

from datetime import date

from streams.agreement.grammar import CalendarPart
from streams.calendars import Calendar, CalendarSpec


def calendar_of(part: CalendarPart) -> Calendar:
    """The compiled calendar.

    Raises:
        ValueError: it is never open.
    """
    holidays = frozenset(date.fromisoformat(day) for day in part.holidays)
    return Calendar(CalendarSpec(timezone=part.timezone, hours=part.hours.windows(), holidays=holidays))
