"""What a company is known by besides its name (`events.company_names`): its domain, its postcode; and near names."""

from collections.abc import Iterable

from events.texts import folded, words
from streams.matching.people import domain_of

SHORTEST_NEAR = 4
"""Names of fewer characters are near to nothing but themselves."""
NEAR = 85
"""Percent of the longer name's characters that must stand, for two names to be near."""
_MOST = 128


def company_domain_of(texts: Iterable[object], free_mail: frozenset[str]) -> str | None:
    """The first domain among addresses, hosts and web addresses that is not one of free mail."""
    for text in texts:
        if isinstance(text, str):
            host = text.strip().lower().rpartition("@")[2].rpartition("://")[2].partition("/")[0].partition(":")[0]
            domain = domain_of(host.removeprefix("www."))
            if domain is not None and domain not in free_mail:
                return domain
    return None


def postcode_of(text: object, country: object) -> str | None:
    """A postcode with its country, without spaces and signs; None where one of them is missing."""
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str) or not isinstance(country, str):
        return None
    code, land = "".join(words(folded(text))), "".join(words(folded(country)))
    return f"{land} {code}" if code and land else None


def near(one: str, other: str) -> bool:
    """Whether two normalised names are so alike that one more sign of the same company settles it.

    Measured is the optimal string alignment distance: characters put in, left out, taken for others, and neighbours
    changed about, of the names as they are and of their words in order, whichever is nearer. At least `NEAR` percent
    of the longer name have to stand. A name inside another one counts for nothing.
    """
    if one == other:
        return True
    if min(len(one), len(other)) < SHORTEST_NEAR:
        return False
    return _alike(one, other) or _alike(*(" ".join(sorted(name.split())) for name in (one, other)))


def _alike(one: str, other: str) -> bool:
    one, other = one[:_MOST], other[:_MOST]
    longest = max(len(one), len(other))
    allowed = longest * (100 - NEAR) // 100
    return abs(len(one) - len(other)) <= allowed and _distance(one, other) <= allowed


def _distance(one: str, other: str) -> int:
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, sign in enumerate(one, 1):
        now = [row]
        for column, across in enumerate(other, 1):
            least = min(last[column] + 1, now[column - 1] + 1, last[column - 1] + (sign != across))
            if row > 1 and column > 1 and sign == other[column - 2] and one[row - 2] == across:
                least = min(least, before[column - 2] + 1)
            now.append(least)
        before, last = last, now
    return last[-1]
