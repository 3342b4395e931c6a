"""A lead that was handed over goes from one owner to another: by command, or because nobody acted in time."""

from collections.abc import Sequence
from typing import cast

from events.commands import ReassignLead
from events.envelope import Envelope
from events.sla import SlaAnswered, SlaBreachRetracted, SlaEscalated
from streams.agreement.compiled import Agreement
from streams.deciders.lead.closed import why_closed
from streams.deciders.lead.given import Given, Live, Refusal, Told
from streams.deciders.lead.ownership import named, routed, withdrawal
from streams.deciders.lead.state import Lead
from streams.routing import Way, pool_of


def reassign(live: Live, command: ReassignLead, at: int, given: Given) -> Sequence[Told] | Refusal:
    """Somebody decides who gets it now, or whose turn it is to be."""
    lead, agreement = live.lead, given.agreement(live)
    refusal = _refused(lead, command, agreement)
    if refusal is not None or agreement is None or lead.handed_over_at is None:
        return refusal or Refusal("no agreement", ("no agreement in force governs this lead",))
    way = Way("command", command.reason or "by command", command.pool, command.owner)
    return named(lead, agreement, way, max(at, lead.handed_over_at))


def on_escalated(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """A promise stays broken: somebody else of the owner's pool gets the lead, where the agreement says so."""
    lead, fact = live.lead, cast("SlaEscalated", envelope.data)
    if fact.do != "reassign" or lead.handed_over_at is None or lead.closed or lead.asked is not None:
        return ()
    agreement = given.agreement(live, at)
    if agreement is None or agreement.routing is None:
        return ()
    why = f"{fact.clause} was still broken {fact.after} after its due"
    pool = lead.pool if lead.pool in agreement.routing.pools else pool_of(agreement.routing, lead.profile).pool
    return routed(lead, agreement, Way("escalation", why, pool), at, fact.clause)


def on_answered(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """Whoever has the lead keeps it when they act before another one is found."""
    del given
    lead, fact = live.lead, cast("SlaAnswered | SlaBreachRetracted", envelope.data)
    asked = lead.asked
    if asked is None or asked.rule != "escalation" or asked.clause != fact.clause:
        return ()
    return (withdrawal(lead, f"{fact.clause} is answered", at),)


def _refused(lead: Lead, command: ReassignLead, agreement: Agreement | None) -> Refusal | None:
    if lead.closed:
        return Refusal("lead is closed", (why_closed(lead),))
    if lead.handed_over_at is None:
        return Refusal("not handed over", ("nobody has it yet; lead.hand_over gives it to somebody",))
    if (command.owner is None) == (command.pool is None):
        return Refusal("owner or pool", ("name either an owner or a pool",))
    if command.owner is not None:
        return Refusal("already the owner", ("they have it already",)) if command.owner == lead.owner else None
    pools = () if agreement is None or agreement.routing is None else tuple(agreement.routing.pools)
    if command.pool not in pools:
        return Refusal("no such pool", (f"the lead's agreement has {', '.join(pools) or 'no pools'}",))
    return Refusal("test lead", ("it takes nobody's turn; name an owner",)) if lead.is_test else None
