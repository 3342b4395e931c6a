"""The lead's SLA clocks: they start, are judged anew after each fact that matters, and fire when time passes.

Verdicts follow from the history ordered by when things happened. A late fact therefore changes a verdict exactly as
if it had come in time, as long as it comes within the agreement's patience.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from msgspec import UNSET

from events.envelope import Envelope
from events.ids import derived_id
from events.instants import from_us
from events.lead import LeadHandedOver, LeadQualified, LeadStatusChanged, LeadTouched
from events.sla import (
    SlaAnswered,
    SlaBreached,
    SlaBreachRetracted,
    SlaCancelled,
    SlaFact,
    SlaMet,
    SlaRevised,
    SlaStarted,
    SlaWarned,
    Verdict,
)
from streams.agreement.compiled import Agreement, Clause
from streams.clocks import Finding, History, judge
from streams.deciders.lead.closed import closed_at, ends
from streams.deciders.lead.given import Given, Live, Told
from streams.deciders.lead.state import Clock, Lead


class Ruled(NamedTuple):
    """A clock with the clause it runs by."""

    clock: Clock
    clause: Clause
    agreement: Agreement


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


def on_outbound(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """What we did may answer a clock."""
    return rejudge(live, envelope, at, given)


def on_status(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """A status may answer, pause or end a clock."""
    return rejudge(live, envelope, at, given)


def on_closed(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """A conversion or an archiving ends open clocks."""
    return rejudge(live, envelope, at, given)


def start(live: Live, starts_on: str, at: int, cycle: int, given: Given) -> Sequence[Told]:
    """Start what the agreement in force at `at` says; a closed lead gets no clock."""
    lead = live.lead
    agreement = given.starting(live, at)
    if agreement is None:
        return ()
    told: list[Told] = []
    running = {(clock.agreement, clock.clause, clock.cycle) for clock in lead.clocks}
    for clause in agreement.clauses:
        if clause.starts_on != starts_on or (agreement.name, clause.name, cycle) in running:
            continue
        if closed_at(lead, agreement, at) is not None:
            continue
        clock = Clock(
            agreement=agreement.name,
            version=agreement.version,
            clause=clause.name,
            cycle=cycle,
            side=clause.side,
            start=at,
            due=None,
        )
        finding = judge(clause, at, history_of(lead, clock, clause, agreement))
        clock.due, clock.warn_at = finding.due, finding.warn_at
        lag = max(0, given.record_time - at)
        told.append(_told(
            given, clock, SlaStarted, at, "started", target=clause.target_text, calendar=clause.calendar_name,
            warn_at=_instant(finding.warn_at), ingest_lag_us=lag,
        ))  # fmt: skip
        if finding.outcome in ("met", "cancelled"):
            told.append(_settled(given, clock, finding))
    return told


def rejudge(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """Judge every clock anew and say what changed."""
    lead = live.lead
    told: list[Told] = []
    in_order, touched = at > given.latest, isinstance(envelope.data, LeadTouched)
    for clock in lead.clocks:
        if in_order and clock.verdict != "open" and (clock.answered or (clock.verdict == "cancelled" and not touched)):
            continue  # what happened after all else changes nothing about a clock that has ended
        ruled = ruled_by(clock, given)
        finding = judge(ruled.clause, clock.start, history_of(lead, clock, ruled.clause, ruled.agreement))
        change = _change(ruled, finding, envelope, at, given)
        if change is not None:
            told.append(change)
    return told


def _change(ruled: Ruled, finding: Finding, envelope: Envelope, at: int, given: Given) -> Told | None:
    clock = ruled.clock
    verdict = _verdict(clock, finding, given)
    if clock.verdict == "open" and verdict in ("met", "cancelled"):
        return _settled(given, clock, finding)
    same_due = finding.due == clock.due
    if clock.verdict == verdict and same_due:
        if verdict == "breached" and finding.answered_at is not None and not clock.answered:
            return _answered(given, clock, finding)
        return None
    if not _in_time(ruled, finding, given):
        given.late = given.late or _was_decisive(ruled, finding, at, envelope)
        return None
    revision = clock.revision + 1
    answered = finding.answered_at if verdict in ("met", "breached") else None
    details: dict[str, Any] = {
        "revision": revision,
        "now": verdict,
        "was_due": _instant(clock.due),
        "warn_at": _instant(finding.warn_at) if verdict == "open" else None,
        "answered_at": _instant(answered),
    }
    told_at = clock.due if clock.verdict == "breached" and clock.due is not None else max(at, clock.start)
    level = f"revised\x1f{revision}"
    if clock.verdict == "breached" and verdict != "breached":
        return _told(given, clock, SlaBreachRetracted, told_at, level, due=finding.due, **details)
    return _told(given, clock, SlaRevised, told_at, level, due=finding.due, was=clock.verdict, **details)


def _verdict(clock: Clock, finding: Finding, given: Given) -> Verdict:
    """The verdict that holds now. A breach of an open clock is told by its deadline alone."""
    if finding.outcome in ("met", "cancelled"):
        return cast("Verdict", finding.outcome)
    passed = finding.due is not None and finding.due < given.at
    return "breached" if passed and clock.verdict != "open" else "open"


def _in_time(ruled: Ruled, finding: Finding, given: Given) -> bool:
    """Whether the fact came within the agreement's patience, counted from the earlier of old and new due."""
    due = [at for at in (ruled.clock.due, finding.due) if at is not None]
    return not due or given.at <= min(due) + ruled.agreement.late_facts_accepted


