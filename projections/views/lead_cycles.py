"""What becomes of a lead in `leads`: qualified, with sales, given back, warmed, converted, put aside."""

from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.instants import to_us, us_or_none
from events.lead import (
    LeadArchived,
    LeadConverted,
    LeadHandedOver,
    LeadQualified,
)
from events.life import (
    LeadAccepted,
    LeadRecycled,
    LeadRejected,
    LeadReopened,
    LeadUnconverted,
    NurtureRequested,
    NurtureWithheld,
)
from events.routing import LeadAssigned
from projections.views.lead_row import Lead
from projections.views.times import is_earlier, recorded_at
from projections.views.view import Handler


def _qualified(row: Lead, fact: LeadQualified, envelope: Envelope) -> Lead:
    at = to_us(envelope.time)  # a new qualification begins a new cycle: not handed over yet
    why = "; ".join(fact.signals or (condition.test for condition in fact.conditions)) or None
    return replace(
        row,
        qualified_at=at,
        handed_over_at=None,
        accepted_at=None,
        why_passed=why,
        back=None,
        back_because=None,
        program=None,
        carried=None,
        first_owner=None,
        updated_at=recorded_at(envelope),
    )


def _handed_over(row: Lead, fact: LeadHandedOver, envelope: Envelope) -> Lead:
    at = to_us(envelope.time)  # that of a lead merged into this one is the hand-over of both
    return replace(
        row,
        agreement=fact.agreement,
        owner=fact.owner,
        first_owner=fact.owner if fact.of else row.first_owner or fact.owner,
        qualified_at=at if fact.of and row.qualified_at is None else row.qualified_at,
        handed_over_at=at,
        accepted_at=us_or_none(fact.accepted_at) if fact.of else row.accepted_at,
        carried=fact.of,
        sales_since=max(at, row.sales_since),
        updated_at=recorded_at(envelope),
    )


def _assigned(row: Lead, fact: LeadAssigned, envelope: Envelope) -> Lead:
    first = fact.first_owner or row.first_owner or fact.owner
    why = fact.why if fact.why.startswith(fact.rule) else f"{fact.rule}: {fact.why}"
    return replace(row, owner=fact.owner, first_owner=first, why_owner=why, updated_at=recorded_at(envelope))


def _accepted(row: Lead, _: LeadAccepted, envelope: Envelope) -> Lead:
    return replace(row, accepted_at=to_us(envelope.time), updated_at=recorded_at(envelope))


def _converted(row: Lead, _: LeadConverted, envelope: Envelope) -> Lead:
    at, known = to_us(envelope.time), row.converted_at
    first = at if is_earlier(at, known) else known or at
    last = max(at, row.last_converted_at or at)
    return replace(row, converted_at=first, last_converted_at=last, updated_at=recorded_at(envelope))


def _unconverted(row: Lead, _: LeadUnconverted, envelope: Envelope) -> Lead:
    last = row.last_converted_at
    stands = last if last is not None and last > to_us(envelope.time) else None  # converted anew since
    return replace(row, converted_at=stands, last_converted_at=stands, updated_at=recorded_at(envelope))


def _rejected(row: Lead, fact: LeadRejected, envelope: Envelope) -> Lead:
    return _back(row, "rejected", fact.reason, envelope)


def _recycled(row: Lead, fact: LeadRecycled, envelope: Envelope) -> Lead:
    return _back(row, "recycled", fact.reason, envelope)


def _reopened(row: Lead, fact: LeadReopened, envelope: Envelope) -> Lead:
    row = _back(row, "reopened", fact.reason, envelope)
    return replace(row, archived_at=None, reopened_at=to_us(envelope.time))


def _back(row: Lead, how: str, reason: str, envelope: Envelope) -> Lead:
    """The cycle is over, and marketing has the lead again."""
    return replace(
        row,
        qualified_at=None,
        handed_over_at=None,
        accepted_at=None,
        carried=None,
        back=how,
        back_because=reason,
        program=None,
        updated_at=recorded_at(envelope),
    )


def _nurtured(row: Lead, fact: NurtureRequested | NurtureWithheld, envelope: Envelope) -> Lead:
    return replace(
        row,
        program=fact.program,
        program_status=fact.status,
        program_of=fact.of,
        withheld=fact.why if isinstance(fact, NurtureWithheld) else None,
        updated_at=recorded_at(envelope),
    )


def _archived(row: Lead, _: LeadArchived, envelope: Envelope) -> Lead:
    at, known = to_us(envelope.time), row.archived_at
    at = at if is_earlier(at, known) else known or at
    return replace(row, archived_at=at, updated_at=recorded_at(envelope))


CYCLES: dict[type[Fact], Handler[Lead]] = {
    LeadQualified: _qualified,
    LeadHandedOver: _handed_over,
    LeadAssigned: _assigned,
    LeadConverted: _converted,
    LeadArchived: _archived,
    LeadUnconverted: _unconverted,
    LeadAccepted: _accepted,
    LeadRejected: _rejected,
    LeadRecycled: _recycled,
    LeadReopened: _reopened,
    NurtureRequested: _nurtured,
    NurtureWithheld: _nurtured,
}
"""What these facts do to a lead."""
