"""`clocks`: one row for every SLA clock, as it stands now: what boards, verdicts and response times are made of."""

from typing import Any

from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadMerged
from events.instants import SECOND, to_us, us_or_none
from events.lead import LeadArchived, LeadCaptured, LeadConverted, LeadHandedOver
from events.life import LeadRecycled, LeadRejected, LeadReopened
from events.routing import LeadAssigned
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
)
from projections.views.clock_columns import COLUMNS
from projections.views.clock_row import Clocks, Row
from projections.views.clock_touches import TOUCHES
from projections.views.clocks import find, identity, put
from projections.views.merging import merged
from projections.views.next_action import next_action
from projections.views.times import instant_text, instant_text_or_none, is_earlier, week_text
from projections.views.view import Cells, Detail, Handler


def _captured(row: Clocks, fact: LeadCaptured, envelope: Envelope) -> Clocks:
    at = to_us(envelope.time)
    if is_earlier(at, row.captured_at):  # the earliest capture says where a lead came from
        clocks = tuple(replace(clock, source=fact.source) for clock in row.clocks)
        row = replace(row, captured_at=at, source=fact.source, clocks=clocks)
    return replace(row, is_test=True) if fact.is_test else row


def _owned(row: Clocks, fact: LeadHandedOver | LeadAssigned, _: Envelope) -> Clocks:
    return owned(row, fact.owner)


def owned(row: Clocks, owner: str | None) -> Clocks:
    """Somebody else has the lead: open clocks are theirs from now on."""
    if owner == row.owner:
        return row
    clocks = tuple(replace(clock, owner=owner) if clock.verdict == "open" else clock for clock in row.clocks)
    return replace(row, owner=owner, clocks=clocks)


def _started(row: Clocks, fact: SlaStarted, envelope: Envelope) -> Clocks:
    clock = Row(
        fact.agreement,
        fact.version,
        fact.clause,
        fact.cycle,
        side=fact.side,
        started_at=to_us(envelope.time),
        due=us_or_none(fact.due),
        target=fact.target,
        calendar=fact.calendar,
        owner=row.owner,
        source=row.source,
        lag_us=fact.ingest_lag_us,
        needs=tuple((need.channel, need.count) for need in fact.needs),
        counts_after=-1 if fact.counts_after is None else to_us(fact.counts_after),
        asks=fact.asks,
    )
    return replace(row, clocks=put(row.clocks, find(row.clocks, fact), clock))


def _changed(row: Clocks, fact: SlaFact, **fields: Any) -> Clocks:
    old = find(row.clocks, fact)
    return row if old is None else replace(row, clocks=put(row.clocks, old, replace(old, **fields)))


def _warned(row: Clocks, fact: SlaWarned, _: Envelope) -> Clocks:
    return _changed(row, fact, warned=True)


def _paused(row: Clocks, fact: SlaPaused | SlaResumed, _: Envelope) -> Clocks:
    return _changed(row, fact, due=us_or_none(fact.due), revision=fact.revision)


def _breached(row: Clocks, fact: SlaBreached, _: Envelope) -> Clocks:
    return _changed(row, fact, verdict="breached", escalates_at=us_or_none(fact.escalates_at), **_NOT_ESCALATED)


def _escalated(row: Clocks, fact: SlaEscalated, _: Envelope) -> Clocks:
    at = us_or_none(fact.escalates_at)
    return _changed(row, fact, escalated=fact.level, escalated_to=fact.to or fact.do, escalates_at=at)


def _answered(row: Clocks, fact: SlaAnswered, _: Envelope) -> Clocks:
    at = to_us(fact.answered_at)
    return _changed(row, fact, answered_at=at, worked_us=fact.worked_us, escalates_at=None)


def _met(row: Clocks, fact: SlaMet, _: Envelope) -> Clocks:
    at = to_us(fact.answered_at)
    return _changed(row, fact, verdict="met", answered_at=at, worked_us=fact.worked_us, due=us_or_none(fact.due))


def _cancelled(row: Clocks, fact: SlaCancelled, _: Envelope) -> Clocks:
    return _changed(row, fact, verdict="cancelled", reason=fact.reason, due=us_or_none(fact.due))


