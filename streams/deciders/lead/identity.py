"""Who the lead is: it claims the keys it is known by, is merged into an older lead that has one of them, and tells it.

The older lead always wins, by the instant of the capture and then by id. A lead that was merged claims as of then and
hands on what it hears, so the age of whom reports reach only grows, and no merges form a circle.
"""

from collections.abc import Iterator, Sequence
from typing import cast

from msgspec.structs import replace

from events.commands import MergeLead, UnmergeLead
from events.company_names import company_name_of
from events.envelope import Envelope, is_subject
from events.identity import (
    AccountFound,
    IdentityShared,
    LeadHistoryShared,
    LeadHistoryTakenBack,
    LeadIdentityClaimed,
    LeadIdentityLinked,
    LeadMatched,
    LeadMerged,
    LeadSuspected,
    LeadUnmerged,
)
from events.instants import from_us, us_or_none
from events.lead import LeadTouched
from streams.agreement.compiled import Agreement
from streams.deciders.lead.given import Given, Live, Refusal, Told
from streams.deciders.lead.person import Person, age
from streams.deciders.lead.sharing import news, whole
from streams.deciders.lead.state import Lead
from streams.deciders.lead.union import own_of
from streams.matching.keys import WEAK, company_keys, kind_of, linked_key, person_keys

_COMPANY = "company_"
BY_COMMAND = "command"
"""What two leads have in common that a person says are one."""


