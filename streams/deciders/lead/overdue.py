"""What clocks say when time passes: warnings, breaches, and one level of escalation after the other."""

from collections.abc import Iterator, Sequence

from streams.clocks import escalates_at
from streams.deciders.lead.clock_facts import answered, breached, escalated, warned
from streams.deciders.lead.entries import Clock
from streams.deciders.lead.given import Given, Live, Told
from streams.deciders.lead.ruled import Ruled, ends_of, finding_of, ruled_by
from streams.deciders.lead.state import Lead


def next_due(lead: Lead, given: Given) -> int | None:
    """The earliest instant at which a clock has something to say."""
    found = None
    for clock in lead.clocks:
        at = clock.escalates_at
        if clock.verdict == "open" and clock.due is not None:
            at = clock.due if clock.warned or clock.warn_at is None else min(clock.warn_at, clock.due)
        elif at is None or _is_closed(lead, clock, at, given):
            continue
        if found is None or at < found:
            found = at
    return found


def _is_closed(lead: Lead, clock: Clock, at: int, given: Given) -> bool:
    """Whether the lead was closed, or given back, before a level of escalation is reached: nobody need hear of it."""
    closed = ends_of(lead, ruled_by(clock, given))
    return bool(closed) and closed[0][0] <= at


def on_deadline(live: Live, due: int, given: Given) -> Sequence[Told]:
    """Warn, breach and escalate what is due at `due`."""
    told: list[Told] = []
    for clock in live.lead.clocks:
        if clock.verdict == "open" and clock.due is not None:
            if clock.due <= due or (clock.warn_at is not None and clock.warn_at <= due and not clock.warned):
                told += _overdue(live.lead, ruled_by(clock, given), clock.due, due, given)
            continue
        at = clock.escalates_at
        if at is not None and at <= due and not _is_closed(live.lead, clock, at, given):
            told += _escalated(ruled_by(clock, given), at, due, given)
    return told


def _overdue(lead: Lead, ruled: Ruled, clock_due: int, due: int, given: Given) -> Iterator[Told]:
    clock, clause, _ = ruled
    if clock.warn_at is not None and not clock.warned and clock.warn_at <= due and clock.warn_at < clock_due:
        yield warned(given, clock, clause, clock.warn_at)
    if clock_due <= due:
        finding = finding_of(lead, ruled)
        yield breached(given, clock, clause, clock_due, finding)
        if finding.answered_at is not None:
            yield answered(given, lead, ruled, finding)


def _escalated(ruled: Ruled, first: int, due: int, given: Given) -> Iterator[Told]:
    """Every level that is reached by `due`: two may fall on one instant."""
    clock, clause, _ = ruled
    level, at = clock.escalated + 1, first
    while at <= due:
        yield escalated(given, clock, clause, level, at)
        level += 1
        follows = None if clock.due is None else escalates_at(clause, clock.due, level)
        if follows is None:
            return
        at = follows
