"""The facts of a clock: each under its own id, so that it is told once however often it is found."""

from typing import Any

from msgspec import UNSET

from events.ids import derived_id
from events.instants import from_us
from events.sla import (
    SlaAnswered,
    SlaBreached,
    SlaBreachRetracted,
    SlaCancelled,
    SlaEscalated,
    SlaFact,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRevised,
    SlaStarted,
    SlaWarned,
    TouchCount,
    Verdict,
)
from streams.agreement.compiled import Clause
from streams.clocks import Finding, escalates_at
from streams.deciders.lead.entries import Clock
from streams.deciders.lead.given import Given, Told
from streams.deciders.lead.ruled import Ruled, worked_until
from streams.deciders.lead.state import Lead


def started(given: Given, clock: Clock, clause: Clause, finding: Finding, counts_after: int | None) -> Told:
    """The clock started."""
    return told(
        given,
        clock,
        SlaStarted,
        clock.start,
        "started",
        target=clause.target_text,
        calendar=clause.calendar_name,
        warn_at=instant(finding.warn_at),
        ingest_lag_us=max(0, given.record_time - clock.start),
        needs=tuple(TouchCount(channel=need.channel, count=need.count) for need in finding.left),
        counts_after=instant(counts_after) if clause.needs else None,
        asks=clause.asks,
    )


def settled(given: Given, lead: Lead, ruled: Ruled, finding: Finding) -> Told:
    """The clock ended in time."""
    clock, at = ruled.clock, finding.ended_at
    assert at is not None
    if finding.outcome == "met":
        step, work = f"met\x1f{clock.revision}", worked_until(lead, ruled, at)
        return told(given, clock, SlaMet, at, step, due=finding.due, answered_at=from_us(at), worked_us=work)
    level = f"cancelled\x1f{clock.revision}"
    return told(given, clock, SlaCancelled, at, level, due=finding.due, reason=finding.reason)


def answered(given: Given, lead: Lead, ruled: Ruled, finding: Finding) -> Told:
    """The answer came after the breach."""
    clock, at = ruled.clock, finding.answered_at
    due = clock.due
    assert at is not None
    assert due is not None
    late_by, work = max(0, at - due), worked_until(lead, ruled, at)
    return told(
        given, clock, SlaAnswered, at, "answered", answered_at=from_us(at), late_by_us=late_by, worked_us=work
    )  # fmt: skip


def warned(given: Given, clock: Clock, clause: Clause, at: int) -> Told:
    """A share of the time is gone."""
    return told(given, clock, SlaWarned, at, "warned", percent=clause.warn_percent or 0)


def breached(given: Given, clock: Clock, clause: Clause, due: int, finding: Finding) -> Told:
    """The due passed without an answer."""
    follows = None if finding.answered_at is not None else escalates_at(clause, due, 1)
    return told(given, clock, SlaBreached, due, "breached", escalates_at=instant(follows))


def escalated(given: Given, clock: Clock, clause: Clause, level: int, at: int) -> Told:
    """A level of escalation is reached."""
    each, due = clause.escalations[level - 1], clock.due
    assert due is not None
    follows = instant(escalates_at(clause, due, level + 1))
    name = f"escalated\x1f{level}"
    return told(
        given, clock, SlaEscalated, at, name, level=level, after=each.after_text, to=each.to, do=each.do,
        escalates_at=follows,
    )  # fmt: skip


def paused(given: Given, clock: Clock, status: str, at: int) -> Told:
    """The clock stands still from now on."""
    revision, was = clock.revision + 1, instant(clock.due)
    level = f"paused\x1f{revision}"
    return told(given, clock, SlaPaused, at, level, due=None, status=status, revision=revision, was_due=was)


def resumed(given: Given, clock: Clock, status: str, at: int, finding: Finding) -> Told:
    """The clock goes on."""
    revision, warn_at = clock.revision + 1, instant(finding.warn_at)
    level = f"resumed\x1f{revision}"
    return told(
        given, clock, SlaResumed, at, level, due=finding.due, status=status, revision=revision, warn_at=warn_at
    )  # fmt: skip


def revised(given: Given, lead: Lead, ruled: Ruled, finding: Finding, *, now: Verdict, at: int) -> Told:
    """Verdict or due are other ones now; a breach that falls takes its escalations with it."""
    clock, clause, _ = ruled
    revision, fell = clock.revision + 1, clock.verdict == "breached" and now != "breached"
    answered_at = finding.answered_at if now in ("met", "breached") else None
    details: dict[str, Any] = {
        "revision": revision,
        "now": now,
        "was_due": instant(clock.due),
        "warn_at": instant(finding.warn_at) if now == "open" else None,
        "answered_at": instant(answered_at),
        "worked_us": None if answered_at is None else worked_until(lead, ruled, answered_at),
    }
    step = f"revised\x1f{revision}"
    if fell:
        details["level"] = clock.escalated
        return told(given, clock, SlaBreachRetracted, at, step, due=finding.due, **details)
    if now == "breached" and answered_at is None and finding.due is not None:
        reached = clock.escalated if clock.verdict == "breached" else 0
        details["escalates_at"] = instant(escalates_at(clause, finding.due, reached + 1))
    return told(given, clock, SlaRevised, at, step, due=finding.due, was=clock.verdict, **details)


def told(
    given: Given, clock: Clock, kind: type[SlaFact], at: int, step: str, *, due: Any = UNSET,
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
        due=instant(fixed),
        **details,
    )
    name = (given.subject, clock.agreement, str(clock.version), clock.clause, str(clock.cycle))
    return Told(fact, at, derived_id(*name, step, str(fixed), str(clock.revision)))


def instant(at: int | None) -> Any:
    """The instant as facts carry it."""
    return None if at is None else from_us(at)
