"""What a key tells: a lead of an older one that has it too, a lead of an account that may be its company."""

from collections.abc import Sequence

from events.envelope import Envelope
from events.identity import AccountClaimed, AccountFound, How, IdentityShared, LeadIdentityClaimed
from events.instants import from_us
from events.sources import speaker
from streams.deciders.identity.evolve import COMPANY
from streams.deciders.identity.state import Company, Holder, Key
from streams.deciders.subject import Around
from streams.deciders.told import Told
from streams.matching.companies import near
from streams.matching.keys import kind_of

CONFIDENCE: dict[How, int] = {
    "name": 100,
    "near_name_and_domain": 95,
    "near_name_and_phone": 90,
    "near_name_and_postcode": 85,
    "domain": 70,
}
"""Percent, by what a lead and an account have in common."""
_NEAR: dict[str, How] = {
    "company_domain": "near_name_and_domain",
    "company_phone": "near_name_and_phone",
    "company_postcode": "near_name_and_postcode",
}


def react(state: Key, envelope: Envelope, _at: int, around: Around) -> Sequence[Told]:
    """Tell whom a claim is news to."""
    kind, name = kind_of(around.subject), speaker(envelope.source)
    match envelope.data:
        case LeadIdentityClaimed() as fact if not kind.startswith(COMPANY):
            oldest = state.oldest_test if fact.is_test else state.oldest
            return _shared(oldest, state.younger, around.subject, is_test=fact.is_test)
        case LeadIdentityClaimed():
            return _found([each for each in state.leads if each.lead == name], state.accounts, kind)
        case AccountClaimed():
            return _found(state.leads, [each for each in state.accounts if each.account == name], kind)
        case _:
            return ()


def _shared(oldest: Holder | None, younger: Holder | None, key: str, *, is_test: bool) -> Sequence[Told]:
    if oldest is None or younger is None:
        return ()
    captured_at = None if oldest.captured_at is None else from_us(oldest.captured_at)
    told = IdentityShared(lead=younger.lead, other=oldest.lead, other_captured_at=captured_at, is_test=is_test, key=key)
    return (Told(told, max(oldest.at, younger.at)),)


def _found(leads: Sequence[Holder], accounts: Sequence[Company], kind: str) -> Sequence[Told]:
    found: list[Told] = []
    for lead in leads:
        for account in accounts:
            how = _how(kind, lead.company, account.company)
            if how is not None:
                told = AccountFound(
                    lead=lead.lead, account=account.account, how=how, confidence=CONFIDENCE[how],
                    opened_at=from_us(account.opened_at), is_open=account.is_open,
                )  # fmt: skip
                found.append(Told(told, max(lead.at, account.at)))
    return found


def _how(kind: str, one: str | None, other: str) -> How | None:
    """What a lead and an account with a key in common have in common; None where that is not enough."""
    if kind == "company_name" or one == other:
        return "name"
    if one is not None and near(one, other):
        return _NEAR[kind]
    return "domain" if kind == "company_domain" else None
