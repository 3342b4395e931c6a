"""How facts about who is who change a lead."""

from collections.abc import Callable
from typing import cast

from events.consent import LeadEnrichmentWithdrawn
from events.envelope import Envelope
from events.fact import Fact
from events.identity import (
    AccountFound,
    LeadHistoryShared,
    LeadHistoryTakenBack,
    LeadIdentityClaimed,
    LeadMatched,
    LeadMerged,
    LeadSuspected,
    LeadUnmerged,
)
from events.instants import to_us, us_or_none
from events.lead import LeadTouched
from events.life import LeadConsentChanged
from streams.deciders.lead.entries import Touch
from streams.deciders.lead.learning import consented, learn, withdraw
from streams.deciders.lead.living import live
from streams.deciders.lead.person import Candidate, Consent, Part
from streams.deciders.lead.state import Lead
from streams.deciders.lead.union import absorb, drop, own_of, person_of, put, unite, unite_touches

_CANDIDATES = 50
"""Accounts a lead remembers at most."""


def touch_of(envelope: Envelope, fact: LeadTouched, at: int) -> Touch:
    """A touch as a lead that may be merged remembers it."""
    return Touch(
        at, envelope.id, fact.direction, fact.channel, fact.kind, fact.side, fact.asset, fact.campaign, envelope.source
    )


def merged(lead: Lead, fact: LeadMerged) -> None:
    """The lead is one with an older one."""
    person = person_of(lead)
    person.into, person.captured_at, person.is_test = fact.into, lead.captured_at, lead.is_test
    if fact.into in person.apart:  # a person has changed their mind
        person.apart.remove(fact.into)


def unmerged(lead: Lead, name: str, fact: LeadUnmerged) -> None:
    """Two leads are two again; `name` is this one."""
    person = person_of(lead)
    if fact.lead == name:
        person.into, other = None, fact.into
    else:
        other = fact.lead
        drop(lead, other, other)
        unite(lead)
    if other not in person.apart:
        person.apart.append(other)


def _consent_changed(lead: Lead, envelope: Envelope, at: int) -> None:
    fact = cast("LeadConsentChanged", envelope.data)
    consented(own_of(lead), fact.purpose, Consent(at, fact.granted, fact.basis, fact.source or None, fact.text_version))
    unite(lead)


def _enrichment_withdrawn(lead: Lead, envelope: Envelope, at: int) -> None:
    withdraw(own_of(lead), cast("LeadEnrichmentWithdrawn", envelope.data).provider, at)
    unite(lead)


def _claimed(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    fact = cast("LeadIdentityClaimed", envelope.data)
    person = person_of(lead)
    if fact.key not in person.keys:
        person.keys.append(fact.key)
    if fact.company is not None:
        person.company = fact.company
    person.captured_at = us_or_none(fact.captured_at)
    person.is_test = fact.is_test


def _history_shared(lead: Lead, envelope: Envelope, at: int) -> None:
    """The own statement changes nothing; what was heard counts, if it continues a history that began."""
    del at
    fact = cast("LeadHistoryShared", envelope.data)
    if fact.into != envelope.subject:
        return
    person = person_of(lead)
    if fact.begins:
        absorb(lead, fact.lead, Part(through=fact.through))
        if fact.lead in person.apart:
            person.apart.remove(fact.lead)
    part = person.parts.get(fact.lead)
    if part is None or part.through != fact.through:
        return
    captured_at = us_or_none(fact.captured_at)
    is_more = fact.begins or part.captured_at != captured_at or fact.profiles or fact.consents or fact.withdrawals
    part.captured_at = captured_at
    live(part, fact)
    touches = _take_in(part, fact)
    if is_more:
        unite(lead)
    else:
        unite_touches(lead, touches)


def _take_in(part: Part, fact: LeadHistoryShared) -> list[Touch]:
    """The touches that it brought."""
    touches = [Touch(to_us(each.at), each.id, each.direction, each.channel, each.kind, each.side, each.asset,
                     each.campaign, each.source) for each in fact.touches]  # fmt: skip
    for touch in touches:
        put(part, touch)
    for gone in fact.withdrawals:
        withdraw(part, gone.provider, to_us(gone.at))
    for told in fact.profiles:
        ranks = {} if told.rank is None else dict.fromkeys(told.profile, told.rank)
        at, provider = to_us(told.at), told.provider
        learn(part, told.profile, at, provider=provider, ranks=ranks, confidence=told.confidence)
    for one in fact.consents:
        consented(part, one.purpose, Consent(to_us(one.at), one.granted, one.basis, one.source, one.text_version))
    return touches


def _history_taken_back(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    fact = cast("LeadHistoryTakenBack", envelope.data)
    if fact.into == envelope.subject:
        drop(lead, fact.lead, fact.through)
        unite(lead)


def _suspected(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    person_of(lead).suspects.append(cast("LeadSuspected", envelope.data).other)


def _account_found(lead: Lead, envelope: Envelope, at: int) -> None:
    """Of one account the surest sign is remembered."""
    del at
    fact, person = cast("AccountFound", envelope.data), person_of(lead)
    known = next((each for each in person.candidates if each.account == fact.account), None)
    how, confidence = fact.how, fact.confidence
    if known is not None:
        person.candidates.remove(known)
        if known.confidence > confidence:
            how, confidence = known.how, known.confidence
    person.candidates.append(Candidate(fact.account, how, confidence, fact.is_open, to_us(fact.opened_at)))
    person.candidates.sort(key=preference)
    del person.candidates[_CANDIDATES:]


def preference(candidate: Candidate) -> tuple[int, bool, int, str]:
    """Which account is preferred, the smallest first: the surest, open before closed, then the older, then by id."""
    return (-candidate.confidence, not candidate.is_open, candidate.opened_at, candidate.account)


def _matched(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    fact, person = cast("LeadMatched", envelope.data), person_of(lead)
    person.account = next((each for each in person.candidates if each.account == fact.account), None)


CHANGES: dict[type[Fact], Callable[[Lead, Envelope, int], None]] = {
    LeadConsentChanged: _consent_changed,
    LeadEnrichmentWithdrawn: _enrichment_withdrawn,
    LeadIdentityClaimed: _claimed,
    LeadHistoryShared: _history_shared,
    LeadHistoryTakenBack: _history_taken_back,
    LeadSuspected: _suspected,
    AccountFound: _account_found,
    LeadMatched: _matched,
}
