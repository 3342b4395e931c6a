"""The whole brain of a lead.

A fact enters, is evolved into the lead and shown to the lead's parts in a fixed order; what they answer joins the
queue, until it is empty.
"""

from collections import deque
from collections.abc import Callable, Iterable

from events.envelope import Envelope
from events.fact import Fact
from events.instants import from_us
from events.lead import (
    LeadArchived,
    LeadCaptured,
    LeadConverted,
    LeadHandedOver,
    LeadProfileUpdated,
    LeadQualified,
    LeadStatusChanged,
    LeadTouched,
)
from streams.deciders.lead import engagement, life, ownership, qualification, sla
from streams.deciders.lead.envelopes import canonical, wrapped
from streams.deciders.lead.evolve import evolve
from streams.deciders.lead.given import Given, Live, Told

Part = Callable[[Live, Envelope, int, Given], Iterable[Told]]
"""Given the lead, a fact, its occurred_at in microseconds and the circumstances: further facts."""

REACTIONS: dict[type[Fact], tuple[Part, ...]] = {
    LeadCaptured: (engagement.on_known, qualification.on_known, sla.on_captured, life.on_captured, life.on_known),
    LeadStatusChanged: (sla.on_status, life.on_status),
    LeadProfileUpdated: (engagement.on_known, qualification.on_known, life.on_known),
    LeadQualified: (sla.on_qualified, ownership.on_qualified),
    LeadHandedOver: (sla.on_handed_over,),
    LeadConverted: (sla.on_closed,),
    LeadArchived: (sla.on_closed,),
}
"""Which parts see a fact, in which order. A fact that is not here changes state only.

A touch is shown by its direction: what the prospect does scores and qualifies, what we do answers clocks. Clocks are
judged before `life` answers with a conversion or an archiving, so that each clock ends once.
"""

ON_INBOUND: tuple[Part, ...] = (engagement.on_inbound, qualification.on_inbound, life.on_known)
ON_OUTBOUND: tuple[Part, ...] = (sla.on_outbound,)


def reactions_to(fact: Fact) -> tuple[Part, ...]:
    """The parts that see a fact, in order."""
    if isinstance(fact, LeadTouched):
        return ON_INBOUND if fact.direction == "inbound" else ON_OUTBOUND
    return REACTIONS.get(type(fact), ())


def cascade(live: Live, first: Envelope, at: int, given: Given) -> list[Envelope]:
    """Everything that follows from one fact, the fact itself first, as canonical envelopes in order.

    Args:
        live: the lead; it is changed.
        first: the fact.
        at: its occurred_at, microseconds.
        given: the circumstances.
    """
    lead, recorded_at, secret, subject = live.lead, given.at, given.secret, given.subject
    recorded = from_us(recorded_at)
    cause = f"{first.source}\x1f{first.id}"
    told: list[Envelope] = []
    queue = deque([(first, at)])
    while queue:
        fact, occurred_at = queue.popleft()
        envelope = canonical(fact, recorded, lead.sequence + 1)
        evolve(lead, envelope, occurred_at, recorded_at, secret)
        told.append(envelope)
        for part in reactions_to(envelope.data):
            for answer in part(live, envelope, occurred_at, given):
                ordinal = len(told) + len(queue)
                queue.append((wrapped(answer, first.id, cause, subject, ordinal), answer.at))
    return told
