"""How each fact changes a lead. The state is exactly the fold of these over the lead's canonical log."""

from bisect import insort
from collections.abc import Callable
from typing import cast

from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadMerged, LeadUnmerged
from events.instants import to_us, us_or_none
from events.lead import (
    LeadCaptured,
    LeadHandedOver,
    LeadProfileUpdated,
    LeadQualified,
    LeadScored,
    LeadStatusChanged,
    LeadTouched,
)
from events.routing import LeadAccountAsked, LeadAssigned, LeadOwnerRequested, LeadRequestWithdrawn
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
from streams.deciders.envelopes import read_back
from streams.deciders.lead import joined, learning
from streams.deciders.lead.closings import Closing, add
from streams.deciders.lead.entries import Asked, Clock, ProfileValue, StatusEntry, Touch
from streams.deciders.lead.evolve_life import LIFE, catch_up, enter
from streams.deciders.lead.state import Lead
from streams.deciders.lead.union import own_of, put, unite, unite_touches

Change = Callable[[Lead, Envelope, int], None]
"""Changes a lead by a fact that happened at an instant, in microseconds."""


def fold(lead: Lead, envelope: Envelope, secret: bytes = b"") -> None:
    """Change the lead by one fact of the canonical log."""
    recorded_at, mark = read_back(envelope, lead.recorded_at, secret)
    evolve(lead, envelope, to_us(envelope.time), recorded_at, mark)


def evolve(lead: Lead, envelope: Envelope, at: int, recorded_at: int, mark: int | None) -> None:
    """Change the lead by one fact.

    Args:
        lead: the lead.
        envelope: the fact.
        at: its occurred_at, microseconds.
        recorded_at: when it became known, microseconds.
        mark: its fingerprint; None of a fact made here.
    """
    lead.recorded_at = recorded_at
    lead.sequence += 1
    if mark is not None:
        lead.seen.append(mark)
        lead.latest_at = max(lead.latest_at, at)
    change = _CHANGES.get(type(envelope.data))
    if change is not None:
        change(lead, envelope, at)


def _captured(lead: Lead, envelope: Envelope, at: int) -> None:
    fact = cast("LeadCaptured", envelope.data)
    if lead.captured_at is None or at < lead.captured_at:
        lead.captured_at, lead.source = at, fact.source
    lead.agreement = fact.agreement
    lead.is_test = lead.is_test or fact.is_test
    learning.learn(own_of(lead), fact.profile, at)
    _known(lead, fact.profile, at)


def _profile_updated(lead: Lead, envelope: Envelope, at: int) -> None:
    fact = cast("LeadProfileUpdated", envelope.data)
    learning.told(own_of(lead), fact, at)
    _known(lead, fact.profile, at)


def _known(lead: Lead, profile: dict[str, ProfileValue], at: int) -> None:
    """More is known of the lead itself."""
    unite(lead)
    if lead.waiting is not None:
        catch_up(lead.waiting, lead, profile, at)


def _touched(lead: Lead, envelope: Envelope, at: int) -> None:
    fact = cast("LeadTouched", envelope.data)
    if lead.person is None:  # nobody asks for the source
        put(lead, Touch(at, envelope.id, fact.direction, fact.channel, fact.kind, fact.side, fact.asset, fact.campaign))
        return
    touch = joined.touch_of(envelope, fact, at)
    put(own_of(lead), touch)
    unite_touches(lead, [touch])


def _status_changed(lead: Lead, envelope: Envelope, at: int) -> None:
    fact = cast("LeadStatusChanged", envelope.data)
    entry = StatusEntry(at, envelope.source, envelope.id, fact.status)
    insort(lead.statuses, entry)
    if lead.statuses[-1] is entry:
        enter(lead, fact, at)


