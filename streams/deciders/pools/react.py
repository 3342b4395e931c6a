"""What a pool says next: at most one thing at a time, each seen by all that follows.

Every instant of a pool's time ends with nobody waiting whom somebody could take. Leads are served the oldest first, be
they new or waiting; who may not have the only one who has room does not hold up the others.
"""

from collections.abc import Sequence

from events.envelope import Envelope
from events.instants import from_us
from events.routing import Member, PoolAssigned, PoolRefused, PoolStaffed, PoolWaiting
from streams.agreement.compiled import Agreement
from streams.deciders.pools.state import Pool, Waiting
from streams.deciders.pools.turns import candidates, next_service, next_turn, stand_in
from streams.deciders.subject import Around
from streams.deciders.told import Told
from streams.routing import pool_named

MOST_WAITING, _MOST_LETTERS = 5_000, 150_000
"""A pool's state has to fit one record; more leads than that, or longer ids and names, are not asked to wait."""


def react(state: Pool, _envelope: Envelope, at: int, around: Around) -> Sequence[Told]:
    """What follows from a fact; it happened now, or the pool's time is later already."""
    return _next(state, max(at, state.latest_at), around)


def next_wake(state: Pool, _around: Around) -> int | None:
    """When somebody can take a lead that waits."""
    return next_service(state)


def wake(state: Pool, due: int, around: Around) -> Sequence[Told]:
    """Somebody can take a lead that waits."""
    return _next(state, max(due, state.latest_at), around)


def on_version(state: Pool, at: int, around: Around) -> Sequence[Told]:
    """A version of an agreement takes effect; perhaps of the pool's own."""
    return _next(state, max(at, state.latest_at), around)


def _next(state: Pool, at: int, around: Around) -> Sequence[Told]:
    name, pool = pool_named(around.subject)
    agreement = around.known.in_force(name, at)
    if agreement is not None and agreement.version != state.version:
        return (Told(_staffed(agreement, pool), at),)
    if not state.waiting:
        return ()
    answer = _refused(state) or _assigned(state, at) or _waits(state, at)
    return () if answer is None else (Told(answer, at),)


def _staffed(agreement: Agreement, name: str) -> PoolStaffed:
    pool = None if agreement.routing is None else agreement.routing.pools.get(name)
    members = () if pool is None else pool.members
    return PoolStaffed(
        agreement=agreement.name,
        version=agreement.version,
        members=tuple(Member(member=each.name, weight=each.weight, cap_30d=each.cap_30d) for each in members),
    )


def _refused(state: Pool) -> PoolRefused | None:
    if not state.turns:
        first = state.waiting[0]
        return PoolRefused(lead=first.lead, number=first.number, reason="no_such_pool")
    if _is_full(state.waiting):
        last = state.waiting[-1]
        return PoolRefused(lead=last.lead, number=last.number, reason="too_many_waiting")
    return None


def _is_full(waiting: Sequence[Waiting]) -> bool:
    if len(waiting) > MOST_WAITING:
        return True
    return sum(len(each.lead) + len(each.not_to or "") for each in waiting) > _MOST_LETTERS


def _assigned(state: Pool, at: int) -> PoolAssigned | None:
    """The oldest lead that somebody can take goes to the one whose turn it is."""
    in_vain: set[str | None] = set()
    for waiting in state.waiting:
        if waiting.not_to in in_vain:
            continue
        chosen = next_turn(state, at, waiting.not_to)
        if chosen is None:
            if waiting.not_to is None:
                return None  # nobody can take anything
            in_vain.add(waiting.not_to)
            continue
        able = list(candidates(state, at, waiting.not_to))
        shares = sum(each.turn.weight for each in able)
        return PoolAssigned(
            lead=waiting.lead,
            number=waiting.number,
            owner=chosen.person,
            version=state.version,
            why=f"next in turn (weight {chosen.turn.weight} of {shares}, {len(able)} with room)",
            waited_us=max(0, at - waiting.at),
            instead_of=None if chosen.person == chosen.turn.name else chosen.turn.name,
        )
    return None


def _waits(state: Pool, at: int) -> PoolWaiting | None:
    waiting = next((each for each in state.waiting if not each.told), None)
    if waiting is None:
        return None
    until = next_service(state)
    return PoolWaiting(
        lead=waiting.lead,
        number=waiting.number,
        why=_why(state, waiting, at),
        until=None if until is None else from_us(until),
    )


def _why(state: Pool, waiting: Waiting, at: int) -> str:
    """Why nobody can take a lead, in words that name nobody."""
    persons = [stand_in(state, turn.name, at) for turn in state.turns]
    away = persons.count(None)
    barred = 0 if waiting.not_to is None else persons.count(waiting.not_to)
    full = len(persons) - away - barred
    parts = [
        *([f"{full} have their quota of 24 hours"] if full else []),
        *([f"{away} are away and nobody stands in"] if away else []),
        *(["whom it is taken from must not have it again"] if barred else []),
    ]
    return f"of {len(persons)} in the pool " + ", ".join(parts)
