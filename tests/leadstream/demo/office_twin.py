"""The office hours of the demo's agreement, counted window by window; no kin of the calendars in `streams`."""

from datetime import datetime, timedelta, timezone

from events.instants import MINUTE, to_us

ZONE = timezone(timedelta(hours=2))  # Europe/Bucharest in the first weeks of March
_DAY = [("09:00", "12:30"), ("13:30", "18:00")]
_HOURS = [_DAY, _DAY, _DAY, _DAY, [("09:00", "17:00")], [], []]


def _windows(start: int, days: int) -> list[tuple[int, int]]:
    first = datetime.fromtimestamp(start / 1_000_000, ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    for offset in range(days):
        day = first + timedelta(days=offset)
        for opening, closing in _HOURS[day.weekday()]:
            edges = [day + timedelta(hours=int(text[:2]), minutes=int(text[3:])) for text in (opening, closing)]
            found.append((to_us(edges[0]), to_us(edges[1])))
    return found


def minutes_later(start: int, minutes: int) -> int:
    left = minutes * MINUTE
    for opening, closing in _windows(start, 10):
        begin = max(start, opening)
        if closing > begin:
            if left <= closing - begin:
                return begin + left
            left -= closing - begin
    raise AssertionError("no office hours for ten days")


def one_working_day_later(start: int) -> int:
    """The same local time on the next working day; if the office is not open before it, when it closed last."""
    windows = _windows(start, 12)
    begin = next(max(start, opening) for opening, closing in windows if closing > start)
    local = datetime.fromtimestamp(begin / 1_000_000, ZONE)
    day = local + timedelta(days=1)
    while not _HOURS[day.weekday()]:
        day += timedelta(days=1)
    at = begin + (day.date() - local.date()) // timedelta(days=1) * 24 * 60 * MINUTE
    if any(opening < at <= closing for opening, closing in windows):
        return at
    return max(closing for _, closing in windows if closing < at)
