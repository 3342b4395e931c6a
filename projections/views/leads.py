"""`leads`: one row a lead, as it stands now."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.instants import to_us
from events.lead import (
    LeadArchived,
    LeadCaptured,
    LeadConverted,
    LeadHandedOver,
    LeadProfileUpdated,
    LeadQualified,
    LeadScored,
    LeadStatusChanged,
    LeadTouched,
)
from events.life import (
    LeadAccepted,
    LeadBounced,
    LeadConsentChanged,
    LeadFeedbackGiven,
    LeadRecycled,
    LeadRejected,
    LeadReopened,
    LeadUnconverted,
    NurtureRequested,
)
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
from events.work import TaskCreated, TaskDone, TaskReminderDue
from projections.views.clocks import find, put, without
from projections.views.times import instant_text, instant_text_or_none, is_earlier, recorded_at
from projections.views.view import Cells, Column, Detail, Handler, Kind


class OpenClock(Struct, frozen=True, gc=False, array_like=True):
    """A clock without a verdict; `due` in microseconds, None while paused."""

    agreement: str
    version: int
    clause: str
    cycle: int
    due: int | None


class Lead(Struct, frozen=True, gc=False, array_like=True):
    """Base row: what is known of a lead. Instants in microseconds; `status_order` is (occurred, source, id)."""

    source: str = ""
    agreement: str | None = None
    is_test: bool = False
    status: str | None = None
    status_order: tuple[int, str, str] | None = None
    score: int | None = None
    grade: str | None = None
    scored_at: int | None = None
    owner: str | None = None
    captured_at: int | None = None
    qualified_at: int | None = None
    handed_over_at: int | None = None
    converted_at: int | None = None
    archived_at: int | None = None
    last_touch_at: int | None = None
    updated_at: int = 0
    clocks: tuple[OpenClock, ...] = ()
    company: str | None = None
    company_at: int = 0
    why_passed: str | None = None


_COMPANY = "company.name"


def _captured(row: Lead, fact: LeadCaptured, envelope: Envelope) -> Lead:
    at, source = to_us(envelope.time), fact.source
    if not is_earlier(at, row.captured_at):
        at, source = row.captured_at or at, row.source  # the earliest capture says where a lead came from
    return replace(
        row,
        source=source,
        agreement=fact.agreement,
        is_test=row.is_test or fact.is_test,
        captured_at=at,
        updated_at=recorded_at(envelope),
        **_company(row, fact.profile, envelope),
    )


def _learned(row: Lead, fact: LeadProfileUpdated, envelope: Envelope) -> Lead:
    return replace(row, updated_at=recorded_at(envelope), **_company(row, fact.profile, envelope))


def _company(row: Lead, profile: dict[str, Any], envelope: Envelope) -> dict[str, Any]:
    """The company's name, if the profile tells one that is not older than the one known."""
    name, at = profile.get(_COMPANY), to_us(envelope.time)
    return {} if name is None or at < row.company_at else {"company": str(name), "company_at": at}


def _touched(row: Lead, _: LeadTouched, envelope: Envelope) -> Lead:
    at, last = to_us(envelope.time), row.last_touch_at
    last = at if last is None or at > last else last
    return replace(row, last_touch_at=last, updated_at=recorded_at(envelope))


def _status_changed(row: Lead, fact: LeadStatusChanged, envelope: Envelope) -> Lead:
    at = to_us(envelope.time)
    order = (at, envelope.source, envelope.id)
    closed = row.archived_at is not None and at >= row.archived_at  # the status of an archived lead stays
    if closed or (row.status_order is not None and order < row.status_order):
        return _seen(row, fact, envelope)
    return replace(row, status=fact.status, status_order=order, updated_at=recorded_at(envelope))


def _scored(row: Lead, fact: LeadScored, envelope: Envelope) -> Lead:
    return replace(
        row,
        score=fact.score,
        grade=fact.grade,
        scored_at=recorded_at(envelope),
        updated_at=recorded_at(envelope),
    )


