"""The lead's SLA clocks: they start, and are judged anew after each fact that matters.

Verdicts follow from the history ordered by when things happened. A late fact therefore changes a verdict exactly as
if it had come in time, as long as it comes within the agreement's patience.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast

from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadHistoryTakenBack, LeadUnmerged
from events.lead import LeadHandedOver, LeadQualified, LeadStatusChanged, LeadTouched
from events.sla import Verdict
from streams.clocks import Finding
from streams.deciders.lead.alone import statuses_of
from streams.deciders.lead.clock_facts import answered, paused, resumed, revised, settled, started
from streams.deciders.lead.closed import began_after, closed_at
from streams.deciders.lead.entries import Clock
from streams.deciders.lead.given import Given, Live, Told
from streams.deciders.lead.ruled import Ruled, cycle_of, finding_of, ruled_by
from streams.deciders.lead.state import Lead


def on_captured(live: Live, _envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """Clocks of clauses that start on capture."""
    return start(live, "captured", at, 1, given)


def on_qualified(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """Clocks of clauses that start on qualification."""
    cycle = cast("LeadQualified", envelope.data).cycle
    return start(live, "qualified", at, cycle, given)


def on_handed_over(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """The hand-over answers marketing's clock and starts those of sales."""
    cycle = cast("LeadHandedOver", envelope.data).cycle
    return (*rejudge(live, envelope, at, given), *start(live, "handed_over", at, cycle, given))


