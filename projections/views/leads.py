"""`leads`: one row a lead, as it stands now."""

from typing import Any

from msgspec.structs import replace

from events.consent import LeadEnrichmentWithdrawn
from events.envelope import Envelope
from events.fact import Fact
from events.identity import (
    LeadHistoryShared,
    LeadHistoryTakenBack,
    LeadIdentityLinked,
    LeadMatched,
    LeadMerged,
    LeadSuspected,
    LeadUnmerged,
)
from events.instants import to_us, us_or_none
from events.lead import (
    LeadCaptured,
    LeadProfileUpdated,
    LeadScored,
    LeadStatusChanged,
    LeadTouched,
)
from events.life import (
    LeadBounced,
    LeadConsentChanged,
    LeadFeedbackGiven,
)
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
from projections.views.lead_columns import COLUMNS
from projections.views.lead_cycles import CYCLES
from projections.views.lead_row import Lead, OpenClock, archived_at, converted_at, phase, reopened_at, status_of
from projections.views.merged_lives import shared, taken_back
from projections.views.times import instant_text, instant_text_or_none, is_earlier, recorded_at
from projections.views.view import Cells, Detail, Handler

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
    program = row.program if fact.status == row.program_status else None  # it left the status that asked for it
    return replace(row, status=fact.status, status_order=order, program=program, updated_at=recorded_at(envelope))


def _scored(row: Lead, fact: LeadScored, envelope: Envelope) -> Lead:
    return replace(
        row,
        score=fact.score,
        grade=fact.grade,
        scored_at=recorded_at(envelope),
        updated_at=recorded_at(envelope),
    )


def _rated(row: Lead, fact: LeadFeedbackGiven, envelope: Envelope) -> Lead:
    rating, known = fact.rating, recorded_at(envelope)
    if rating is None:
        return replace(row, updated_at=known)
    return replace(row, ratings=row.ratings + 1, rating_sum=row.rating_sum + rating, updated_at=known)


def _merged(row: Lead, fact: LeadMerged, envelope: Envelope) -> Lead:
    return replace(row, merged_into=fact.into, updated_at=recorded_at(envelope))


def _unmerged(row: Lead, fact: LeadUnmerged, envelope: Envelope) -> Lead:
    into = None if fact.lead == envelope.subject else row.merged_into
    return replace(_parted(row, fact, envelope), merged_into=into, updated_at=recorded_at(envelope))


def _shared(row: Lead, fact: LeadHistoryShared, envelope: Envelope) -> Lead:
    row = shared(row, fact, envelope)
    left_it = row.program is not None and status_of(row)[0] not in (None, row.program_status)
    return replace(row, program=None if left_it else row.program, updated_at=recorded_at(envelope))


def _taken_back(row: Lead, fact: LeadHistoryTakenBack, envelope: Envelope) -> Lead:
    return replace(_parted(row, fact, envelope), updated_at=recorded_at(envelope))


def _parted(row: Lead, fact: LeadHistoryTakenBack | LeadUnmerged, envelope: Envelope) -> Lead:
    """Whoever leaves takes along what became of it, and the program that it was warmed by."""
    row = taken_back(row, fact, envelope)
    gone = row.program_of is not None and all(life.lead != row.program_of for life in row.lives)
    return replace(row, program=None, program_of=None) if gone else row


def _matched(row: Lead, fact: LeadMatched, envelope: Envelope) -> Lead:
    return replace(
        row,
        account=fact.account,
        account_by=fact.how,
        account_confidence=fact.confidence,
        updated_at=recorded_at(envelope),
    )


def _seen(row: Lead, _: Fact, envelope: Envelope) -> Lead:
    return replace(row, updated_at=recorded_at(envelope))


def _clock_open(row: Lead, fact: SlaFact, envelope: Envelope) -> Lead:
    due = us_or_none(fact.due)
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
    **CYCLES,
    LeadFeedbackGiven: _rated,
    LeadConsentChanged: _seen,
    LeadBounced: _seen,
    TaskCreated: _seen,
    TaskDone: _seen,
    TaskReminderDue: _seen,
    LeadEnrichmentWithdrawn: _seen,
    LeadIdentityLinked: _seen,
    LeadMerged: _merged,
    LeadUnmerged: _unmerged,
    LeadHistoryShared: _shared,
    LeadHistoryTakenBack: _taken_back,
    LeadSuspected: _seen,
    LeadMatched: _matched,
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


def _entries(row: Lead) -> dict[Cells, Any]:
    return {(): row}


def _render(lead: str, _: Cells, row: Lead) -> Cells:
    due, clause = min(
        ((clock.due, clock.clause) for clock in row.clocks if clock.due is not None), default=(None, None)
    )
    status, status_at = status_of(row)
    return (
        lead,
        phase(row),
        status,
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
        instant_text_or_none(converted_at(row)),
        instant_text_or_none(archived_at(row)),
        instant_text_or_none(row.last_touch_at),
        instant_text(row.updated_at),
        row.company,
        row.why_passed,
        instant_text_or_none(row.accepted_at),
        instant_text_or_none(status_at),
        instant_text_or_none(reopened_at(row)),
        row.back_because,
        row.program,
        row.first_owner,
        row.why_owner,
        row.account,
        row.account_by,
        row.account_confidence,
        row.merged_into,
        row.ratings,
        row.rating_sum / row.ratings if row.ratings else None,
        None if row.program is None else row.withheld,
    )


LEADS = Detail(
    name="leads",
    version=7,
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