def on_known(live: Live, _envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """More is known about who they are: new keys are claimed, and all of them where the lead is older than told."""
    agreement = _agreement(live, given)
    if agreement is None or not agreement.identity.on:
        return ()
    identity, profile = agreement.identity, own_of(live.lead).profile
    return _claims(live, at, [*person_keys(profile, identity, given.secret),
                              *company_keys(profile, identity, given.secret)])  # fmt: skip


def on_linked(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """A system knows the lead by something more."""
    fact, agreement = cast("LeadIdentityLinked", envelope.data), _agreement(live, given)
    if agreement is None or fact.kind not in agreement.identity.merge_on or not agreement.identity.on:
        return ()
    country = own_of(live.lead).profile.get("company.country")
    key = linked_key(fact.kind, fact.value, fact.issuer or envelope.source, country, given.secret)
    return () if key is None else _claims(live, at, [key])


def on_clicked(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """A touch with a click id: whoever sends a form with that id is the same person."""
    agreement = _agreement(live, given)
    if agreement is None or "anonymous_id" not in agreement.identity.merge_on or not agreement.identity.on:
        return ()
    key = linked_key("anonymous_id", cast("LeadTouched", envelope.data).click_id or "", "", None, given.secret)
    return () if key is None else _claims(live, at, [key])


def on_reported(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """Another lead has a key of this one, or of a lead that was merged into it."""
    fact, lead, me = cast("IdentityShared", envelope.data), live.lead, given.subject
    person = lead.person
    if fact.lead != me or fact.other == me or fact.is_test != lead.is_test or _is_nobody(lead):
        return ()
    if person is not None:
        if _is_settled(person, fact):
            return ()
        if person.into is not None:
            return (Told(replace(fact, lead=person.into), at),)
    if kind_of(fact.key) == WEAK:
        known = person is not None and fact.other in person.suspects
        return () if known else (Told(LeadSuspected(other=fact.other, key=fact.key), at),)
    theirs = us_or_none(fact.other_captured_at)
    if age(theirs, fact.other) < age(_captured_at(lead), me):
        merged = LeadMerged(into=fact.other, key=fact.key, by=fact.by)
        since = max(at, lead.last_at)
        return [Told(merged, since), *(Told(piece, since) for piece in _whole(lead, me, fact.other))]
    return (Told(_report(lead, me, fact.other, fact.key, fact.by), at),)


def on_unmerged(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """A lead that stands by itself again tells its keys, if it became older meanwhile."""
    if cast("LeadUnmerged", envelope.data).lead != given.subject:
        return ()
    return _claims(live, at, [])


def on_found(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """A key knows an account: the lead is put to the one that is to be preferred now."""
    person = live.lead.person
    if person is None or cast("AccountFound", envelope.data).lead != given.subject:
        return ()
    found, held = person.candidates[0], person.account
    if held is not None and (found.account, found.how) == (held.account, held.how):
        return ()
    return (Told(LeadMatched(account=found.account, how=found.how, confidence=found.confidence), at),)


def pass_on(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """What a merged lead hears, of itself or of leads merged into it, counts for the one it is merged into."""
    lead, me = live.lead, given.subject
    into = None if lead.person is None else lead.person.into
    if into is None:
        return ()
    match envelope.data:
        case LeadHistoryShared() as fact:
            return (Told(replace(fact, into=into, through=(*fact.through, me)), at),) if fact.into == me else ()
        case LeadHistoryTakenBack() as fact:
            return (Told(replace(fact, into=into, through=me), at),) if fact.into == me else ()
        case LeadUnmerged() as fact:
            return (Told(LeadHistoryTakenBack(lead=fact.lead, into=into, through=me), at),) if fact.into == me else ()
        case _:
            found = news(lead, me, into, envelope, at)
            return () if found is None else (Told(found, at),)


def merge(live: Live, command: MergeLead, at: int, given: Given) -> Sequence[Told] | Refusal:
    """A person says that two leads are one: the other lead is asked, and the younger one is merged."""
    lead, person = live.lead, live.lead.person
    if not is_subject(command.into):
        return Refusal("invalid", ("the id of a lead must not begin with a zero character (into)",))
    if command.into == given.subject:
        return Refusal("same lead", ("a lead cannot be merged with itself",))
    if person is not None and person.into is not None:
        return Refusal("merged already", (f"it is merged into {person.into!r}",))
    if person is not None and command.into in person.parts:
        return Refusal("merged already", (f"{command.into!r} is merged into it",))
    return (Told(_report(lead, given.subject, command.into, BY_COMMAND, command.by), at),)


def unmerge(live: Live, command: UnmergeLead, at: int, given: Given) -> Sequence[Told] | Refusal:
    """A person says that a merged lead is somebody else."""
    person = live.lead.person
    if person is None or person.into is None:
        return Refusal("not merged", ("it stands by itself",))
    since = max((each.at for each in live.lead.closings if each.how == "merged"), default=at)
    told = LeadUnmerged(lead=given.subject, into=person.into, by=command.by, reason=command.reason)
    return (Told(told, max(at, since + 1)),)  # it was merged for an instant at least


def unmerged_once(lead: Lead, _command: UnmergeLead) -> str:
    """What an unmerge does once: each time that the lead is merged."""
    return str(sum(each.how == "merged" for each in lead.closings))


def _agreement(live: Live, given: Given) -> Agreement | None:
    """The one that governs the lead; of a stub the one that would."""
    if live.lead.captured_at is None:
        return given.known.choose(live.lead.profile, given.at)
    return given.agreement(live)


def _claims(live: Live, at: int, keys: Sequence[str]) -> Sequence[Told]:
    """The claims that say something new."""
    lead, person = live.lead, live.lead.person
    captured_at, is_test = _captured_at(lead), lead.is_test
    held = [] if person is None else person.keys
    new = [key for key in dict.fromkeys(keys) if key not in held]
    if person is not None and person.into is None and (person.captured_at, person.is_test) != (captured_at, is_test):
        new = list(dict.fromkeys((*held, *new)))
    elif any(key.startswith(f"{_COMPANY}name") for key in new):  # a new name may be nearer to that of an account
        new += [key for key in held if key.startswith(_COMPANY) and key not in new]
    company = company_name_of(own_of(lead).profile.get("company.name"))
    instant = None if captured_at is None else from_us(captured_at)
    return [
        Told(LeadIdentityClaimed(
            key=key, captured_at=instant, is_test=is_test, company=company if key.startswith(_COMPANY) else None,
        ), at)
        for key in new
    ]  # fmt: skip


def _captured_at(lead: Lead) -> int | None:
    """The capture that counts among leads: of a merged lead, the one it was merged with."""
    person = lead.person
    return lead.captured_at if person is None or person.into is None else person.captured_at


def _report(lead: Lead, me: str, to: str, key: str, by: str | None) -> IdentityShared:
    captured_at = _captured_at(lead)
    return IdentityShared(
        lead=to, other=me, other_captured_at=None if captured_at is None else from_us(captured_at),
        is_test=lead.is_test, key=key, by=by,
    )  # fmt: skip


def _whole(lead: Lead, me: str, into: str) -> Iterator[LeadHistoryShared]:
    """The lead's own history, and those of the leads that were merged into it."""
    yield from whole(own_of(lead), lead, me, into, lead.captured_at)
    if lead.person is not None:
        for name, part in lead.person.parts.items():
            yield from whole(part, part, name, into, part.captured_at, through=(*part.through, me))


def _is_settled(person: Person, fact: IdentityShared) -> bool:
    """Whether the two leads are one already, or a person has said that they are not."""
    if fact.other == person.into or fact.other in person.parts:
        return True
    return fact.by is None and fact.other in person.apart


def _is_nobody(lead: Lead) -> bool:
    """Whether a report is the first that is heard of the lead."""
    return lead.captured_at is None and not lead.touches and not lead.profile and lead.person is None