def on_accepted(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """Sales has taken the lead, which may be what a clause asks for."""
    return rejudge(live, envelope, at, given)


def on_outbound(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """What we did may answer a clock."""
    return rejudge(live, envelope, at, given)


def on_status(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """A status may answer, pause or end a clock."""
    return rejudge(live, envelope, at, given)


def on_closed(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """A conversion, an archiving, a rejection or a return to marketing ends open clocks."""
    return rejudge(live, envelope, at, given)


def on_joined(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """Touches of another lead count for this one, or count no longer; they may have happened at any time."""
    return rejudge(live, envelope, min(at, given.latest), given)


def start(
    live: Live, starts_on: str, at: int, cycle: int, given: Given, *, only: frozenset[str] | None = None
) -> Sequence[Told]:
    """Start what the agreement in force at `at` says, or of that only some clauses; a closed lead gets no clock."""
    lead = live.lead
    agreement = given.starting(live, at)
    if agreement is None:
        return ()
    told: list[Told] = []
    running = {(clock.agreement, clock.clause, clock.cycle) for clock in lead.clocks}
    for clause in agreement.clauses:
        if clause.starts_on != starts_on or (agreement.name, clause.name, cycle) in running:
            continue
        if only is not None and clause.name not in only:
            continue
        if closed_at(lead, agreement, at) is not None:
            break
        clock = Clock(
            agreement=agreement.name,
            version=agreement.version,
            clause=clause.name,
            cycle=cycle,
            side=clause.side,
            start=at,
            due=None,
        )
        ruled = Ruled(clock, clause, agreement)
        finding = finding_of(lead, ruled)
        clock.due, clock.warn_at = finding.due, finding.warn_at
        told.append(started(given, clock, clause, finding, began_after(lead, cycle_of(clock, clause))))
        if finding.outcome in ("met", "cancelled"):
            told.append(settled(given, lead, ruled, finding))
    return told


class Seen(NamedTuple):
    """The fact that lets the clocks be judged anew.

    Attributes:
        fact: the fact.
        at: its occurred_at, microseconds.
        status: the status entered, if it is the one entered last: what happened earlier is known late, and revises.
    """

    fact: Fact
    at: int
    status: str | None


def _seen(lead: Lead, envelope: Envelope, at: int) -> Seen:
    """What a fact is to a lead that knows it already."""
    fact, status = envelope.data, None
    if isinstance(fact, LeadStatusChanged):
        last = statuses_of(lead)[-1]
        status = fact.status if (last.source, last.id) == (envelope.source, envelope.id) else None
    return Seen(fact, at, status)


def rejudge(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """Judge every clock anew and say what changed."""
    lead = live.lead
    if not lead.clocks:
        return ()
    told: list[Told] = []
    seen = _seen(lead, envelope, at)
    in_order, touched = at > _latest(lead, given), isinstance(seen.fact, LeadTouched)
    for clock in lead.clocks:
        if in_order and clock.verdict != "open" and (clock.answered or (clock.verdict == "cancelled" and not touched)):
            continue  # what happened after all else changes nothing about a clock that has ended
        ruled = ruled_by(clock, given)
        change = _change(lead, ruled, finding_of(lead, ruled), seen, given)
        if change is not None:
            told.append(change)
    return told


def _latest(lead: Lead, given: Given) -> int:
    """The greatest instant of anything that may have answered or ended a clock before this fact."""
    latest = max(given.latest, lead.handed_over_at or 0)
    return max(latest, *lead.acceptances.values()) if lead.acceptances else latest


def _change(lead: Lead, ruled: Ruled, finding: Finding, seen: Seen, given: Given) -> Told | None:
    clock, verdict = ruled.clock, _verdict(ruled.clock, finding, seen, given)
    if clock.verdict == "open" and verdict in ("met", "cancelled"):
        return settled(given, lead, ruled, finding)
    if clock.verdict == verdict and finding.due == clock.due:
        return _still(lead, ruled, finding, verdict, given)
    if not _in_time(ruled, finding, given):
        given.late = given.late or _was_decisive(ruled, finding, seen)
        return None
    if clock.verdict == verdict == "open" and seen.status is not None and seen.at >= clock.start:
        if finding.due is None:
            return paused(given, clock, seen.status, seen.at)
        if clock.due is None:
            return resumed(given, clock, seen.status, seen.at, finding)
    told_at = clock.due if clock.verdict == "breached" and clock.due is not None else max(seen.at, clock.start)
    return revised(given, lead, ruled, finding, now=verdict, at=told_at)


def _still(lead: Lead, ruled: Ruled, finding: Finding, verdict: Verdict, given: Given) -> Told | None:
    """The verdict stands. A breach may have been answered since, or its answer was that of a lead no longer merged."""
    clock = ruled.clock
    if verdict != "breached" or clock.due is None or clock.answered == (finding.answered_at is not None):
        return None
    if not clock.answered:
        return answered(given, lead, ruled, finding)
    return revised(given, lead, ruled, finding, now=verdict, at=clock.due)


def _verdict(clock: Clock, finding: Finding, seen: Seen, given: Given) -> Verdict:
    """The verdict that holds now. A breach of an open clock is told by its deadline alone.

    What a merged lead had ended while it counted stays ended when the due has passed: nobody had to act.
    """
    if finding.outcome in ("met", "cancelled"):
        return cast("Verdict", finding.outcome)
    passed = finding.due is not None and finding.due < given.at
    if passed and clock.verdict == "cancelled" and isinstance(seen.fact, LeadUnmerged | LeadHistoryTakenBack):
        return "cancelled"
    return "breached" if passed and clock.verdict != "open" else "open"


def _in_time(ruled: Ruled, finding: Finding, given: Given) -> bool:
    """Whether the fact came within the agreement's patience, counted from the earlier of old and new due."""
    due = [at for at in (ruled.clock.due, finding.due) if at is not None]
    return not due or given.at <= min(due) + ruled.agreement.late_facts_accepted


def _was_decisive(ruled: Ruled, finding: Finding, seen: Seen) -> bool:
    """Whether it is this fact that makes the finding differ from the verdict told, and not an older one."""
    fact, at, _ = seen
    if finding.ended_at == max(at, ruled.clock.start):
        return True
    if isinstance(fact, LeadTouched) and ruled.clause.needs and finding.answered_at is not None:
        counts = ruled.clause.stops_touch(fact.channel, fact.kind, fact.direction, fact.side)
        return counts and at <= finding.answered_at
    moves_due = isinstance(fact, LeadStatusChanged) and bool(ruled.clause.paused_in)
    return moves_due and (finding.due is None or at <= finding.due)
