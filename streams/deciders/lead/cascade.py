"""The whole brain of a lead.

A fact enters, is evolved into the lead and shown to the lead's parts in a fixed order. What a part answers is a fact
again and has its full effect before the next part looks: no part judges a lead that is already another one.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

from msgspec.structs import replace

from events.account import AccountOwnerTold
from events.consent import LeadEnrichmentWithdrawn
from events.envelope import Envelope
from events.fact import Fact
from events.identity import (
    AccountFound,
    IdentityShared,
    LeadHistoryShared,
    LeadHistoryTakenBack,
    LeadIdentityLinked,
    LeadMatched,
    LeadMerged,
    LeadUnmerged,
)
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
from events.life import (
    LeadAccepted,
    LeadBounced,
    LeadConsentChanged,
    LeadRecycled,
    LeadRejected,
    LeadReopened,
    LeadUnconverted,
    NurtureRequested,
    NurtureWithheld,
)
from events.routing import LeadAssigned, PoolAssigned, PoolRefused
from events.sla import SlaAnswered, SlaBreachRetracted, SlaEscalated
from events.sources import OWN_SOURCE
from streams.deciders.envelopes import canonical, derived, id_of
from streams.deciders.lead import (
    carrying,
    conversion,
    engagement,
    identity,
    life,
    nurture,
    ownership,
    qualification,
    reassigning,
    resuming,
    sla,
)
from streams.deciders.lead.alone import last_at
from streams.deciders.lead.evolve import evolve
from streams.deciders.lead.given import Given, Live, Told

Part = Callable[[Live, Envelope, int, Given], Sequence[Told]]
"""Given the lead, a fact, its occurred_at in microseconds and the circumstances: further facts."""

ON_JOINED: tuple[Part, ...] = (
    engagement.on_history,
    carrying.on_joined,
    engagement.on_joined,
    nurture.on_joined,
    life.on_known,
    qualification.on_known,
    sla.on_joined,
    ownership.on_changed,
)
"""The history and the life of another lead count for this one, or count no longer."""

REACTIONS: dict[type[Fact], tuple[Part, ...]] = {
    LeadCaptured: (
        life.on_captured,
        engagement.on_known,
        life.on_known,
        qualification.on_known,
        sla.on_captured,
        ownership.on_captured,
        identity.on_known,
        conversion.on_captured,
    ),
    LeadStatusChanged: (sla.on_status, life.on_status, ownership.on_changed),
    LeadProfileUpdated: (
        engagement.on_known,
        life.on_known,
        qualification.on_known,
        ownership.on_account_known,
        identity.on_known,
    ),
    LeadEnrichmentWithdrawn: (engagement.on_known, life.on_known, qualification.on_known),
    LeadQualified: (sla.on_qualified, ownership.on_qualified),
    LeadHandedOver: (engagement.on_handed_over, sla.on_handed_over),
    LeadAssigned: (ownership.on_assigned,),
    LeadConverted: (sla.on_closed, ownership.on_changed),
    LeadArchived: (sla.on_closed, ownership.on_changed),
    SlaEscalated: (reassigning.on_escalated,),
    SlaAnswered: (reassigning.on_answered,),
    SlaBreachRetracted: (reassigning.on_answered,),
    AccountOwnerTold: (ownership.on_account_told,),
    PoolAssigned: (ownership.on_pool_assigned,),
    PoolRefused: (ownership.on_pool_refused,),
    LeadUnconverted: (ownership.on_changed,),
    LeadAccepted: (sla.on_accepted,),
    LeadRejected: (sla.on_closed, ownership.on_changed, nurture.on_rejected),
    LeadRecycled: (sla.on_closed, ownership.on_changed),
    LeadReopened: (ownership.on_changed,),
    NurtureRequested: (nurture.on_requested,),
    NurtureWithheld: (nurture.on_requested,),
    LeadConsentChanged: (nurture.on_permission,),
    LeadBounced: (nurture.on_permission,),
    LeadIdentityLinked: (identity.on_linked,),
    IdentityShared: (identity.on_reported,),
    LeadMerged: (sla.on_closed, ownership.on_changed),
    LeadUnmerged: (resuming.on_unmerged, identity.on_unmerged, *ON_JOINED),
    LeadHistoryShared: ON_JOINED,
    LeadHistoryTakenBack: ON_JOINED,
    AccountFound: (identity.on_found,),
    LeadMatched: (ownership.on_account_known,),
}
"""Which parts see a fact, in which order. A fact that is not here changes state only.

