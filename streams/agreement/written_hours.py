"""Working hours as they are written: `{mon: [["09:00", "12:30"], ["13:30", "18:00"]]}`."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from streams.agreement.texts import Part, tuple_of
from streams.calendars import parse_hours

Pair = Annotated[tuple[str, str], BeforeValidator(tuple_of)]


def _checked(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    parse_hours(pairs)
    return pairs


Day = Annotated[tuple[Pair, ...], BeforeValidator(tuple_of), AfterValidator(_checked)]


class Hours(Part):
    """Half-open local windows [open, close) for every weekday; one that is absent is closed."""

    mon: Day = ()
    tue: Day = ()
    wed: Day = ()
    thu: Day = ()
    fri: Day = ()
    sat: Day = ()
    sun: Day = ()

    def windows(self) -> dict[int, tuple[tuple[int, int], ...]]:
        """Weekday (0 = Monday) to windows in minutes of the day."""
        written = (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)
        return {weekday: parse_hours(pairs) for weekday, pairs in enumerate(written) if pairs}
