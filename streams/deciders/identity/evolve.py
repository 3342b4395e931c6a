"""How each claim changes a key."""

from events.envelope import Envelope
from events.identity import AccountClaimed, LeadIdentityClaimed
from events.instants import to_us
from streams.deciders.identity.state import Company, Holder, Key
from streams.deciders.lead.union import age
from streams.deciders.subject import speaker

REMEMBERED = 2_000
"""Leads that a key of companies remembers, so that an account that opens later finds them."""
COMPANY = "company_"
"""Kinds of keys of companies begin so."""


def evolve(state: Key, envelope: Envelope, at: int) -> None:
    """Change the key by a claim that happened at an instant, in microseconds."""
    match envelope.data:
        case LeadIdentityClaimed() as fact:
            captured_at = None if fact.captured_at is None else to_us(fact.captured_at)
            holder = Holder(speaker(envelope), captured_at, at, fact.company)
            if envelope.subject.startswith(COMPANY):
                state.leads = [*(each for each in state.leads if each.lead != holder.lead), holder][-REMEMBERED:]
            elif fact.is_test:
                state.oldest_test, state.younger = _ordered(state.oldest_test, holder)
            else:
                state.oldest, state.younger = _ordered(state.oldest, holder)
        case AccountClaimed() as fact:
            new = Company(speaker(envelope), fact.company, to_us(fact.opened_at), fact.is_open, at)
            state.accounts = [*(each for each in state.accounts if each.account != new.account), new]
        case _:
            pass  # what was told is history alone


def _ordered(oldest: Holder | None, new: Holder) -> tuple[Holder, Holder | None]:
    """The older and the younger of two leads; one alone where a lead claims again."""
    if oldest is None or oldest.lead == new.lead:
        return new, None
    if age(new.captured_at, new.lead) < age(oldest.captured_at, oldest.lead):
        return new, oldest
    return oldest, new