def _scored(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    fact = cast("LeadScored", envelope.data)
    lead.score, lead.grade, lead.scored_version = (fact.score, fact.fit, fact.engagement), fact.grade, fact.version


def _qualified(lead: Lead, envelope: Envelope, at: int) -> None:
    if lead.handed_over_at is not None:
        lead.former_hand_overs[lead.cycle] = lead.handed_over_at
    lead.cycle = cast("LeadQualified", envelope.data).cycle
    lead.qualified_at, lead.handed_over_at = at, None
    lead.first_owner, lead.pool, lead.account_asked, lead.carried = None, None, None, None


def _handed_over(lead: Lead, envelope: Envelope, at: int) -> None:
    fact = cast("LeadHandedOver", envelope.data)
    lead.handed_over_at, lead.owner, lead.agreement = at, fact.owner, fact.agreement
    lead.asked = None
    if fact.of is not None:
        _carried_over(lead, fact, at)


def _carried_over(lead: Lead, fact: LeadHandedOver, at: int) -> None:
    """It was with sales already, as a lead that was merged into it."""
    lead.carried = fact.of
    if lead.qualified_at is None:
        lead.qualified_at, lead.cycle = at, fact.cycle
    lead.first_owner, lead.pool, lead.account_asked = None, None, None
    lead.accepted_at = us_or_none(fact.accepted_at)
    if lead.accepted_at is not None:
        lead.acceptances[fact.cycle] = lead.accepted_at


def _account_asked(lead: Lead, envelope: Envelope, at: int) -> None:
    fact = cast("LeadAccountAsked", envelope.data)
    lead.requests, lead.asked = fact.number, Asked(fact.number, at, fact.account)
    lead.account_asked = fact.account


def _owner_requested(lead: Lead, envelope: Envelope, at: int) -> None:
    fact = cast("LeadOwnerRequested", envelope.data)
    lead.requests = fact.number
    lead.asked = Asked(fact.number, at, fact.pool, of_pool=True, rule=fact.rule, why=fact.why, clause=fact.clause)


def _request_withdrawn(lead: Lead, envelope: Envelope, at: int) -> None:
    del envelope, at
    lead.asked = None


def _assigned(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    fact = cast("LeadAssigned", envelope.data)
    lead.owner, lead.first_owner, lead.pool = fact.owner, fact.first_owner or fact.owner, fact.pool
    lead.asked = None


def _merged(lead: Lead, envelope: Envelope, at: int) -> None:
    joined.merged(lead, cast("LeadMerged", envelope.data))
    add(lead.closings, Closing(at, "merged"))


def _unmerged(lead: Lead, envelope: Envelope, at: int) -> None:
    fact = cast("LeadUnmerged", envelope.data)
    joined.unmerged(lead, envelope.subject, fact)
    if fact.lead != envelope.subject:
        return  # the other one was merged into this lead
    add(lead.closings, Closing(at, "unmerged", lead.cycle))
    if lead.cycle:  # what is still to be done about it is done in a cycle of its own
        if lead.handed_over_at is not None:
            lead.former_hand_overs[lead.cycle] = lead.handed_over_at
        lead.cycle += 1


def _clock_started(lead: Lead, envelope: Envelope, at: int) -> None:
    fact = cast("SlaStarted", envelope.data)
    lead.clocks.append(
        Clock(
            agreement=fact.agreement,
            version=fact.version,
            clause=fact.clause,
            cycle=fact.cycle,
            side=fact.side,
            start=at,
            due=us_or_none(fact.due),
            warn_at=us_or_none(fact.warn_at),
        )
    )


def clock_of(lead: Lead, fact: SlaFact) -> Clock:
    """The clock a fact speaks of."""
    return next(
        clock
        for clock in lead.clocks
        if (clock.clause, clock.cycle, clock.version, clock.agreement)
        == (fact.clause, fact.cycle, fact.version, fact.agreement)
    )


def _clock_warned(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    clock_of(lead, cast("SlaWarned", envelope.data)).warned = True


def _clock_breached(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    fact = cast("SlaBreached", envelope.data)
    clock = clock_of(lead, fact)
    clock.verdict, clock.escalates_at = "breached", us_or_none(fact.escalates_at)


def _clock_escalated(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    fact = cast("SlaEscalated", envelope.data)
    clock = clock_of(lead, fact)
    clock.escalated, clock.escalates_at = fact.level, us_or_none(fact.escalates_at)


def _clock_answered(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    clock = clock_of(lead, cast("SlaAnswered", envelope.data))
    clock.answered, clock.escalates_at = True, None


def _clock_paused(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    fact = cast("SlaPaused", envelope.data)
    clock = clock_of(lead, fact)
    clock.due, clock.warn_at, clock.revision = None, None, fact.revision


def _clock_resumed(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    fact = cast("SlaResumed", envelope.data)
    clock = clock_of(lead, fact)
    clock.due, clock.warn_at, clock.revision = us_or_none(fact.due), us_or_none(fact.warn_at), fact.revision


def _clock_met(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    fact = cast("SlaMet", envelope.data)
    clock = clock_of(lead, fact)
    clock.verdict, clock.answered, clock.due = "met", True, us_or_none(fact.due)


def _clock_cancelled(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    fact = cast("SlaCancelled", envelope.data)
    clock = clock_of(lead, fact)
    clock.verdict, clock.due = "cancelled", us_or_none(fact.due)


def _clock_revised(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    fact = cast("SlaRevised", envelope.data)
    clock = clock_of(lead, fact)
    _revise(clock, fact)
    clock.escalates_at = us_or_none(fact.escalates_at)
    if fact.was != "breached":
        clock.escalated = 0


def _clock_retracted(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    fact = cast("SlaBreachRetracted", envelope.data)
    clock = clock_of(lead, fact)
    _revise(clock, fact)
    clock.escalates_at, clock.escalated = None, 0


def _revise(clock: Clock, fact: SlaRevised | SlaBreachRetracted) -> None:
    clock.verdict, clock.revision = fact.now, fact.revision
    clock.due, clock.warn_at = us_or_none(fact.due), us_or_none(fact.warn_at)
    clock.answered = fact.answered_at is not None


_CHANGES: dict[type[Fact], Change] = {
    LeadCaptured: _captured,
    LeadTouched: _touched,
    LeadStatusChanged: _status_changed,
    LeadProfileUpdated: _profile_updated,
    LeadScored: _scored,
    LeadQualified: _qualified,
    LeadHandedOver: _handed_over,
    LeadAccountAsked: _account_asked,
    LeadOwnerRequested: _owner_requested,
    LeadRequestWithdrawn: _request_withdrawn,
    LeadAssigned: _assigned,
    **LIFE,
    **joined.CHANGES,
    LeadMerged: _merged,
    LeadUnmerged: _unmerged,
    SlaStarted: _clock_started,
    SlaPaused: _clock_paused,
    SlaResumed: _clock_resumed,
    SlaWarned: _clock_warned,
    SlaBreached: _clock_breached,
    SlaEscalated: _clock_escalated,
    SlaAnswered: _clock_answered,
    SlaMet: _clock_met,
    SlaCancelled: _clock_cancelled,
    SlaRevised: _clock_revised,
    SlaBreachRetracted: _clock_retracted,
}
