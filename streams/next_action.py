"""What somebody has to do next for a lead, in words with a time: from open clocks, what they still need, and tasks."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import NamedTuple

from events.instants import DAY, HOUR, MINUTE, from_us
from streams.agreement.compiled import Clause
from streams.agreement.described.items import counted, every
from streams.deciders.lead.entries import Clock, Work
from streams.deciders.lead.given import Given
from streams.deciders.lead.reaching import is_undeliverable
from streams.deciders.lead.ruled import Ruled, finding_of, ruled_by
from streams.deciders.lead.state import Lead

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class Action(NamedTuple):
    """Something to be done.

    Attributes:
        words: what, and by when in the zone of whoever reads it, such as `call within 12 min (first response)`.
        due: by when, microseconds; None when no time is set.
        side: whose it is; None for a task.
    """

    words: str
    due: int | None
    side: str | None


def next_actions(lead: Lead, given: Given, zone: tzinfo) -> list[Action]:
    """Everything that is to be done for a lead, the most urgent first; what has no time comes last.

    A promise that is paused, kept, or ended by what closed the lead asks for nothing. One that is broken still asks.

    Args:
        lead: the lead.
        given: the agreements, and at which instant it is asked.
        zone: the viewer's.

    Raises:
        LookupError: a clock runs by a version that was never published.
    """
    found = [_of_clock(lead, ruled_by(clock, given), given.at, zone) for clock in lead.clocks if _runs(clock)]
    actions = [each for each in found if each is not None]
    actions += [_of_task(work, given.at, zone) for work in lead.tasks.values() if work.title and not work.done]
    return sorted(actions, key=lambda each: (each.due is None, each.due or 0, each.words))


def _runs(clock: Clock) -> bool:
    return clock.verdict == "open" or (clock.verdict == "breached" and not clock.answered)


def _of_clock(lead: Lead, ruled: Ruled, now: int, zone: tzinfo) -> Action | None:
    clock, clause, _ = ruled
    finding = finding_of(lead, ruled)
    if finding.ended_at is not None or clock.due is None:
        return None
    what = clause.asks or clause.name.replace("_", " ")
    if finding.left:
        what = f"{every([counted(need.count, need.channel) for need in finding.left])} left"
    named = f" ({clause.name.replace('_', ' ')})" if clause.stop == "touch" else ""
    asked = [need.channel for need in finding.left] if clause.stop == "needs" else list(lead.bounced)
    return Action(
        f"{what} {when(clock.due, now, zone)}{named}{_unreached(lead, clause, asked)}", clock.due, clause.side
    )


def _unreached(lead: Lead, clause: Clause, channels: Sequence[str]) -> str:
    """The channels through which the clause might be answered, and nothing arrives."""
    found = [each for each in channels if is_undeliverable(lead, each) and _answers(clause, each)]
    return f"; {every(found)} {'does' if len(found) == 1 else 'do'} not reach them" if found else ""


def _answers(clause: Clause, channel: str) -> bool:
    return clause.stop in ("touch", "needs") and clause.stops_touch(channel, "", "outbound", clause.side)


def _of_task(work: Work, now: int, zone: tzinfo) -> Action:
    if work.due is None:
        return Action(work.title, None, None)
    return Action(f"{work.title} {when(work.due, now, zone)}", work.due, None)


def when(due: int, now: int, zone: tzinfo) -> str:
    """By when something has to be done: `within 12 min`, `today`, `tomorrow`, `by 3 May`; or how late it is.

    Minutes and hours count up to the last whole one. What is due at midnight is due on the day before.

    Args:
        due: the due instant, microseconds.
        now: the instant of asking, microseconds.
        zone: the viewer's, in which days are counted.
    """
    if due < now:
        return _late(now - due)
    if due - now < HOUR:
        return f"within {max(1, (due - now) // MINUTE)} min"
    today, day = from_us(now).astimezone(zone).date(), from_us(due - 1).astimezone(zone).date()
    days = (day - today).days
    if days <= 1:
        return "tomorrow" if days == 1 else "today"
    year = "" if day.year == today.year else f" {day.year}"
    return f"by {day.day} {_MONTHS[day.month - 1]}{year}"


def _late(by: int) -> str:
    if by < HOUR:
        return f"now, {max(1, by // MINUTE)} min late"
    if by < DAY:
        return f"now, {by // HOUR} h late"
    return f"now, {counted(by // DAY, 'day')} late"
