"""Whose turn it is in a pool.

The rule is nginx's smooth weighted round robin: at every turn each one who can take the lead is credited with their
weight, whoever then has most gets it and pays the sum of those weights. So a share of 5 to 1 comes as A A B A A A and
not as five in a row, and who is away or has had enough misses turns without being owed them.

Source: nginx, "Upstream: smooth weighted round-robin balancing" by Maxim Dounin, 2012, and
`ngx_http_upstream_get_peer` in src/http/ngx_http_upstream_round_robin.c. Added here: among equals the one whose last
turn is the longest ago, then the name; a quota per 24 hours; and people who stand in for one another.
"""

from collections.abc import Iterator
from typing import NamedTuple

from events.instants import DAY
from streams.deciders.pools.state import Given, Pool, Turn

_MONTH_DAYS = 30


class Candidate(NamedTuple):
    """Somebody who could be given a lead.

    Attributes:
        turn: whose turn it would be.
        person: who would get the lead: they themselves, or who stands in for them.
        quota: how many leads that person takes in 24 hours; None for any number.
    """

    turn: Turn
    person: str
    quota: int | None


def daily(cap_30d: int | None) -> int | None:
    """How many leads a day somebody takes who takes so many in 30 days: a thirtieth, rounded half up.

    Below 15 in 30 days that is none at all.
    """
    return None if cap_30d is None else (2 * cap_30d + _MONTH_DAYS) // (2 * _MONTH_DAYS)


def stand_in(pool: Pool, name: str, at: int) -> str | None:
    """Who acts for a person at an instant: they themselves, or who stands in; None when nobody does."""
    asked: list[str] = []
    while name not in asked:
        absence = next((each for each in pool.away.get(name, ()) if each.holds(at)), None)
        if absence is None:
            return name
        if absence.replacement is None:
            return None
        asked.append(name)
        name = absence.replacement
    return None


def has_room(pool: Pool, person: str, quota: int | None, at: int) -> bool:
    """Whether a person was given fewer leads than their quota in the 24 hours up to an instant."""
    if quota is None:
        return True
    return sum(1 for taken in pool.taken.get(person, ()) if taken > at - DAY) < quota


def candidates(pool: Pool, at: int, not_to: str | None = None) -> Iterator[Candidate]:
    """All who could be given a lead at an instant.

    A lead counts for the one who gets it. Who stands in from outside the pool has the quota of the one who is away.
    """
    quotas = {turn.name: turn.quota for turn in pool.turns}
    for turn in pool.turns:
        person = stand_in(pool, turn.name, at)
        if person is None or person == not_to:
            continue
        quota = quotas.get(person, turn.quota)
        if has_room(pool, person, quota, at):
            yield Candidate(turn, person, quota)


def next_turn(pool: Pool, at: int, not_to: str | None = None) -> Candidate | None:
    """Whose turn it is at an instant; None when nobody can take a lead."""
    return min(candidates(pool, at, not_to), key=_order, default=None)


def _order(each: Candidate) -> tuple[int, int, str]:
    turn = each.turn
    return -(turn.balance + turn.weight), turn.last, turn.name


def take_turn(pool: Pool, name: str, at: int, not_to: str | None = None) -> str:
    """Give a lead to whom that turn belongs: credit all who could have had it, let that one pay; who gets it."""
    chosen, total = None, 0
    for each in candidates(pool, at, not_to):
        each.turn.balance += each.turn.weight
        total += each.turn.weight
        if each.turn.name == name:
            chosen = each
    assert chosen is not None, "an assignment follows from the state before it"
    pool.count += 1
    chosen.turn.balance -= total
    chosen.turn.last = pool.count
    if chosen.quota is not None:
        taken = pool.taken.setdefault(chosen.person, [])
        taken[:] = [*(each for each in taken if each > at - DAY), at]
    return chosen.person


def return_turn(pool: Pool, given: Given) -> None:
    """Nobody got the lead after all: it counts for nobody, and who had the turn is owed it again."""
    taken = pool.taken.get(given.person, [])
    if given.at in taken:
        taken.remove(given.at)
    if not taken:
        pool.taken.pop(given.person, None)
    owed = next((turn for turn in pool.turns if turn.name == given.turn), None)
    if owed is not None:
        for turn in pool.turns:
            turn.balance -= turn.weight
            owed.balance += turn.weight


def changes(pool: Pool) -> Iterator[int]:
    """The instants ahead at which somebody may have room again, comes back or goes away, in no order."""
    for absences in pool.away.values():
        for absence in absences:
            yield absence.since
            if absence.until is not None:
                yield absence.until
    for taken in pool.taken.values():
        for at in taken:
            yield at + DAY


def next_service(pool: Pool) -> int | None:
    """The earliest instant ahead at which somebody can take a lead that waits; None when none is known."""
    if not pool.waiting:
        return None
    barred = {each.not_to for each in pool.waiting}
    for at in sorted({at for at in changes(pool) if at > pool.latest_at}):
        if any(next_turn(pool, at, not_to) is not None for not_to in barred):
            return at
    return None
