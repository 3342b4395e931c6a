"""Hand-over from marketing to sales. While leads are not routed, it follows the qualification at once."""

from collections.abc import Sequence
from typing import cast

from events.envelope import Envelope
from events.lead import LeadHandedOver, LeadQualified
from streams.deciders.lead.given import Given, Live, Told


def on_qualified(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """Automatic hand-over, under the agreement that matches the lead now."""
    fact = cast("LeadQualified", envelope.data)
    agreement = given.known.choose(live.lead.profile, at) or given.known.in_force(fact.agreement, at)
    if agreement is None or agreement.hand_over != "automatic":
        return ()
    told = LeadHandedOver(agreement=agreement.name, version=agreement.version, cycle=fact.cycle, owner=live.lead.owner)
    return (Told(told, at),)
