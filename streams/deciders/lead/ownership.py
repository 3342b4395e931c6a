"""Hand-over from marketing to sales. While leads are not routed, it follows the qualification at once."""

from collections.abc import Sequence
from typing import cast

from events.commands import HandOverLead
from events.envelope import Envelope
from events.lead import LeadHandedOver, LeadQualified
from streams.deciders.lead.closings import lasting
from streams.deciders.lead.engagement import score_now
from streams.deciders.lead.given import Given, Live, Refusal, Told


def on_qualified(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """Automatic hand-over, under the agreement that matches the lead now."""
    fact = cast("LeadQualified", envelope.data)
    agreement = given.known.choose(live.lead.profile, at) or given.known.starting(fact.agreement, at)
    if agreement is None or agreement.hand_over != "automatic":
        return ()
    told = LeadHandedOver(agreement=agreement.name, version=agreement.version, cycle=fact.cycle, owner=live.lead.owner)
    return (Told(told, at),)


def hand_over(live: Live, command: HandOverLead, at: int, given: Given) -> Sequence[Told] | Refusal:
    """Marketing hands a qualified lead over; of a lead that was handed over already there is nothing left to hand."""
    lead = live.lead
    if lead.closed:
        return Refusal("lead is closed", (f"it is {lasting(lead.closings)[0]}",))
    if lead.qualified_at is None:
        return Refusal("not qualified", _missing(live, given))
    if lead.handed_over_at is not None:
        return Refusal("already handed over", (f"cycle {lead.cycle} was handed over before",))
    agreement = given.known.choose(lead.profile, given.at) or given.starting(live)
    if agreement is None:
        return Refusal("no agreement", ("no agreement in force governs this lead",))
    owner = command.owner or lead.owner
    told = LeadHandedOver(agreement=agreement.name, version=agreement.version, cycle=lead.cycle, owner=owner)
    return (Told(told, max(at, lead.qualified_at)),)


def _missing(live: Live, given: Given) -> tuple[str, ...]:
    """What the qualified-lead definition still asks for, in words."""
    agreement = given.agreement(live)
    if agreement is None or agreement.qualification is None:
        return ("no qualified-lead definition governs this lead",)
    return agreement.qualification.missing(live.lead.profile, score_now(live, agreement, given.at))
