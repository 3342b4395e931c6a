"""The base of every part of the grammar, and checks of the texts in it. Each ValueError says what was expected."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from events.instants import DAY, to_us
from streams.calendar_windows import load_zone
from streams.calendars import parse_target

_LONGEST = 100 * 366 * DAY
_PERCENT = re.compile(r"([0-9]{1,3})%")


class Part(BaseModel):
    """A part of an agreement: nothing unknown in it, nothing converted, nothing changed later."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, populate_by_name=True, hide_input_in_errors=True, allow_inf_nan=False
    )


def duration_us(text: str) -> int:
    """A duration such as `90s`, `30m`, `7d` in microseconds; a day is 24 hours.

    Raises:
        ValueError: it is none, nothing, or longer than a century.
    """
    target = parse_target(text)
    duration = target.microseconds + target.days * DAY
    if not 0 < duration <= _LONGEST:
        raise ValueError(f"expected a duration of more than nothing and at most a century, found {text!r}")
    return duration


def checked_duration(text: str) -> str:
    """The text, if it is a duration; as target of a clause, days are working days."""
    duration_us(text)
    return text


def percent(text: str) -> int:
    """The number in `50%`."""
    return int(text[:-1])


def percentage(least: int, most: int) -> Callable[[str], str]:
    """A check for percentages within bounds."""

    def checked(text: str) -> str:
        match = _PERCENT.fullmatch(text)
        if match is None or not least <= int(match[1]) <= most:
            raise ValueError(f"expected a percentage from {least}% to {most}%, found {text!r}")
        return f"{int(match[1])}%"

    return checked


def instant_us(text: str) -> int:
    """An instant with its offset from UTC, in microseconds since the epoch."""
    return to_us(datetime.fromisoformat(text))


def checked_instant(text: str) -> str:
    """The instant in one spelling.

    Raises:
        ValueError: not an instant, one without an offset, or one outside the years 1971 to 2199.
    """
    expected = f"expected an instant with its offset such as 2026-01-01T00:00:00+02:00, found {text!r}"
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(expected) from error
    if found.tzinfo is None or not 1970 < found.year < 2200:
        raise ValueError(expected)
    return found.isoformat()


def checked_date(text: str) -> str:
    """The date in one spelling."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError(f"expected a date such as 2026-12-25, found {text!r}") from error


def checked_zone(name: str) -> str:
    """The name, if it is a known IANA zone."""
    load_zone(name)
    return name


def listed(value: Any) -> Any:
    """One text is a list of one."""
    return (value,) if isinstance(value, str) else tuple_of(value)


def tuple_of(value: Any) -> Any:
    """Documents have lists, models have tuples, which nobody can change."""
    return tuple(value) if isinstance(value, list) else value
