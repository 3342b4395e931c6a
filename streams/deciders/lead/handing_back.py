"""What sales says of a lead that was handed over: taken, rejected, given back."""

from collections.abc import Sequence

from events.commands import AcceptLead, RecycleLead, RejectLead
from events.life import LeadAccepted, LeadRecycled, LeadRejected, LeadReopened
from streams.deciders.lead.closed import closing_status, why_closed
from streams.deciders.lead.given import Given, Live, Refusal, Told
from streams.deciders.lead.state import Lead


def accept(live: Live, command: AcceptLead, at: int, given: Given) -> Sequence[Told] | Refusal:
    """Sales takes the lead."""
    lead = live.lead
    refused = _closed(live, given) or _not_with_sales(lead)
    if refused is not None:
        return refused
    if lead.accepted_at is not None:
        return Refusal("already accepted", (f"cycle {lead.cycle} was accepted before",))
    return (Told(LeadAccepted(by=command.by, cycle=lead.cycle), max(at, lead.handed_over_at or 0)),)


def reject(live: Live, command: RejectLead, at: int, given: Given) -> Sequence[Told] | Refusal:
    """Sales does not take the lead, or gives it up; what becomes of it follows from the reason."""
    lead = live.lead
    refused = _closed(live, given) or _not_with_sales(lead)
    if refused is not None:
        return refused
    told = LeadRejected(by=command.by, reason=command.reason, feedback=command.feedback, cycle=lead.cycle)
    return (Told(told, _now(lead, at)),)


def recycle(live: Live, command: RecycleLead, at: int, given: Given) -> Sequence[Told] | Refusal:
    """Back to marketing; what is unqualified or put aside is opened again."""
    lead = live.lead
    kept = [how for how in lead.lasting if how != "archived"]
    if kept:
        return Refusal("lead is closed", (why_closed(lead, kept[0]) + _REMEDY.get(kept[0], ""),))
    if _closed(live, given) is not None:
        told = LeadReopened(reason=command.reason, by=command.by, cycle=lead.cycle)
        return (Told(told, _now(lead, at)),)
    refused = _not_with_sales(lead)
    if refused is not None:
        return refused
    return (Told(LeadRecycled(reason=command.reason, by=command.by, cycle=lead.cycle), _now(lead, at)),)


_REMEDY = {"converted": "; take the conversion back first (unconvert)"}


def _now(lead: Lead, at: int) -> int:
    """What ends a cycle ends it after all that is known to belong to it."""
    return max(at, lead.last_at, lead.handed_over_at or 0)


def _closed(live: Live, given: Given) -> Refusal | None:
    if live.lead.closed:
        return Refusal("lead is closed", (why_closed(live.lead),))
    agreement = given.agreement(live)
    status = None if agreement is None else closing_status(live.lead, agreement)
    return None if status is None else Refusal("lead is closed", (f"its status is {status}",))


def _not_with_sales(lead: Lead) -> Refusal | None:
    if lead.handed_over_at is not None:
        return None
    if lead.qualified_at is not None:
        return Refusal("not with sales", ("it is qualified, but was not handed over yet",))
    return Refusal("not with sales", ("marketing has it: it is not qualified",))
