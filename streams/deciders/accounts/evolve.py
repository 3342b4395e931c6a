"""How each fact changes an account. What is older than what is known changes nothing."""

from bisect import insort

from events.account import AccountAmended, AccountFact, AccountOpened, AccountOwnerChanged, AccountRelated
from events.envelope import Envelope
from events.identity import AccountClaimed
from events.instants import to_us
from events.opportunity import OpportunityOwnerTold
from events.sources import speaker
from streams.deciders.accounts.state import Account, OpenOpportunity, Related

_FIELDS = ("name", "domain", "phone", "postcode", "country", "parent")
_CLAIMED = 16
"""Keys remembered as claimed: an account has a few at a time; who gets an old one back claims it again."""


def evolve(state: Account, envelope: Envelope, at: int) -> None:
    """Change the account by a fact that happened at an instant, in microseconds."""
    match envelope.data:
        case AccountOpened() as fact:
            state.opened_at = at if state.opened_at is None else min(at, state.opened_at)
            _learn(state, fact, at)
            if fact.owner is not None:
                _owned(state, fact.owner, at)
        case AccountAmended() as fact:
            _learn(state, fact, at)
        case AccountOwnerChanged() as fact:
            _owned(state, fact.owner, at)
        case AccountRelated() as fact:
            _related(state, Related(fact.other, fact.kind, at, fact.ended))
        case AccountClaimed() as fact:
            state.claimed[fact.key] = (fact.company, to_us(fact.opened_at))
            while len(state.claimed) > _CLAIMED:
                del state.claimed[next(key for key in state.claimed if key != fact.key)]
        case OpportunityOwnerTold() as fact:
            opportunity = speaker(envelope.source)
            state.opportunities.pop(opportunity, None)
            if fact.is_open:
                state.opportunities[opportunity] = OpenOpportunity(to_us(fact.opened_at), fact.owner, at)
        case _:
            pass  # what is asked and answered is history alone


def _learn(state: Account, fact: AccountFact, at: int) -> None:
    for name in _FIELDS:
        value = getattr(fact, name)
        if value is not None and at >= state.known_at.get(name, at):
            state.known[name], state.known_at[name] = value, at


def _owned(state: Account, owner: str | None, at: int) -> None:
    if at >= state.owner_at:
        state.owner, state.owner_at = owner, at


def _related(state: Account, new: Related) -> None:
    same = [each for each in state.related if (each.other, each.kind) == (new.other, new.kind)]
    if not any(each.at > new.at for each in same):
        for each in same:
            state.related.remove(each)
        insort(state.related, new)