def _qualified(row: Lead, fact: LeadQualified, envelope: Envelope) -> Lead:
    at = to_us(envelope.time)  # a new qualification begins a new cycle: not handed over yet
    why = "; ".join(fact.signals or (condition.test for condition in fact.conditions)) or None
    return replace(row, qualified_at=at, handed_over_at=None, why_passed=why, updated_at=recorded_at(envelope))


def _handed_over(row: Lead, fact: LeadHandedOver, envelope: Envelope) -> Lead:
    return replace(
        row,
        agreement=fact.agreement,
        owner=fact.owner,
        handed_over_at=to_us(envelope.time),
        updated_at=recorded_at(envelope),
    )


def _assigned(row: Lead, fact: LeadAssigned, envelope: Envelope) -> Lead:
    return replace(row, owner=fact.owner, updated_at=recorded_at(envelope))


def _converted(row: Lead, _: LeadConverted, envelope: Envelope) -> Lead:
    at, known = to_us(envelope.time), row.converted_at
    at = at if is_earlier(at, known) else known or at
    return replace(row, converted_at=at, updated_at=recorded_at(envelope))


def _unconverted(row: Lead, _: LeadUnconverted, envelope: Envelope) -> Lead:
    at, known = to_us(envelope.time), row.converted_at
    stands = known is not None and known > at  # converted anew since
    return replace(row, converted_at=known if stands else None, updated_at=recorded_at(envelope))


def _given_back(row: Lead, _: LeadRejected | LeadRecycled, envelope: Envelope) -> Lead:
    return replace(row, qualified_at=None, handed_over_at=None, updated_at=recorded_at(envelope))


def _reopened(row: Lead, _: LeadReopened, envelope: Envelope) -> Lead:
    return replace(row, qualified_at=None, handed_over_at=None, archived_at=None, updated_at=recorded_at(envelope))


def _archived(row: Lead, _: LeadArchived, envelope: Envelope) -> Lead:
    at, known = to_us(envelope.time), row.archived_at
    at = at if is_earlier(at, known) else known or at
    return replace(row, archived_at=at, updated_at=recorded_at(envelope))


def _seen(row: Lead, _: Fact, envelope: Envelope) -> Lead:
    return replace(row, updated_at=recorded_at(envelope))


def _clock_open(row: Lead, fact: SlaFact, envelope: Envelope) -> Lead:
    due = None if fact.due is None else to_us(fact.due)
    clock = OpenClock(fact.agreement, fact.version, fact.clause, fact.cycle, due)
    clocks = put(row.clocks, find(row.clocks, fact), clock)
    return replace(row, clocks=clocks, updated_at=recorded_at(envelope))


def _clock_over(row: Lead, fact: SlaFact, envelope: Envelope) -> Lead:
    clocks = without(row.clocks, find(row.clocks, fact))
    return replace(row, clocks=clocks, updated_at=recorded_at(envelope))


def _clock_judged_anew(row: Lead, fact: SlaRevised | SlaBreachRetracted, envelope: Envelope) -> Lead:
    return (_clock_open if fact.now == "open" else _clock_over)(row, fact, envelope)


_ON: dict[type[Fact], Handler[Lead]] = {
    LeadCaptured: _captured,
    LeadTouched: _touched,
    LeadStatusChanged: _status_changed,
    LeadProfileUpdated: _learned,
    LeadScored: _scored,
    LeadQualified: _qualified,
    LeadHandedOver: _handed_over,
    LeadAssigned: _assigned,
    LeadConverted: _converted,
    LeadArchived: _archived,
    LeadUnconverted: _unconverted,
    LeadAccepted: _seen,
    LeadRejected: _given_back,
    LeadRecycled: _given_back,
    LeadReopened: _reopened,
    NurtureRequested: _seen,
    LeadFeedbackGiven: _seen,
    LeadConsentChanged: _seen,
    LeadBounced: _seen,
    TaskCreated: _seen,
    TaskDone: _seen,
    TaskReminderDue: _seen,
    SlaStarted: _clock_open,
    SlaPaused: _clock_open,
    SlaResumed: _clock_open,
    SlaWarned: _seen,
    SlaEscalated: _seen,
    SlaBreached: _clock_over,
    SlaAnswered: _seen,
    SlaMet: _clock_over,
    SlaCancelled: _clock_over,
    SlaRevised: _clock_judged_anew,
    SlaBreachRetracted: _clock_judged_anew,
}


