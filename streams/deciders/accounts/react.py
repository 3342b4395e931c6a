"""What follows from a fact about an account."""

from collections.abc import Sequence

from events.account import AccountAmended, AccountOpened, AccountOwnerTold
from events.company_names import company_name_of
from events.envelope import Envelope
from events.identity import AccountClaimed
from events.instants import from_us
from events.routing import LeadAccountAsked
from events.sources import speaker
from streams.agreement.records import identity_of
from streams.agreement.written_records import IdentityPart
from streams.deciders.accounts.state import Account
from streams.deciders.subject import Around
from streams.deciders.told import Told
from streams.matching.keys import company_keys

ALL_KEYS = identity_of(IdentityPart())
"""What accounts are known by: which of these leads ask is said by their agreements."""


def react(state: Account, envelope: Envelope, at: int, around: Around) -> Sequence[Told]:
    """A lead that asks is told who looks after the account and who sells to it; keys are told that it has them."""
    match envelope.data:
        case LeadAccountAsked(number=number):
            selling = state.selling
            told = AccountOwnerTold(
                lead=speaker(envelope.source),
                number=number,
                owner=state.owner,
                opportunity_owner=None if selling is None else selling.owner,
            )
            return (Told(told, max(at, state.owner_at, 0 if selling is None else selling.at)),)
        case AccountOpened() | AccountAmended():
            return claims(state, at, around.secret)
        case _:
            return ()


def claims(state: Account, at: int, secret: bytes) -> Sequence[Told]:
    """The keys that the account is known by now, as far as that is news to them."""
    profile = {f"company.{name}": value for name, value in state.known.items()}
    company = company_name_of(state.known.get("name"))
    if state.opened_at is None or company is None:
        return ()
    said = (company, state.opened_at)
    keys = company_keys(profile, ALL_KEYS, secret)
    return [
        Told(AccountClaimed(key=key, company=company, opened_at=from_us(state.opened_at)), at)
        for key in keys
        if state.claimed.get(key) != said
    ]
