"""What an unmerged lead owes again: clocks that the merge had ended before their time start anew."""

from collections.abc import Sequence
from typing import cast

from events.envelope import Envelope
from events.identity import LeadUnmerged
from streams.deciders.lead.closed import ends
from streams.deciders.lead.entries import Clock
from streams.deciders.lead.given import Given, Live, Told
from streams.deciders.lead.ruled import cycle_of, ruled_by
from streams.deciders.lead.sla import start
from streams.deciders.lead.state import Lead


def on_unmerged(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """Of each clause the last clock, if a merge ended it and its due is still ahead, starts as the next cycle."""
    if cast("LeadUnmerged", envelope.data).lead != given.subject:
        return ()
    wanted: dict[tuple[str, int], set[str]] = {}
    for clock in _last_of_each(live.lead):
        ahead = clock.due is None or clock.due > at  # a clock that stood still had no due
        if clock.verdict == "cancelled" and ahead and _ended_by_merge(live.lead, clock, given):
            starts_on = ruled_by(clock, given).clause.starts_on
            wanted.setdefault((starts_on, clock.cycle + 1), set()).add(clock.clause)
    return [
        told
        for (starts_on, cycle), clauses in wanted.items()
        for told in start(live, starts_on, at, cycle, given, only=frozenset(clauses))
    ]


def _last_of_each(lead: Lead) -> Sequence[Clock]:
    found: dict[tuple[str, str], Clock] = {}
    for clock in lead.clocks:
        known = found.get((clock.agreement, clock.clause))
        if known is None or known.cycle < clock.cycle:
            found[clock.agreement, clock.clause] = clock
    return list(found.values())


def _ended_by_merge(lead: Lead, clock: Clock, given: Given) -> bool:
    _, clause, agreement = ruled_by(clock, given)
    found = ends(lead, agreement, clock.start, cycle_of(clock, clause))
    return bool(found) and found[0][1] == "merged"
