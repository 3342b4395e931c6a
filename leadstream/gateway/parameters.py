"""The query of a request: every name known, every value read, or a problem that names it."""

import math
from collections.abc import Collection
from datetime import UTC, datetime
from http import HTTPStatus
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.datastructures import QueryParams

from events.instants import EPOCH, to_us
from events.limits import LATEST
from leadstream.gateway.problems import Problem


def bad(name: str, detail: str) -> Problem:
    """What is wrong with a parameter."""
    return Problem(HTTPStatus.BAD_REQUEST, f"{name}: {detail}", field=name)


def known(query: QueryParams, names: Collection[str]) -> None:
    """Refuse a name that is none of ours, so that a misspelt one does not pass for one that was left out.

    Raises:
        Problem: 400.
    """
    for name in query:
        if name not in names:
            raise bad(name[:80], f"there is no such parameter; there are {', '.join(names)}")


def whole(query: QueryParams, name: str, default: int, least: int, most: int) -> int:
    """A whole number.

    Raises:
        Problem: 400, it is none, or lies outside.
    """
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 18 and least <= int(text) <= most):
        raise bad(name, f"a whole number from {least} to {most} was expected")
    return int(text)


def seconds(query: QueryParams, name: str, default: float, most: float) -> float:
    """A time span in seconds.

    Raises:
        Problem: 400, it is no number, or lies outside.
    """
    text = query.get(name)
    if text is None:
        return default
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 <= found <= most:
        raise bad(name, f"seconds from 0 to {most:g} were expected")
    return found


def instant(query: QueryParams, name: str) -> int | None:
    """An instant in microseconds; without a zone it is UTC, and a plus that became a blank is a plus.

    Raises:
        Problem: 400, it is none.
    """
    text = query.get(name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise bad(name, "an instant such as 2026-03-02T09:00:00Z was expected") from exc
    if not EPOCH <= at < LATEST:
        raise bad(name, "an instant after 1970 was expected")
    return to_us(at)


def zone(query: QueryParams, name: str) -> ZoneInfo:
    """A time zone by its name; UTC by default.

    Raises:
        Problem: 400, there is none of that name.
    """
    text = query.get(name, "UTC")
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise bad(name, "a time zone such as Europe/Bucharest was expected") from exc
