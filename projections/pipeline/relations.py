"""Which accounts have to do with one another, as far as that is known at an instant.

Accounts of a group are related each with each, however long the chain of parents; the other relations hold between two,
and are told once, by either.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

GROUP, PARTNER, COMPETITOR = "group", "partner", "competitor"
INVESTOR, INVESTED = "investor", "invested"
_MUTUAL = (GROUP, PARTNER, COMPETITOR)
"""What either may say of the other, and say to have ended; who invests is told by the one that is invested in."""
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

    What holds for both may be told, and told to have ended, by either; where the two differ of the same instant, it has
    ended.

    Args:
        words: of each account in the order in which they became known.
    """
    own: dict[tuple[str, ...], Word] = {}
    for word in words:
        key = (word.account, *_about(word))
        if key not in own or word.at >= own[key].at:
            own[key] = word
    last: dict[tuple[str, ...], Word] = {}
    for word in own.values():
        known = last.get(about := _about(word))
        if known is None or (word.at, word.ended) > (known.at, known.ended):
            last[about] = word
    return [word for word in last.values() if not word.ended and word.other != word.account]


def _about(word: Word) -> tuple[str, ...]:
    """Which relation it speaks of, whoever speaks."""
    if word.kind == PARENT:
        return PARENT, word.account
    of = word.account, word.other
    return (word.kind, *(sorted(of) if word.kind in _MUTUAL else of))


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
