"""A clock with the clause it runs by, and the lead's history in that clause's eyes."""

from typing import NamedTuple

from streams.agreement.compiled import Agreement, Clause
from streams.clocks import Finding, History, counted, judge, worked
from streams.deciders.lead.alone import statuses_of
from streams.deciders.lead.closed import began_after, ends
from streams.deciders.lead.entries import Clock, Touch
from streams.deciders.lead.given import Given
from streams.deciders.lead.state import Lead


class Ruled(NamedTuple):
    """A clock with the clause it runs by."""

    clock: Clock
    clause: Clause
    agreement: Agreement


def ruled_by(clock: Clock, given: Given) -> Ruled:
    """The clock with the clause and agreement version it keeps to its end.

    Raises:
        LookupError: the version is not among the published ones: the topic `agreements` is not the one that the
            lead was decided with.
    """
    agreement = given.known.version(clock.agreement, clock.version)
    if agreement is None:
        raise LookupError(f"clock of {clock.agreement} version {clock.version}, which was never published")
    for clause in agreement.clauses:
        if clause.name == clock.clause:
            return Ruled(clock, clause, agreement)
    raise LookupError(f"{clock.agreement} version {clock.version} has no clause {clock.clause}")


def finding_of(lead: Lead, ruled: Ruled) -> Finding:
    """What holds for a clock by all that is known of the lead."""
    clock, clause, agreement = ruled
    return judge(clause, clock.start, history_of(lead, clock, clause, agreement))


def worked_until(lead: Lead, ruled: Ruled, at: int) -> int | None:
    """Working time that an answer took, in the clause's calendar without its pauses, microseconds."""
    clock, clause, _ = ruled
    return worked(clause, clock.start, _statuses(lead, clause), at)


def history_of(lead: Lead, clock: Clock, clause: Clause, agreement: Agreement) -> History:
    """What happened, in the clause's eyes."""
    closed = ends_of(lead, Ruled(clock, clause, agreement))
    statuses = _statuses(lead, clause)
    if clause.stop == "needs":
        reached, left = counted(clause.needs, [(touch.at, touch.channel) for touch in touches_of(lead, clock, clause)])
        return History([] if reached is None else [reached], closed, statuses, left)
    return History(_answers(lead, clock, clause), closed, statuses)


def _statuses(lead: Lead, clause: Clause) -> list[tuple[int, str]]:
    """What can pause the clause."""
    return [(entry.at, entry.status) for entry in statuses_of(lead)] if clause.paused_in else []


def ends_of(lead: Lead, ruled: Ruled) -> list[tuple[int, str]]:
    """What had to end the clock besides an answer, in order."""
    return ends(lead, ruled.agreement, ruled.clock.start, cycle_of(ruled.clock, ruled.clause))


def cycle_of(clock: Clock, clause: Clause) -> int:
    """The lead's cycle that a clock belongs to; 0 of a clock that a capture started."""
    return 0 if clause.starts_on == "captured" else clock.cycle


def _answers(lead: Lead, clock: Clock, clause: Clause) -> list[int]:
    if clause.stop == "handed_over":
        at = lead.handed_over_at if lead.cycle == clock.cycle else None
        at = lead.former_hand_overs.get(clock.cycle) if at is None else at
        return [] if at is None else [at]
    if clause.stop == "accepted":
        return _words_of_sales(lead, clock.cycle)
    if clause.stop == "status_changed":
        return [entry.at for entry in statuses_of(lead) if entry.at >= clock.start]
    return [touch.at for touch in touches_of(lead, clock, clause)]


def _words_of_sales(lead: Lead, cycle: int) -> list[int]:
    """When sales accepted or rejected the lead in a cycle."""
    accepted = lead.acceptances.get(cycle)
    rejected = [each.at for each in lead.closings if each.how == "rejected" and each.cycle == cycle]
    return rejected if accepted is None else [accepted, *rejected]


def touches_of(lead: Lead, clock: Clock, clause: Clause) -> list[Touch]:
    """The touches that answer a clause or count for its needs, in order; those of former cycles do not."""
    stops = clause.stops_touch
    found = [touch for touch in lead.touches if stops(touch.channel, touch.kind, touch.direction, touch.side)]
    after = began_after(lead, cycle_of(clock, clause)) if lead.closings else None
    return found if after is None else [touch for touch in found if touch.at > after or touch.at >= clock.start]