A status is judged by the clocks before `life` says what else it means, so that they name it as their reason. What
closes a lead comes before qualification and the start of clocks: a lead that is put aside reaches nobody. A touch is
shown by its direction: what the prospect does scores and qualifies, what we do answers clocks.
"""

_HISTORIES = frozenset[type[Fact]]({LeadHistoryShared, LeadHistoryTakenBack})
ON_INBOUND: tuple[Part, ...] = (engagement.on_inbound, life.on_known, qualification.on_inbound)
ON_OUTBOUND: tuple[Part, ...] = (sla.on_outbound,)


def reactions_to(envelope: Envelope) -> tuple[Part, ...]:
    """The parts that see a fact, in order. What a merged lead tells of itself is news to the other lead alone."""
    fact = envelope.data
    kind = type(fact)
    if kind is LeadTouched:
        touch = cast("LeadTouched", fact)
        parts = ON_INBOUND if touch.direction == "inbound" else ON_OUTBOUND
        return parts if touch.click_id is None else (*parts, identity.on_clicked)
    if kind in _HISTORIES and cast("LeadHistoryShared | LeadHistoryTakenBack", fact).into != envelope.subject:
        return ()
    return REACTIONS.get(kind, ())


class Cascade:
    """Everything that follows from one cause about a lead, in order.

    Args:
        live: the lead; it is changed.
        given: the circumstances.
        cause_id: id of the cause.
        cause: what ids of derived facts follow from.
        recorded_at: when the cause became known: the lead's time.

    Attributes:
        told: the canonical envelopes.
    """

    __slots__ = ("_cause", "_cause_id", "_given", "_live", "_made", "_recorded_at", "_since", "_time", "told")

    def __init__(self, live: Live, given: Given, cause_id: str, cause: str, recorded_at: datetime) -> None:
        self._live, self._given, self._cause_id, self._cause = live, given, cause_id, cause
        self._recorded_at = recorded_at
        self._since, self._time = given.at, recorded_at
        self._made = 0
        self.told: list[Envelope] = []

    def accept(self, first: Envelope, at: int, mark: int) -> None:
        """Take in a fact from outside that happened at `at` (microseconds), and all that follows."""
        self._since, self._time = at, first.time
        self._tell(canonical(first, self._recorded_at, self._live.lead.sequence + 1), at, mark)

    def answer(self, answer: Told, fact_id: str, cause_id: str) -> None:
        """Take in a fact made here, and all that follows."""
        envelope = derived(
            answer,
            subject=self._given.subject,
            cause_id=cause_id,
            fact_id=fact_id,
            time=self._instant(answer.at),
            recorded_at=self._recorded_at,
            sequence=self._live.lead.sequence + 1,
        )
        self._tell(envelope, answer.at, None)

    def follow(self, answers: Sequence[Told]) -> None:
        """Take in facts that the cause has led to, one after the other, each with all that follows."""
        for answer in answers:
            self._made += 1
            self.answer(answer, id_of(answer, self._given.subject, self._cause, self._made), self._cause_id)

    def _tell(self, envelope: Envelope, at: int, mark: int | None) -> None:
        """Evolve the lead by a fact, and let its parts answer, one after the other."""
        live, given = self._live, self._given
        given.before = live.lead.agreement
        evolve(live.lead, envelope, at, given.at, mark)
        self.told.append(envelope)
        for part in reactions_to(envelope):
            answers = part(live, envelope, at, given)
            if answers:
                self.follow(answers)
        person = live.lead.person
        if person is not None and person.into is not None:
            self.follow(identity.pass_on(live, envelope, at, given))

    def _instant(self, at: int) -> datetime:
        """The datetime of an instant: mostly that of the cause, or of the lead's time, which are there already."""
        if at == self._since:
            return self._time
        return self._recorded_at if at == self._given.at else from_us(at)


def cascade(live: Live, first: Envelope, at: int, given: Given, mark: int) -> list[Envelope]:
    """Everything that follows from one fact, the fact itself first, as canonical envelopes in order.

    Args:
        live: the lead; it is changed.
        first: the fact.
        at: its occurred_at, microseconds.
        given: the circumstances.
        mark: the fact's fingerprint.
    """
    given.latest = last_at(live.lead)
    recorded_at = first.time if at == given.at else from_us(given.at)
    running = Cascade(live, given, first.id, f"{first.source}\x1f{first.id}", recorded_at)
    running.accept(first, at, mark)
    return _marked(running.told, given)


def commanded(live: Live, command: Envelope, answers: Sequence[Told], given: Given) -> list[Envelope]:
    """Everything that follows from an accepted command, which is no fact itself, as canonical envelopes in order.

    Args:
        live: the lead; it is changed.
        command: the command.
        answers: what it leads to.
        given: the circumstances.
    """
    given.latest = last_at(live.lead)
    running = Cascade(live, given, command.id, f"{command.source}\x1f{command.id}", from_us(given.at))
    running.follow(answers)
    return _marked(running.told, given) if running.told else []


def answered(live: Live, answer: Told, cause: str, ordinal: int, given: Given) -> list[Envelope]:
    """Everything that follows from a fact that the lead tells by itself, because time has passed.

    Args:
        live: the lead; it is changed.
        answer: the fact.
        cause: id of what brought it about.
        ordinal: how many facts that brought about before.
        given: the circumstances.
    """
    given.latest = last_at(live.lead)
    fact_id = id_of(answer, given.subject, cause, ordinal)
    running = Cascade(live, given, fact_id, f"{OWN_SOURCE}\x1f{fact_id}", from_us(given.at))
    running.answer(answer, fact_id, cause)
    return _marked(running.told, given)


def _marked(told: list[Envelope], given: Given) -> list[Envelope]:
    if given.late:
        told[0] = replace(told[0], late=True)
    return told
