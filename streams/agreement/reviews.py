"""When both sides look at an agreement again."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from streams.agreement.scalars import Period

_MONTHS: dict[Period, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class Review:
    """A review every so often, counted from the day the version takes effect.

    Attributes:
        every: how often.
        since: the day the version takes effect, in the zone that it is written in.
    """

    every: Period
    since: date

    @property
    def first(self) -> date:
        """The first review."""
        return self._number(1)

    def next_after(self, day: date) -> date:
        """The first review later than a day.

        A month that is too short for the day has it on its last day; the months after are not moved by that.
        """
        number = max(1, self._passed(day))
        while self._number(number) <= day:
            number += 1
        return self._number(number)

    def _number(self, number: int) -> date:
        if self.every == "week":
            return self.since + timedelta(weeks=number)
        return _months_later(self.since, number * _MONTHS[self.every])

    def _passed(self, day: date) -> int:
        """A number of reviews that have certainly passed by a day, at most one too few."""
        if self.every == "week":
            return (day - self.since).days // 7
        return ((day.year - self.since.year) * 12 + day.month - self.since.month) // _MONTHS[self.every]


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
