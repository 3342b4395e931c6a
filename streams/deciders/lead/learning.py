"""What is known of person and company, by whom and since when, and which of several values holds."""

from collections.abc import Iterable, Mapping

from events.lead import LeadProfileUpdated
from streams.deciders.lead.entries import ProfileValue
from streams.deciders.lead.person import Consent, Part, Sourced
from streams.deciders.lead.state import Lead

_NO_RANKS: Mapping[str, int] = {}
_LAST = 1 << 62


def learn(
    to: Lead | Part,
    profile: Mapping[str, ProfileValue],
    at: int,
    *,
    provider: str = "",
    ranks: Mapping[str, int] = _NO_RANKS,
    confidence: float | None = None,
) -> None:
    """Take values in. Of a field holds the value of the lowest rank, of equal ones the one observed last.

    Args:
        to: who is known better then.
        profile: the values, by field.
        at: when they were observed, microseconds.
        provider: who told them; empty for nobody in particular.
        ranks: the provider's place among those the agreement names, by field.
        confidence: how sure the provider is.
    """
    if provider and at <= to.withdrawn.get(provider, -1):
        return
    known, since, sourced = to.profile, to.profile_at, to.sourced
    for name, value in profile.items():
        if provider or name in sourced:
            _add(to, name, Sourced(value, provider, at, ranks.get(name), confidence))
        elif at >= since.get(name, at):
            known[name], since[name] = value, at


def told(to: Lead | Part, fact: LeadProfileUpdated, at: int) -> None:
    """Take in what a fact tells; one that was accepted before providers were kept apart says nothing of them."""
    if fact.ranks is None:
        learn(to, fact.profile, at)
    else:
        learn(to, fact.profile, at, provider=fact.provider or "", ranks=fact.ranks, confidence=fact.confidence)


def provider_bytes(provider: str | None, profile: Mapping[str, ProfileValue]) -> int:
    """What the name of who told values takes in a state, where it stands with each of them."""
    return len(provider.encode()) * len(profile) if provider else 0


def withdraw(to: Lead | Part, provider: str, at: int) -> None:
    """Take away what a provider told until an instant; the next best value of each field holds again."""
    if at <= to.withdrawn.get(provider, -1):
        return
    to.withdrawn[provider] = at
    for name, values in list(to.sourced.items()):
        left = [each for each in values if each.provider != provider or each.at > at]
        if not left:
            del to.sourced[name], to.profile[name], to.profile_at[name]
        elif len(left) < len(values):
            to.sourced[name] = left
            _settle(to, name)
            if not any(each.provider for each in left):
                del to.sourced[name]


def consented(to: Lead | Part, purpose: str, consent: Consent) -> None:
    """Take a consent in: of one purpose the later one holds, at one instant the one that allows less."""
    found = to.consents.get(purpose)
    to.consents[purpose] = consent if found is None else stricter((found, consent))


def stricter(consents: Iterable[Consent]) -> Consent:
    """Which of several consents to one purpose holds."""
    return max(consents, key=lambda each: (each.at, not each.granted))


def values_of(of: Lead | Part, name: str) -> list[Sourced]:
    """All values of a field, the one told last at the end."""
    return of.sourced.get(name) or [Sourced(of.profile[name], "", of.profile_at[name])]


def best(values: Iterable[Sourced]) -> Sourced:
    """The value that holds: of the lowest rank the one observed last, of equal ones the first one."""
    return min(values, key=lambda each: (_LAST if each.rank is None else each.rank, -each.at))


def _add(to: Lead | Part, name: str, new: Sourced) -> None:
    values = values_of(to, name) if name in to.profile else []
    before = next((each for each in values if each.provider == new.provider), None)
    if before is not None and before.at > new.at:
        return
    to.sourced[name] = [*(each for each in values if each is not before), new]
    _settle(to, name)


def _settle(to: Lead | Part, name: str) -> None:
    found = best(reversed(to.sourced[name]))  # at one instant what is told later holds
    to.profile[name], to.profile_at[name] = found.value, found.at
