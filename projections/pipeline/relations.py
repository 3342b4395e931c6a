"""Which accounts have to do with one another, as far as that is known at an instant.

Accounts of a group are related each with each, however long the chain of parents; the other relations hold between two,
and are told once, by either.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

GROUP, PARTNER, COMPETITOR = "group", "partner", "competitor"
INVESTOR, INVESTED = "investor", "invested"
PARENT = "parent"


class Word(NamedTuple):
    """What one account is told to be to another; when it happened in microseconds."""

    account: str
    other: str
    kind: str
    ended: bool
    at: int


class Related(NamedTuple):
    """An account, and what it is to another one: group, partner, competitor, investor in it, or invested in by it."""

    account: str
    relation: str
    other: str


def standing(words: Iterable[Word]) -> list[Word]:
    """The words that hold: of each pair and kind the last one, by when it happened; an account has one parent.

    Args:
        words: of each account in the order in which they became known.
    """
    last: dict[tuple[str, ...], Word] = {}
    for word in words:
        key = (word.account, PARENT) if word.kind == PARENT else (word.account, word.kind, word.other)
        known = last.get(key)
        if known is None or word.at >= known.at:
            last[key] = word
    return [word for word in last.values() if not word.ended and word.other != word.account]


def related(words: Iterable[Word]) -> list[Related]:
    """All pairs, each from both sides, sorted."""
    holding = standing(words)
    return sorted({*_groups(holding), *_pairs(holding)})


def _pairs(holding: Iterable[Word]) -> Iterator[Related]:
    for account, other, kind, *_ in holding:
        if kind in (PARTNER, COMPETITOR):
            yield from (Related(account, kind, other), Related(other, kind, account))
        elif kind == INVESTOR:
            yield from (Related(other, INVESTOR, account), Related(account, INVESTED, other))


def _groups(holding: Iterable[Word]) -> Iterator[Related]:
    heads: dict[str, str] = {}
    for account, other, kind, *_ in holding:
        if kind in (PARENT, GROUP):
            one, two = sorted((_head(account, heads), _head(other, heads)))
            heads[one], heads[two] = one, one
    groups: dict[str, list[str]] = {}
    for account in heads:
        groups.setdefault(_head(account, heads), []).append(account)
    for members in groups.values():
        yield from (Related(one, GROUP, two) for one in members for two in members if one != two)


def _head(account: str, heads: Mapping[str, str]) -> str:
    """The least account of its group."""
    while (above := heads.get(account, account)) != account:
        account = above
    return account