def _was_decisive(ruled: Ruled, finding: Finding, at: int, envelope: Envelope) -> bool:
    """Whether it is this fact that makes the finding differ from the verdict told, and not an older one."""
    if finding.ended_at == max(at, ruled.clock.start):
        return True
    moves_due = isinstance(envelope.data, LeadStatusChanged) and bool(ruled.clause.paused_in)
    return moves_due and (finding.due is None or at <= finding.due)


def next_due(lead: Lead) -> int | None:
    """The earliest instant at which an open clock has something to say."""
    found = None
    for clock in lead.clocks:
        if clock.verdict != "open" or clock.due is None:
            continue
        at = clock.due if clock.warned or clock.warn_at is None else min(clock.warn_at, clock.due)
        if found is None or at < found:
            found = at
    return found


def on_deadline(live: Live, due: int, given: Given) -> Sequence[Told]:
    """Warn and breach what is due at `due`."""
    told: list[Told] = []
    for clock in live.lead.clocks:
        if clock.verdict != "open" or clock.due is None:
            continue
        _, clause, agreement = ruled_by(clock, given)
        if clock.warn_at is not None and not clock.warned and clock.warn_at <= due and clock.warn_at < clock.due:
            percent = clause.warn_percent or 0
            told.append(_told(given, clock, SlaWarned, clock.warn_at, "warned", percent=percent))
        if clock.due <= due:
            finding = judge(clause, clock.start, history_of(live.lead, clock, clause, agreement))
            told.append(_told(given, clock, SlaBreached, clock.due, "breached"))
            if finding.answered_at is not None:
                told.append(_answered(given, clock, finding))
    return told


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


def history_of(lead: Lead, clock: Clock, clause: Clause, agreement: Agreement) -> History:
    """What happened, in the clause's eyes."""
    return History(
        answers=_answers(lead, clock, clause),
        closed=ends(lead, agreement, clock.start, 0 if clause.starts_on == "captured" else clock.cycle),
        statuses=[(entry.at, entry.status) for entry in lead.statuses] if clause.paused_in else [],
    )


def _answers(lead: Lead, clock: Clock, clause: Clause) -> list[int]:
    if clause.stop == "handed_over":
        at = lead.handed_over_at if lead.cycle == clock.cycle else lead.former_hand_overs.get(clock.cycle)
        return [] if at is None else [at]
    if clause.stop == "status_changed":
        return [entry.at for entry in lead.statuses if entry.at >= clock.start]
    stops = clause.stops_touch
    return [touch.at for touch in lead.touches if stops(touch.channel, touch.kind, touch.direction, touch.side)]


def _settled(given: Given, clock: Clock, finding: Finding) -> Told:
    at = finding.ended_at
    assert at is not None
    if finding.outcome == "met":
        return _told(given, clock, SlaMet, at, f"met\x1f{clock.revision}", due=finding.due, answered_at=from_us(at))
    return _told(
        given, clock, SlaCancelled, at, f"cancelled\x1f{clock.revision}", due=finding.due, reason=finding.reason
    )


def _answered(given: Given, clock: Clock, finding: Finding) -> Told:
    at, due = finding.answered_at, clock.due
    assert at is not None
    assert due is not None
    return _told(given, clock, SlaAnswered, at, "answered", answered_at=from_us(at), late_by_us=max(0, at - due))


def _told(
    given: Given, clock: Clock, kind: type[SlaFact], at: int, level: str, *, due: Any = UNSET,
    **details: Any,
) -> Told:  # fmt: skip
    """A clock fact under its own id: lead, version, clause, cycle, level, due and revision."""
    fixed = clock.due if due is UNSET else due
    fact = kind(
        agreement=clock.agreement,
        version=clock.version,
        clause=clock.clause,
        cycle=clock.cycle,
        side=clock.side,
        due=_instant(fixed),
        **details,
    )
    name = (given.subject, clock.agreement, str(clock.version), clock.clause, str(clock.cycle))
    return Told(fact, at, derived_id(*name, level, str(fixed), str(clock.revision)))


def _instant(at: int | None) -> Any:
    return None if at is None else from_us(at)
