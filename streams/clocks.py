"""What an SLA clock says of itself, computed anew from the whole history: due, answer, end, verdict.

The finding depends only on when things happened, never on the order in which they became known; that is why a late
fact can be judged by the same function.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from streams.agreement.compiled import Clause, Need
from streams.calendars import CalendarRangeError

Interval = tuple[int, int]
FOREVER = 2**62


class History(NamedTuple):
    """What happened to the lead, as far as a clock cares. Instants in microseconds.

    Attributes:
        answers: instants of the acts that stop the clause, any order.
        closed: instants at which the lead was closed, with the reason, in order.
        statuses: (instant, status) entered, in order.
        left: touches that are still missing, of a clause that counts them.
    """

    answers: Iterable[int]
    closed: Sequence[tuple[int, str]]
    statuses: Sequence[tuple[int, str]]
    left: tuple[Need, ...] = ()


class Finding(NamedTuple):
    """What holds for a clock by the history known.

    Attributes:
        due: when the answer is due; None while paused without an end.
        warn_at: when the warning is due; None where there is none.
        outcome: met or cancelled when that came in time; late when an answer or an end came after the due; open
            when nothing came yet.
        answered_at: the answer that counts, at the start at the earliest.
        ended_at: when the clock was answered or closed.
        reason: what closed it.
        left: touches that are still missing, of a clause that counts them; none once it has been met.
    """

    due: int | None
    warn_at: int | None
    outcome: Literal["met", "cancelled", "late", "open"]
    answered_at: int | None
    ended_at: int | None
    reason: str
    left: tuple[Need, ...] = ()


def pauses(statuses: Sequence[tuple[int, str]], paused_in: frozenset[str]) -> list[Interval]:
    """Intervals in which the status was one of `paused_in`; the last one ends at FOREVER when it still lasts."""
    found: list[Interval] = []
    for index, (at, status) in enumerate(statuses):
        if status in paused_in:
            end = statuses[index + 1][0] if index + 1 < len(statuses) else FOREVER
            if end > at:
                found.append((at, end))
    return found


def judge(clause: Clause, start: int, history: History) -> Finding:
    """The finding for a clock that started at `start`.

    An act at the due instant is in time. Where an answer and a closing fall on one instant, the answer counts; a
    pause that begins at that instant does not matter any more.
    """
    first = min(history.answers, default=None)
    answered_at = None if first is None else max(first, start)
    closing = next(((max(at, start), reason) for at, reason in history.closed), None)
    ended_at, reason, how = _end(answered_at, closing)
    due, warn_at = _due(clause, start, history.statuses, ended_at)
    if ended_at is None:
        return Finding(due, warn_at, "open", None, None, "", history.left)
    outcome = how if due is None or ended_at <= due else "late"
    return Finding(due, warn_at, outcome, answered_at if how == "met" else None, ended_at, reason, history.left)


def _end(
    answered_at: int | None, closing: tuple[int, str] | None
) -> tuple[int | None, str, Literal["met", "cancelled"]]:
    if answered_at is not None and (closing is None or answered_at <= closing[0]):
        return answered_at, "", "met"
    if closing is not None:
        return closing[0], closing[1], "cancelled"
    return None, "", "met"


def worked(clause: Clause, start: int, statuses: Sequence[tuple[int, str]], until: int) -> int | None:
    """Working time from the start to an answer without the pauses, microseconds; None where no calendar reaches."""
    known = [(begin, min(end, until)) for begin, end in pauses(statuses, clause.paused_in) if begin < until]
    try:
        return clause.calendar.working(start, until, known)
    except CalendarRangeError:
        return None


def _due(
    clause: Clause, start: int, statuses: Sequence[tuple[int, str]], ended_at: int | None
) -> tuple[int | None, int | None]:
    """Due and warning; (None, None) while a pause has no end, and for a promise that no calendar reaches."""
    try:
        return _reckoned(clause, start, statuses, ended_at)
    except CalendarRangeError:
        return None, None


def _reckoned(
    clause: Clause, start: int, statuses: Sequence[tuple[int, str]], ended_at: int | None
) -> tuple[int | None, int | None]:
    """Due and warning, with the pauses up to the end of the clock."""
    if not clause.paused_in:
        return _promised(clause, start)
    calendar, target, percent = clause.calendar, clause.target, clause.warn_percent
    until = FOREVER if ended_at is None else ended_at
    known = [(begin, min(end, until)) for begin, end in pauses(statuses, clause.paused_in) if begin < until]
    lasting = [begin for begin, end in known if end == FOREVER]
    finished = [interval for interval in known if interval[1] != FOREVER]
    due = calendar.due(start, target, finished)
    if lasting and lasting[0] < due:
        return None, None
    return due, None if percent is None else calendar.at_share(start, target, percent, finished)


@lru_cache(maxsize=8192)
def _promised(clause: Clause, start: int) -> tuple[int, int | None]:
    """Due and warning of a clause that nothing pauses: a clock is judged again and again, and they stay."""
    calendar, target, percent = clause.calendar, clause.target, clause.warn_percent
    return calendar.due(start, target), None if percent is None else calendar.at_share(start, target, percent)


def counted(needs: Sequence[Need], touches: Iterable[tuple[int, str]]) -> tuple[int | None, tuple[Need, ...]]:
    """When the last of the needed touches happened, None while some are missing, and which are.

    Args:
        needs: what is needed.
        touches: (instant, channel) of those that count, in order of time.
    """
    missing = {need.channel: need.count for need in needs}
    reached = None
    for at, channel in touches:
        if missing.get(channel):
            missing[channel] -= 1
            reached = at
    left = tuple(Need(channel, count) for channel, count in missing.items() if count)
    return None if left else reached, left


def escalates_at(clause: Clause, due: int, level: int) -> int | None:
    """When a level of escalation (1 for the first) follows on a breach of `due`, in microseconds; None when never.

    It is counted in the clause's calendar, whatever paused the clock before. A level never comes before the ones in
    front of it: a working day may well be over sooner than some hours of work.
    """
    if level > len(clause.escalations):
        return None
    try:
        return max(clause.calendar.due(due, each.after) for each in clause.escalations[:level])
    except CalendarRangeError:
        return None
