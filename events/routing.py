"""Facts about who gets a lead: what leads ask for, what they are given, and the pools of people that give it."""

from typing import Literal

from msgspec import Struct

from events.fact import Count, Fact, Identifier, Instant, Name, PersonalText, Text

Rule = Literal["opportunity", "account", "territory", "segment", "fallback", "escalation", "command"]
"""What decided who gets a lead."""


class LeadAccountAsked(Fact, frozen=True, kw_only=True):
    """A lead that is to be handed over asked the account it belongs to who looks after it.

    Attributes:
        account: id of the account.
        number: of the lead's requests, from 1; the answer names it.
    """

    account: Identifier
    number: Count


class LeadOwnerRequested(Fact, frozen=True, kw_only=True):
    """A lead asked a pool for an owner.

    Attributes:
        pool: the pool, as `<agreement>/<pool>`.
        number: of the lead's requests, from 1; the answer names it.
        rule: what led to the pool.
        why: that rule in words.
        clause: the clause whose escalation asks for another owner.
        not_to: who must not get it.
    """

    pool: Identifier
    number: Count
    rule: Rule
    why: Text
    clause: Name | None = None
    not_to: PersonalText | None = None


class LeadRequestWithdrawn(Fact, frozen=True, kw_only=True):
    """A lead no longer asks for an owner.

    Attributes:
        number: the request.
        reason: why not.
        pool: the pool that was asked; absent when it was an account.
    """

    number: Count
    reason: Text
    pool: Identifier | None = None


class LeadAssigned(Fact, frozen=True, kw_only=True):
    """A lead was given to somebody. The hand-over follows from it; later on it goes from one to another.

    Attributes:
        owner: who has it now.
        rule: what decided so.
        why: that rule in words.
        agreement: name of the agreement it was decided under.
        version: version of the agreement in force.
        cycle: the lead's qualification cycle.
        pool: name of the pool whose turn it was.
        instead_of: whose turn it was, when the owner stands in for somebody who is away.
        former: who had it before, in the same cycle.
        first_owner: who had it first in this cycle.
    """

    owner: PersonalText
    rule: Rule
    why: Text
    agreement: Name
    version: Count
    cycle: Count
    pool: Name | None = None
    instead_of: PersonalText | None = None
    former: PersonalText | None = None
    first_owner: PersonalText | None = None


class Member(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One person of a pool.

    Attributes:
        member: who.
        weight: share of the pool's leads.
        cap_30d: how many leads they take in 30 days; absent for any number.
    """

    member: PersonalText
    weight: Count
    cap_30d: Count | None = None


class PoolStaffed(Fact, frozen=True, kw_only=True):
    """Another version of the agreement says who takes turns in a pool.

    Attributes:
        agreement: name of the agreement.
        version: its version in force.
        members: who takes turns; nobody when this version does not have the pool.
    """

    agreement: Name
    version: Count
    members: tuple[Member, ...] = ()


class PoolAssigned(Fact, frozen=True, kw_only=True):
    """A pool gave a lead to the one whose turn it was.

    Attributes:
        lead: the lead.
        number: which of its requests this answers.
        owner: who gets it.
        version: version of the agreement in force.
        why: whose turn it was and why, in words.
        waited_us: how long the lead had waited, microseconds.
        instead_of: whose turn it was, when the owner stands in for somebody who is away.
    """

    lead: Identifier
    number: Count
    owner: PersonalText
    version: Count
    why: Text
    waited_us: Count = 0
    instead_of: PersonalText | None = None


class PoolWaiting(Fact, frozen=True, kw_only=True):
    """Nobody of a pool can take a lead now; it waits, behind those that asked before.

    Attributes:
        lead: the lead.
        number: which of its requests waits.
        why: why nobody can, in words.
        until: when somebody can, as far as it is known.
    """

    lead: Identifier
    number: Count
    why: Text
    until: Instant | None = None


class PoolRefused(Fact, frozen=True, kw_only=True):
    """A pool will never give a lead to anybody.

    Attributes:
        lead: the lead.
        number: which of its requests this answers.
        reason: the agreement in force has no such pool, or too many leads wait.
    """

    lead: Identifier
    number: Count
    reason: Literal["no_such_pool", "too_many_waiting"]


class MemberAway(Fact, frozen=True, kw_only=True):
    """Somebody of a pool is out of office. A later word about the same time replaces this one.

    Attributes:
        member: who.
        since: from when; absent for the time of the fact.
        until: until when; absent until they are back.
        replacement: who stands in for them, in the pool or not; absent for nobody: they miss their turns.
    """

    member: PersonalText
    since: Instant | None = None
    until: Instant | None = None
    replacement: PersonalText | None = None


class MemberBack(Fact, frozen=True, kw_only=True):
    """Somebody of a pool is back.

    Attributes:
        member: who.
    """

    member: PersonalText


RoutingFact = (
    LeadAccountAsked
    | LeadOwnerRequested
    | LeadRequestWithdrawn
    | LeadAssigned
    | PoolStaffed
    | PoolAssigned
    | PoolWaiting
    | PoolRefused
    | MemberAway
    | MemberBack
)
