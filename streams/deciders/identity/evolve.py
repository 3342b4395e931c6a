"""How each claim changes a key."""

from collections.abc import Callable
from typing import TypeVar

from events.envelope import Envelope
from events.identity import AccountClaimed, LeadIdentityClaimed
from events.instants import to_us, us_or_none
from events.sources import speaker
from streams.deciders.identity.state import Company, Holder, Key
from streams.deciders.lead.person import age

T = TypeVar("T")
REMEMBERED = 2_000
"""Leads that a key of companies remembers, so that an account that opens later finds them; and accounts, for leads."""
LEADS_BYTES, ACCOUNTS_BYTES = 350_000, 200_000
"""What their ids and names may take: a key's state has to fit one record."""
_WIDEST = 4
"""Bytes of a letter in UTF-8, at most."""
COMPANY = "company_"
"""Kinds of keys of companies begin so."""


def evolve(state: Key, envelope: Envelope, at: int) -> None:
    """Change the key by a claim that happened at an instant, in microseconds."""
    match envelope.data:
        case LeadIdentityClaimed() as fact:
            captured_at = us_or_none(fact.captured_at)
            holder = Holder(speaker(envelope.source), captured_at, at, fact.company)
            if envelope.subject.startswith(COMPANY):
                others = [each for each in state.leads if each.lead != holder.lead]
                state.leads = _last([*others, holder], lambda each: each.lead + (each.company or ""), LEADS_BYTES)
            elif fact.is_test:
                state.oldest_test, state.younger = _ordered(state.oldest_test, holder)
            else:
                state.oldest, state.younger = _ordered(state.oldest, holder)
        case AccountClaimed() as fact:
            new = Company(speaker(envelope.source), fact.company, to_us(fact.opened_at), fact.is_open, at)
            others_of = [each for each in state.accounts if each.account != new.account]
            state.accounts = _last([*others_of, new], lambda each: each.account + each.company, ACCOUNTS_BYTES)
        case _:
            pass  # what was told is history alone


def _last(found: list[T], words: Callable[[T], str], most: int) -> list[T]:
    """Those that came last, as many as may be remembered by number and by bytes of their words."""
    del found[:-REMEMBERED]
    said = [words(each) for each in found]
    if sum(map(len, said)) * _WIDEST > most:
        sizes = [len(each.encode()) for each in said]
        total, first = sum(sizes), 0
        while total > most:
            total, first = total - sizes[first], first + 1
        del found[:first]
    return found


def _ordered(oldest: Holder | None, new: Holder) -> tuple[Holder, Holder | None]:
    """The older and the younger of two leads; one alone where a lead claims again."""
    if oldest is None or oldest.lead == new.lead:
        return new, None
    if age(new.captured_at, new.lead) < age(oldest.captured_at, oldest.lead):
        return new, oldest
    return oldest, new