def phase(row: Lead) -> str:
    """How far the lead has come."""
    if row.archived_at is not None:
        return "archived"
    if row.converted_at is not None:
        return "converted"
    if row.handed_over_at is not None:
        return "handed_over"
    if row.qualified_at is not None:
        return "qualified"
    return "stub" if row.captured_at is None else "captured"


def _entries(row: Lead) -> dict[Cells, Any]:
    return {(): row}


def _render(lead: str, _: Cells, row: Lead) -> Cells:
    due, clause = min(
        ((clock.due, clock.clause) for clock in row.clocks if clock.due is not None), default=(None, None)
    )
    return (
        lead,
        phase(row),
        row.status,
        row.score,
        row.grade,
        instant_text_or_none(row.scored_at),
        row.owner,
        instant_text_or_none(due),
        clause,
        row.source,
        row.agreement,
        row.is_test,
        instant_text_or_none(row.captured_at),
        instant_text_or_none(row.qualified_at),
        instant_text_or_none(row.handed_over_at),
        instant_text_or_none(row.converted_at),
        instant_text_or_none(row.archived_at),
        instant_text_or_none(row.last_touch_at),
        instant_text(row.updated_at),
        row.company,
        row.why_passed,
    )


COLUMNS = (
    Column("lead", Kind.TEXT, "lead id"),
    Column("phase", Kind.TEXT, "how far it has come: stub, captured, qualified, handed_over, converted, archived"),
    Column("status", Kind.TEXT, "the company's own status that happened last; that of an archived lead stays", True),
    Column("score", Kind.INTEGER, "shown score, whole points, at `scored_at`", True),
    Column("grade", Kind.TEXT, "fit letter and engagement digit, such as A2", True),
    Column("scored_at", Kind.INSTANT, "instant the score holds for; it may have decayed since", True),
    Column("owner", Kind.TEXT, "who has it", True),
    Column("next_due", Kind.INSTANT, "the earliest due of its open clocks; paused ones have none", True),
    Column("next_clause", Kind.TEXT, "the clause of that clock", True),
    Column("source", Kind.TEXT, "where its earliest capture came from; blank when unknown or not captured"),
    Column("agreement", Kind.TEXT, "the agreement that governs it", True),
    Column("is_test", Kind.BOOLEAN, "sent to try the way; in no figure"),
    Column("captured_at", Kind.INSTANT, "its earliest capture", True),
    Column("qualified_at", Kind.INSTANT, "when it met the qualified-lead definition in its current cycle", True),
    Column("handed_over_at", Kind.INSTANT, "when it was handed over to sales in its current cycle", True),
    Column("converted_at", Kind.INSTANT, "when it was first converted", True),
    Column("archived_at", Kind.INSTANT, "when it was put aside", True),
    Column("last_touch_at", Kind.INSTANT, "its latest touch, either direction", True),
    Column("updated_at", Kind.INSTANT, "when its last fact was recorded"),
    Column("company", Kind.TEXT, "the company's name as last told", True),
    Column(
        "why_passed", Kind.TEXT, "buying signals of the last qualification in words, or the conditions it met", True
    ),
)

LEADS = Detail(
    name="leads",
    version=2,
    meaning="One row a lead, as it stands now.",
    initial=Lead(),
    on=_ON,
    columns=COLUMNS,
    key=1,
    answer=COLUMNS,
    order=("lead",),
    entries=_entries,
    render=_render,
)
