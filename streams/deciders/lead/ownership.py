"""Who has a lead, and its hand-over from marketing to sales.

The hand-over waits for the owner: the owner of an open opportunity of the lead's account, else that of the account,
else whom territory, segment or fallback name, in person or by the turns of a pool. Meanwhile only marketing's clock
runs. An agreement without routing hands over at once.
"""

from collections.abc import Sequence
from typing import cast

from events.account import AccountOwnerTold
from events.commands import HandOverLead
from events.envelope import Envelope, is_subject
from events.lead import LeadHandedOver
from events.routing import (
    LeadAccountAsked,
    LeadAssigned,
    LeadOwnerRequested,
    LeadRequestWithdrawn,
    PoolAssigned,
    PoolRefused,
)
from streams.agreement.compiled import Agreement
from streams.deciders.lead.closed import is_open, why_closed
from streams.deciders.lead.engagement import score_now
from streams.deciders.lead.given import Given, Live, Refusal, Told
from streams.deciders.lead.state import Lead
from streams.routing import Way, pool_key, pool_named, way_of

ACCOUNT = "company.account"
"""The field of a profile that names the account a lead belongs to, where upstream knows it."""


def on_qualified(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """Automatic hand-over, under the agreement that matches the lead now."""
    del envelope
    agreement = _governing(live, at, given)
    if agreement is None or agreement.hand_over != "automatic":
        return ()
    return begin(live.lead, agreement, at)


def begin(lead: Lead, agreement: Agreement, at: int) -> Sequence[Told]:
    """Hand a qualified lead over, or ask for its owner first."""
    if agreement.routing is None:
        return (_handed_over(lead, agreement, lead.owner, at),)
    account = account_of(lead)
    if account is not None:
        return (Told(LeadAccountAsked(account=account, number=lead.requests + 1), at),)
    return routed(lead, agreement, way_of(agreement.routing, lead.profile), at)


def account_of(lead: Lead) -> str | None:
    """The account a lead belongs to: the one that somebody has named, else the one it was matched to.

    What cannot be an account's id (empty, longer than a subject may be, or of the form that tasks keep for themselves)
    names none.
    """
    account = lead.profile.get(ACCOUNT)
    if isinstance(account, str) and is_subject(account):
        return account
    matched = None if lead.person is None else lead.person.account
    return None if matched is None else matched.account


def on_captured(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """A lead that waits for a turn turns out to be one to try the way with: it takes none."""
    del envelope
    lead = live.lead
    asked = lead.asked
    if asked is None or not asked.of_pool or not lead.is_test:
        return ()
    withdrawn, agreement = withdrawal(lead, "it is a test", at), _governing(live, at, given)
    if agreement is None or lead.handed_over_at is not None or lead.qualified_at is None:
        return (withdrawn,)
    return (withdrawn, _handed_over(lead, agreement, None, max(at, asked.at)))


def on_account_known(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """A lead that waits for a turn turns out to belong to an account: whoever looks after that comes first."""
    lead = live.lead
    asked = lead.asked
    if asked is None or not asked.of_pool or lead.handed_over_at is not None:
        return ()
    account = account_of(lead)
    if account is None or account == lead.account_asked:
        return ()
    del envelope, given
    found = Told(LeadAccountAsked(account=account, number=lead.requests + 1), max(at, asked.at))
    return (withdrawal(lead, f"it belongs to account {account}", at), found)


def on_account_told(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """Whoever has an open opportunity of the account gets its leads, else whoever looks after it."""
    lead, fact = live.lead, cast("AccountOwnerTold", envelope.data)
    asked = lead.asked
    if asked is None or asked.number != fact.number:
        return ()
    agreement = _governing(live, at, given)
    if agreement is None:
        return (withdrawal(lead, "no agreement governs it any more", at),)
    if fact.opportunity_owner is not None:
        way = Way("opportunity", f"owner of an open opportunity of account {asked.of}", owner=fact.opportunity_owner)
        return routed(lead, agreement, way, at)
    if fact.owner is not None:
        return routed(lead, agreement, Way("account", f"owner of account {asked.of}", owner=fact.owner), at)
    if agreement.routing is None:
        return (_handed_over(lead, agreement, lead.owner, at),)
    return routed(lead, agreement, way_of(agreement.routing, lead.profile), at)


def on_pool_assigned(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """It is somebody's turn."""
    lead, fact = live.lead, cast("PoolAssigned", envelope.data)
    asked = lead.asked
    if asked is None or asked.number != fact.number:
        return ()
    name, pool = pool_named(asked.of)
    agreement = given.known.version(name, fact.version)
    if agreement is None:
        raise LookupError(f"pool {asked.of} of version {fact.version}, which was never published")
    way = Way(asked.rule, f"{asked.why}; {fact.why}", pool)
    return (assigned(lead, agreement, fact.owner, way, at, instead_of=fact.instead_of),)


def on_pool_refused(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """The pool is gone, or flooded: another way by the present version, else handed over to nobody yet."""
    lead, fact = live.lead, cast("PoolRefused", envelope.data)
    asked = lead.asked
    if asked is None or asked.number != fact.number:
        return ()
    agreement = given.known.in_force(pool_named(asked.of)[0], at)
    if agreement is None or lead.handed_over_at is not None:
        return (withdrawal(lead, fact.reason, at),)
    if agreement.routing is not None and fact.reason == "no_such_pool":
        way = way_of(agreement.routing, lead.profile)
        if way.pool is None or pool_key(agreement.name, way.pool) != asked.of:
            return routed(lead, agreement, way, at)
    return (_handed_over(lead, agreement, None, at),)


def on_assigned(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """The hand-over follows from the first owner of a cycle."""
    del given
    lead, fact = live.lead, cast("LeadAssigned", envelope.data)
    if lead.handed_over_at is not None or lead.qualified_at is None:
        return ()
    told = LeadHandedOver(agreement=fact.agreement, version=fact.version, cycle=fact.cycle, owner=fact.owner)
    return (Told(told, at),)


def on_changed(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """A lead that nobody has to act on asks for no owner; one that is open again asks anew."""
    del envelope
    lead = live.lead
    if lead.asked is None and (lead.qualified_at is None or lead.handed_over_at is not None):
        return ()
    agreement = given.agreement(live)
    wanted = lead.qualified_at is not None and agreement is not None and is_open(lead, agreement)
    if lead.asked is not None:
        return () if wanted else (withdrawal(lead, "nobody has to act on it", at),)
    if not wanted or lead.qualified_at is None:
        return ()
    at = max(at, lead.qualified_at)
    agreement = _governing(live, at, given)
    if agreement is None or agreement.routing is None or agreement.hand_over != "automatic":
        return ()
    return begin(lead, agreement, at)


def hand_over(live: Live, command: HandOverLead, at: int, given: Given) -> Sequence[Told] | Refusal:
    """Marketing hands a qualified lead over; of a lead that was handed over already there is nothing left to hand."""
    lead, agreement = live.lead, given.known.choose(live.lead.profile, given.at) or given.starting(live)
    refusal = _refused(live, given)
    if refusal is not None:
        return refusal
    if agreement is None:
        return Refusal("no agreement", ("no agreement in force governs this lead",))
    at = max(at, lead.qualified_at or 0)
    if command.owner is not None:
        way = Way("command", command.reason or "named in the hand-over", owner=command.owner)
        return named(lead, agreement, way, at)
    if lead.asked is not None:
        return Refusal("already asked for", (f"an owner is awaited from {lead.asked.of}; name one to decide it",))
    return begin(lead, agreement, at)


def named(lead: Lead, agreement: Agreement, way: Way, at: int) -> Sequence[Told]:
    """Somebody decided where the lead goes; what it asks for is asked no more."""
    withdrawn = () if lead.asked is None else (withdrawal(lead, "decided by command", at),)
    return (*withdrawn, *routed(lead, agreement, way, at))


def _refused(live: Live, given: Given) -> Refusal | None:
    """Why a lead cannot be handed over by command."""
    lead = live.lead
    if lead.closed:
        return Refusal("lead is closed", (why_closed(lead),))
    if lead.qualified_at is None:
        return Refusal("not qualified", _missing(live, given))
    if lead.handed_over_at is not None:
        return Refusal("already handed over", (f"cycle {lead.cycle} was handed over before",))
    return None


def assigned(
    lead: Lead, agreement: Agreement, owner: str, way: Way, at: int, *, instead_of: str | None = None
) -> Told:  # fmt: skip
    """The lead is given to somebody; who had it first in its cycle stays on record."""
    handed = lead.handed_over_at is not None
    told = LeadAssigned(
        owner=owner,
        rule=way.rule,
        why=way.why[:4096],
        agreement=agreement.name,
        version=agreement.version,
        cycle=lead.cycle,
        pool=way.pool,
        instead_of=instead_of,
        former=lead.owner if handed else None,
        first_owner=(lead.first_owner or lead.owner) if handed else None,
    )
    return Told(told, at)


def withdrawal(lead: Lead, reason: str, at: int) -> Told:
    """The lead takes back what it asks for."""
    asked = lead.asked
    assert asked is not None
    told = LeadRequestWithdrawn(number=asked.number, reason=reason, pool=asked.of if asked.of_pool else None)
    return Told(told, max(at, asked.at))


def routed(lead: Lead, agreement: Agreement, way: Way, at: int, clause: str | None = None) -> Sequence[Told]:
    """Give the lead to the person at the end of a way, or ask the pool there; another one than who has it now.

    A lead that is sent to try the way takes nobody's turn and nothing of a quota: it is handed over to nobody.
    """
    if way.owner is not None:
        return (assigned(lead, agreement, way.owner, way, at),)
    assert way.pool is not None
    if lead.is_test:
        return () if lead.handed_over_at is not None else (_handed_over(lead, agreement, None, at),)
    told = LeadOwnerRequested(
        pool=pool_key(agreement.name, way.pool),
        number=lead.requests + 1,
        rule=way.rule,
        why=way.why[:4096],
        clause=clause,
        not_to=None if lead.handed_over_at is None else lead.owner,
    )
    return (Told(told, at),)


def _handed_over(lead: Lead, agreement: Agreement, owner: str | None, at: int) -> Told:
    told = LeadHandedOver(agreement=agreement.name, version=agreement.version, cycle=lead.cycle, owner=owner)
    return Told(told, at)


def _governing(live: Live, at: int, given: Given) -> Agreement | None:
    """The agreement that matches the lead now, else the one it lives under, if anything still starts by it."""
    return given.known.choose(live.lead.profile, at) or given.starting(live, at)


def _missing(live: Live, given: Given) -> tuple[str, ...]:
    """What the qualified-lead definition still asks for, in words."""
    agreement = given.agreement(live)
    if agreement is None or agreement.qualification is None:
        return ("no qualified-lead definition governs this lead",)
    return agreement.qualification.missing(live.lead.profile, score_now(live, agreement, given.at))
