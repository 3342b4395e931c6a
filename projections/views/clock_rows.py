"""`clocks`: one row for every SLA clock, as it stands now: what boards, verdicts and response times are made of."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadHistoryShared, LeadHistoryTakenBack, LeadMerged, LeadUnmerged, SharedTouch
from events.instants import SECOND, to_us, us_or_none
from events.lead import LeadArchived, LeadCaptured, LeadConverted, LeadHandedOver, LeadTouched
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
    Verdict,
)
from projections.views.clocks import find, identity, put
from projections.views.merged_lives import Lives, shared, taken_back
from projections.views.merging import Heard, goes_on, leaves, merged, unmerged
from projections.views.next_action import next_action
from projections.views.times import instant_text, instant_text_or_none, is_earlier, week_text
from projections.views.view import Cells, Column, Detail, Handler, Kind

Lent = tuple[str, tuple[str, ...], str]
"""A touch of a merged lead that a clock counted: (lead, through which, channel)."""


class Row(Struct, frozen=True, gc=False, array_like=True):
    """A clock. Instants in microseconds; `due` is None while it is paused."""

    agreement: str
    version: int
    clause: str
    cycle: int
    side: str
    started_at: int
    due: int | None
    target: str = ""
    calendar: str | None = None
    verdict: Verdict = "open"
    warned: bool = False
    answered_at: int | None = None
    reason: str | None = None
    revision: int = 0
    retracted: bool = False
    owner: str | None = None
    source: str = ""
    lag_us: int = 0
    escalated: int = 0
    escalated_to: str | None = None
    escalates_at: int | None = None
    needs: tuple[tuple[str, int], ...] = ()
    counts_after: int = -1
    asks: str = ""
    worked_us: int | None = None
    lapsed: bool = False
    lent: tuple[Lent, ...] = ()


class Clocks(Struct, frozen=True, gc=False, array_like=True):
    """Base row: all clocks of a lead, who has it, and where it came from."""

    is_test: bool = False
    owner: str | None = None
    source: str = ""
    captured_at: int | None = None
    clocks: tuple[Row, ...] = ()
    merged: bool = False
    heard: tuple[Heard, ...] = ()
    lives: Lives = ()


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


def _touched(row: Clocks, fact: LeadTouched, envelope: Envelope) -> Clocks:
    """One touch less is missing where touches are counted; those of a former cycle do not count."""
    if fact.direction != "outbound" or not any(clock.needs for clock in row.clocks):
        return row
    at = to_us(envelope.time)
    return replace(row, clocks=tuple(_one_less(clock, fact, at) for clock in row.clocks))


def _shared(row: Clocks, fact: LeadHistoryShared, envelope: Envelope) -> Clocks:
    """What was done for a merged lead counts for this one, until it is unmerged."""
    row = shared(row, fact, envelope)
    if not goes_on(row.heard, fact, envelope):
        return row
    if fact.begins:
        others = tuple(each for each in row.heard if each[0] != fact.lead)
        row = _without(replace(row, heard=(*others, (fact.lead, fact.through))), lambda lent: lent[0] == fact.lead)
    for touch in fact.touches:
        if touch.direction == "outbound" and any(clock.needs for clock in row.clocks):
            lent, at = (fact.lead, fact.through, touch.channel), to_us(touch.at)
            row = replace(row, clocks=tuple(_one_less(clock, touch, at, lent) for clock in row.clocks))
    return row


def _one_less(clock: Row, touch: LeadTouched | SharedTouch, at: int, lent: Lent | None = None) -> Row:
    if clock.side != touch.side or not (at > clock.counts_after or at >= clock.started_at):
        return clock
    left = ((channel, count - (channel == touch.channel)) for channel, count in clock.needs)
    needs = tuple(need for need in left if need[1])
    if needs == clock.needs:
        return clock
    return replace(clock, needs=needs, lent=clock.lent if lent is None else (*clock.lent, lent))


def _taken_back(row: Clocks, fact: LeadHistoryTakenBack | LeadUnmerged, envelope: Envelope) -> Clocks:
    if fact.into != envelope.subject:
        return row
    row = taken_back(row, fact, envelope)
    heard = tuple(each for each in row.heard if not leaves(*each, fact))
    row = row if heard == row.heard else replace(row, heard=heard)
    return _without(row, lambda lent: leaves(lent[0], lent[1], fact))


def _unmerged(row: Clocks, fact: LeadUnmerged, envelope: Envelope) -> Clocks:
    return _taken_back(unmerged(row, fact, envelope), fact, envelope)


def _without(row: Clocks, gone: Callable[[Lent], bool]) -> Clocks:
    """Touches that were lent are missing again."""
    if not any(gone(lent) for clock in row.clocks for lent in clock.lent):
        return row
    return replace(row, clocks=tuple(_given_back(clock, gone) for clock in row.clocks))


def _given_back(clock: Row, gone: Callable[[Lent], bool]) -> Row:
    needs = dict(clock.needs)
    for lent in clock.lent:
        if gone(lent):
            needs[lent[2]] = needs.get(lent[2], 0) + 1
    return replace(clock, needs=tuple(needs.items()), lent=tuple(lent for lent in clock.lent if not gone(lent)))


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
    LeadTouched: _touched,
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
    LeadUnmerged: _unmerged,
    LeadHistoryShared: _shared,
    LeadHistoryTakenBack: _taken_back,
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


COLUMNS = (
    Column("lead", Kind.TEXT, "lead id"),
    Column("agreement", Kind.TEXT, "name of the agreement"),
    Column("version", Kind.INTEGER, "version of the agreement that the clock keeps to its end"),
    Column("clause", Kind.TEXT, "name of the clause"),
    Column("cycle", Kind.INTEGER, "1 for the first time the clause started for the lead"),
    Column(
        "state",
        Kind.TEXT,
        "open, paused, met, breached (nobody answered yet), answered_late, lapsed (the lead was closed or given back "
        "before anybody answered) or cancelled",
    ),
    Column("verdict", Kind.TEXT, "open, met, breached or cancelled"),
    Column("side", Kind.TEXT, "who has to act: sales or marketing"),
    Column("owner", Kind.TEXT, "who had the lead when the verdict fell, or has it now", True),
    Column("source", Kind.TEXT, "where the lead came from"),
    Column("week", Kind.TEXT, "ISO week in which the clock started, in UTC, such as 2026-W02"),
    Column("started_at", Kind.INSTANT, "when the clock started"),
    Column("due", Kind.INSTANT, "when the answer is due; empty while paused", True),
    Column("target", Kind.TEXT, "the promise as written, such as 30m"),
    Column("calendar", Kind.TEXT, "the calendar it counts in; empty when every minute counts", True),
    Column("warned", Kind.BOOLEAN, "a warning was told"),
    Column("answered_at", Kind.INSTANT, "the answer that counts", True),
    Column("took_seconds", Kind.INTEGER, "from the start to the answer, completed seconds of real time", True),
    Column("late_by_seconds", Kind.INTEGER, "from the due to a late answer, completed seconds of real time", True),
    Column("reason", Kind.TEXT, "what ended a cancelled clock", True),
    Column("revision", Kind.INTEGER, "how often late facts changed its verdict or due"),
    Column("retracted", Kind.BOOLEAN, "a breach of it was taken back"),
    Column("ingest_lag_seconds", Kind.INTEGER, "from the starting fact to its record, completed seconds"),
    Column("escalated", Kind.INTEGER, "the level of escalation reached since the clock was breached, 0 for none"),
    Column("escalated_to", Kind.TEXT, "who was told last, or what was to be done", True),
    Column("escalates_at", Kind.INSTANT, "when the next level follows if nobody answers", True),
    Column("needs", Kind.TEXT, "touches still missing where the clause counts them, such as 2 call, 1 email"),
    Column(
        "worked_seconds",
        Kind.INTEGER,
        "from the start to the answer in the clause's calendar without the pauses, completed seconds",
        True,
    ),
    Column("next_action", Kind.TEXT, "what has to be done about it, in words; nothing while it is paused", True),
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
