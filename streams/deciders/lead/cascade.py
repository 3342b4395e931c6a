"""The whole brain of a lead.

A fact enters, is evolved into the lead and shown to the lead's parts in a fixed order. What a part answers is a fact
again and has its full effect before the next part looks: no part judges a lead that is already another one.
"""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

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
    LeadCaptured: (life.on_captured, engagement.on_known, life.on_known, qualification.on_known, sla.on_captured),
    LeadStatusChanged: (sla.on_status, life.on_status),
    LeadProfileUpdated: (engagement.on_known, life.on_known, qualification.on_known),
    LeadQualified: (sla.on_qualified, ownership.on_qualified),
    LeadHandedOver: (sla.on_handed_over,),
    LeadConverted: (sla.on_closed,),
    LeadArchived: (sla.on_closed,),
}
"""Which parts see a fact, in which order. A fact that is not here changes state only.

A status is judged by the clocks before `life` says what else it means, so that they name it as their reason. What
closes a lead comes before qualification and the start of clocks: a lead that is put aside reaches nobody. A touch is
shown by its direction: what the prospect does scores and qualifies, what we do answers clocks.
"""

ON_INBOUND: tuple[Part, ...] = (engagement.on_inbound, life.on_known, qualification.on_inbound)
ON_OUTBOUND: tuple[Part, ...] = (sla.on_outbound,)


def reactions_to(fact: Fact) -> tuple[Part, ...]:
    """The parts that see a fact, in order."""
    if isinstance(fact, LeadTouched):
        return ON_INBOUND if fact.direction == "inbound" else ON_OUTBOUND
    return REACTIONS.get(type(fact), ())


class Cascade:
    """Everything that follows from one fact about a lead, in order.

    Attributes:
        told: the canonical envelopes, the first fact's own at their head.
    """

    __slots__ = ("_first_id", "_given", "_live", "_made", "_name", "_recorded", "told")

    def __init__(self, live: Live, first: Envelope, at: int, given: Given) -> None:
        self._live, self._given, self._first_id = live, given, first.id
        self._name = f"{first.source}\x1f{first.id}"
        self._recorded = first.time if at == given.at else from_us(given.at)
        self._made = 0
        self.told: list[Envelope] = []

    def tell(self, fact: Envelope, at: int) -> None:
        """Evolve the lead by a fact, and let its parts answer, one after the other."""
        live, given = self._live, self._given
        envelope = canonical(fact, self._recorded, live.lead.sequence + 1)
        evolve(live.lead, envelope, at, given.at, given.secret)
        self.told.append(envelope)
        for part in reactions_to(envelope.data):
            for answer in list(part(live, envelope, at, given)):
                self._made += 1
                self.tell(wrapped(answer, self._first_id, self._name, given.subject, self._made), answer.at)


def cascade(live: Live, first: Envelope, at: int, given: Given) -> list[Envelope]:
    """Everything that follows from one fact, the fact itself first, as canonical envelopes in order.

    Args:
        live: the lead; it is changed.
        first: the fact.
        at: its occurred_at, microseconds.
        given: the circumstances.
    """
    lead = live.lead
    given.latest = max(lead.latest_at, lead.closings[-1].at) if lead.closings else lead.latest_at
    running = Cascade(live, first, at, given)
    running.tell(first, at)
    if given.late:
        running.told[0] = replace(running.told[0], late=True)
    return running.told
