"""Who has a merged lead in sales has the lead that counts for it: sales goes on where it was, and is not asked anew.

The hand-over is told again of the older lead, as of the instant at which the merged one was handed over, so its clocks
run on with the dues they had. When the merged lead leaves, that hand-over falls from its first instant on.
"""

from collections.abc import Sequence

from events.envelope import Envelope
from events.instants import from_us
from events.lead import LeadHandedOver
from events.life import LeadRecycled
from streams.deciders.lead.closed import is_open
from streams.deciders.lead.given import Given, Live, Told
from streams.deciders.lead.lives import carries, lives
from streams.deciders.lead.ownership import withdrawal
from streams.deciders.lead.state import Lead


def on_joined(live: Live, _envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """A lead that sales has was merged into this one, or is not any more."""
    lead, person = live.lead, live.lead.person
    if person is None:
        return ()
    if lead.carried is not None:
        return () if lead.carried in person.parts else _fallen(lead, at)
    if lead.captured_at is None or lead.handed_over_at is not None or person.into is not None:
        return ()
    found = [(carried, name) for name, part in lives(person) if (carried := carries(part)) is not None]
    if not found:
        return ()
    last, name = max(found, key=lambda each: (each[0].at, each[1]))
    agreement = given.known.in_force(last.agreement, last.at)
    if agreement is None or not is_open(lead, given.agreement(live) or agreement):
        return ()
    told = LeadHandedOver(
        agreement=agreement.name,
        version=agreement.version,
        cycle=lead.cycle + (lead.qualified_at is None),
        owner=last.owner,
        of=name,
        accepted_at=None if last.accepted_at is None else from_us(last.accepted_at),
    )
    asked = () if lead.asked is None else (withdrawal(lead, f"sales has it as {name}", at),)
    return (*asked, Told(told, last.at))


def _fallen(lead: Lead, at: int) -> Sequence[Told]:
    since = at if lead.handed_over_at is None else lead.handed_over_at
    reason = f"sales had it as {lead.carried}, which is another lead"
    return (Told(LeadRecycled(reason=reason, cycle=lead.cycle), since),)