def _revised(row: Clocks, fact: SlaRevised | SlaBreachRetracted, _: Envelope) -> Clocks:
    fields: dict[str, Any] = {
        "verdict": fact.now,
        "answered_at": us_or_none(fact.answered_at),
        "due": us_or_none(fact.due),
    }
    fields["worked_us"] = fact.worked_us
    if isinstance(fact, SlaBreachRetracted):
        fields |= {"retracted": True, "escalates_at": None, **_NOT_ESCALATED}
    else:
        fields |= {"escalates_at": us_or_none(fact.escalates_at), **({} if fact.was == "breached" else _NOT_ESCALATED)}
    return _changed(row, fact, revision=fact.revision, **fields)


_NOT_ESCALATED: dict[str, Any] = {"escalated": 0, "escalated_to": None}


def _closed(row: Clocks, _: Fact, __: Envelope) -> Clocks:
    """Nobody has to answer any more what was breached before; what is open is cancelled by its own fact."""
    if all(clock.lapsed or clock.verdict != "breached" for clock in row.clocks):
        return row
    clocks = (replace(clock, lapsed=True) if clock.verdict == "breached" else clock for clock in row.clocks)
    return replace(row, clocks=tuple(clocks))


_ON: dict[type[Fact], Handler[Clocks]] = {
    LeadCaptured: _captured,
    LeadHandedOver: _owned,
    LeadAssigned: _owned,
    SlaStarted: _started,
    SlaPaused: _paused,
    SlaResumed: _paused,
    SlaWarned: _warned,
    SlaBreached: _breached,
    SlaEscalated: _escalated,
    SlaAnswered: _answered,
    SlaMet: _met,
    SlaCancelled: _cancelled,
    SlaRevised: _revised,
    SlaBreachRetracted: _revised,
    LeadRejected: _closed,
    LeadRecycled: _closed,
    LeadReopened: _closed,
    LeadConverted: _closed,
    LeadArchived: _closed,
    LeadMerged: merged,
    **TOUCHES,
}


def state(clock: Row) -> str:
    """What people do about a clock."""
    if clock.verdict == "open":
        return "open" if clock.due is not None else "paused"
    if clock.verdict == "breached":
        unanswered = "lapsed" if clock.lapsed else "breached"
        return unanswered if clock.answered_at is None else "answered_late"
    return clock.verdict


def _entries(row: Clocks) -> dict[Cells, Any]:
    if row.is_test or row.merged:
        return {}
    gone = any(life.converted_at is not None for life in row.lives)  # as one merged into it, it was converted
    return {
        identity(clock): replace(clock, lapsed=True) if gone and clock.verdict == "breached" else clock
        for clock in row.clocks
    }


def _render(lead: str, _: Cells, clock: Row) -> Cells:
    answered, due = clock.answered_at, clock.due
    late = None if answered is None or due is None or answered <= due else (answered - due) // SECOND
    now = state(clock)
    return (
        lead,
        *identity(clock),
        now,
        clock.verdict,
        clock.side,
        clock.owner,
        clock.source,
        week_text(clock.started_at),
        instant_text(clock.started_at),
        instant_text_or_none(due),
        clock.target,
        clock.calendar,
        clock.warned,
        instant_text_or_none(answered),
        None if answered is None else max(0, answered - clock.started_at) // SECOND,
        late,
        clock.reason,
        clock.revision,
        clock.retracted,
        clock.lag_us // SECOND,
        clock.escalated,
        clock.escalated_to,
        instant_text_or_none(clock.escalates_at),
        ", ".join(f"{count} {channel}" for channel, count in clock.needs),
        None if clock.worked_us is None else clock.worked_us // SECOND,
        next_action(clock.clause, clock.asks, clock.needs) if now in ("open", "breached") else None,
    )


CLOCKS = Detail(
    name="clocks",
    version=5,
    meaning="Every SLA clock, one row each, as it stands now; test and merged leads left out.",
    initial=Clocks(),
    on=_ON,
    columns=COLUMNS,
    key=5,
    answer=COLUMNS,
    order=("lead", "started_at", "agreement", "version", "clause", "cycle"),
    indexes=(("state", "due"), ("owner",)),
    entries=_entries,
    render=_render,
)
