"""A second opinion on the benchmark's agreement, written from its text alone: slow, plain, and without our rules.

Times are microseconds; a touch is (occurred at, id, channel, kind, asset, direction).
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from events.instants import DAY, HOUR, from_us, to_us

ZONE = ZoneInfo("Europe/Bucharest")
_LONG_DAY = (("09:00", "12:30"), ("13:30", "18:00"))
_WINDOWS = {0: _LONG_DAY, 1: _LONG_DAY, 2: _LONG_DAY, 3: _LONG_DAY, 4: (("09:00", "17:00"),)}
_HOLIDAYS = {date(2025, 9, 8), date(2025, 10, 1)}
_PERIOD = 30 * DAY
TARGETS = {"first_response": 4 * HOUR, "status_update": 16 * HOUR, "hand_over": HOUR}
_ANSWERING = {"call", "email", "meeting"}


class Touch(NamedTuple):
    """One touch."""

    at: int
    id: str
    channel: str
    kind: str
    asset: str | None
    direction: str


def fit(profile: dict[str, Any]) -> int:
    """Points for who they are."""
    employees = profile.get("company.employees", 0)
    points = 25 * (employees >= 200) + 10 * (employees >= 50)
    points += 20 * bool(re.search("chief|director|head", profile.get("person.title", ""), re.IGNORECASE))
    return int(points + 5 * (profile.get("company.country") in {"RO", "MD"}))


def rule_of(touch: Touch) -> tuple[str, str, int] | None:
    """Rule, group and points of an inbound touch; None when it brings none."""
    if touch.direction != "inbound":
        return None
    if touch.channel == "website":
        return ("prices", "intent", 30) if touch.asset == "pricing" else None
    return {
        ("lead_magnet", "downloaded"): ("magnet", "content", 10),
        ("email", "opened"): ("opened", "content", 3),
        ("email", "clicked"): ("clicked", "content", 6),
        ("webinar", "attended"): ("webinar", "intent", 25),
        ("landing_page", "submitted"): ("form", "intent", 40),
    }.get((touch.channel, touch.kind))


def engagement(touches: Sequence[Touch], now: int) -> int:
    """Whole points for what they did, as shown at an instant."""
    counted: dict[str, list[int]] = {"magnet": [], "prices": []}
    groups = {"content": 0, "intent": 0}
    for touch in sorted(touches):
        found = rule_of(touch)
        if found is None:
            continue
        rule, group, points = found
        if rule == "prices" and counted[rule]:
            continue
        if rule == "magnet" and sum(touch.at - at < 7 * DAY for at in counted[rule]) >= 3:
            continue
        if rule in counted:
            counted[rule].append(touch.at)
        age = max(0, now - touch.at)
        if age < 2 * _PERIOD:  # half is lost in a period; thousandths, half a thousandth up
            groups[group] += (points * 1000 * (2 * _PERIOD - age) * 2 + 2 * _PERIOD) // (4 * _PERIOD)
    milli = min(groups["content"], 30_000) + min(groups["intent"], 60_000)
    return min((milli + 500) // 1000, 100)


def grade(fit_points: int, engagement_points: int) -> str:
    """Letter of the fit and place of the engagement."""
    places = [0 if points >= 55 else 1 if points >= 30 else 2 for points in (fit_points, engagement_points)]
    return f"{'ABC'[places[0]]}{places[1] + 1}"


def is_qualified(profile: dict[str, Any], points: int) -> bool:
    """Whether the definition of the qualified lead holds."""
    named = all(profile.get(name) for name in ("person.name", "person.email", "company.name"))
    return named and profile.get("company.employees", 0) >= 50 and points >= 50


def due(start: int, target: int) -> int:
    """When a target of working time, counted from `start`, is used up: day by day, window by window."""
    left, day = target, from_us(start).astimezone(ZONE).date()
    while True:
        for opens, end in _open_windows(day):
            if end <= start:
                continue
            begin = max(opens, start)
            if end - begin >= left:
                return begin + left
            left -= end - begin
        day += timedelta(days=1)


def _open_windows(day: date) -> list[tuple[int, int]]:
    windows = () if day in _HOLIDAYS else _WINDOWS.get(day.weekday(), ())
    return [(_instant(day, opens), _instant(day, closes)) for opens, closes in windows]


def _instant(day: date, clock: str) -> int:
    return to_us(datetime.combine(day, time.fromisoformat(clock), ZONE).astimezone(UTC))


def promised(clause: str, start: int) -> int:
    """When a clause that started at `start` has to be answered, by the agreement's own targets."""
    return due(start, TARGETS[clause])


def verdict(
    clause: str,
    start: int,
    last: int,
    touches: Sequence[Touch],
    statuses: Sequence[tuple[int, str]],
    now: int,
    handed_over: int | None,
) -> str:
    """The verdict of a clause that started at `start` and is due at `last`, after all that has happened up to `now`."""
    if clause == "first_response":
        answers = [touch.at for touch in touches if touch.direction == "outbound" and touch.channel in _ANSWERING]
    elif clause == "status_update":
        answers = [at for at, _ in statuses if at >= start]
    else:
        answers = [] if handed_over is None else [handed_over]
    answered = max(min(answers), start) if answers else None
    before = [status for at, status in statuses if at < start or (at == start and status != "Unqualified")]
    ends = [start] if before and before[-1] == "Unqualified" else []
    ends += [at for at, status in statuses if at >= start and status == "Unqualified"]
    closed = min(ends, default=None)
    if answered is not None and (closed is None or answered <= closed):
        in_time, how = answered <= last, "met"
    elif closed is not None:
        in_time, how = closed <= last, "cancelled"
    else:
        return "breached" if last < now else "open"
    return how if in_time else "breached"
