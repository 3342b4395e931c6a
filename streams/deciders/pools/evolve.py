"""How each fact changes a pool."""

from bisect import insort
from typing import assert_never, cast

from msgspec.structs import replace

from events.envelope import Envelope
from events.instants import DAY, to_us, us_or_none
from events.routing import (
    LeadOwnerRequested,
    LeadRequestWithdrawn,
    MemberAway,
    MemberBack,
    PoolAssigned,
    PoolRefused,
    PoolStaffed,
    PoolWaiting,
)
from events.sources import speaker
from streams.deciders.pools.state import Absence, Given, Pool, Turn, Waiting
from streams.deciders.pools.turns import daily, return_turn, take_turn

_GIVEN = 500
"""A withdrawal that crosses an answer comes soon; a turn is not returned after so many others."""
_GIVEN_LETTERS = 30_000
"""Names in what was given; so many of the widest letters still leave room for the rest of a pool."""
_NAME = 256
"""Nobody who takes turns or stands in has a longer name."""
PoolFact = (
    LeadOwnerRequested
    | LeadRequestWithdrawn
    | MemberAway
    | MemberBack
    | PoolStaffed
    | PoolAssigned
    | PoolWaiting
    | PoolRefused
)


def evolve(state: Pool, envelope: Envelope, at: int) -> None:
    """Change the pool by a fact that happened at an instant, in microseconds."""
    state.latest_at = max(state.latest_at, at)
    fact = cast("PoolFact", envelope.data)
    match fact:
        case LeadOwnerRequested():
            new = Waiting(at, speaker(envelope.source), fact.number, fact.not_to)
            insort(state.waiting, new, key=lambda each: each.place)
        case LeadRequestWithdrawn():
            _withdrawn(state, speaker(envelope.source), fact.number)
        case PoolAssigned():
            left = _leaves(state, fact.lead, fact.number)
            turn = fact.instead_of or fact.owner
            person = take_turn(state, turn, at, None if left is None else left.not_to)
            state.given.append(Given(fact.lead, fact.number, turn, person, at))
            _shorten(state.given)
        case PoolRefused():
            _leaves(state, fact.lead, fact.number)
        case PoolWaiting():
            state.waiting = [
                replace(each, told=True) if (each.lead, each.number) == (fact.lead, fact.number) else each
                for each in state.waiting
            ]
        case PoolStaffed():
            _staffed(state, fact)
        case MemberAway():
            since = at if fact.since is None else to_us(fact.since)
            until = us_or_none(fact.until)
            named = fact.replacement is not None and len(fact.replacement) <= _NAME
            _away(state, fact.member, Absence(since, until, fact.replacement if named else None))
        case MemberBack():
            _back(state, fact.member, at)
        case _:
            assert_never(fact)


def _shorten(given: list[Given]) -> None:
    """Forget the oldest of what is too many, or too long."""
    del given[:-_GIVEN]
    letters = sum(len(each.lead) + len(each.turn) + len(each.person) for each in given)
    while letters > _GIVEN_LETTERS:
        oldest = given.pop(0)
        letters -= len(oldest.lead) + len(oldest.turn) + len(oldest.person)


def _leaves(state: Pool, lead: str, number: int) -> Waiting | None:
    for index, each in enumerate(state.waiting):
        if (each.lead, each.number) == (lead, number):
            return state.waiting.pop(index)
    return None


def _withdrawn(state: Pool, lead: str, number: int) -> None:
    """A lead waits no more; or it was given to somebody already, and the answer came too late to be taken."""
    if _leaves(state, lead, number) is None:
        for given in state.given:
            if (given.lead, given.number) == (lead, number):
                state.given.remove(given)
                return_turn(state, given)
                return


def _staffed(state: Pool, fact: PoolStaffed) -> None:
    """Turns go on where the same people have the same shares; else all begin anew, but for when they had one last."""
    before = {turn.name: turn for turn in state.turns}
    goes_on = {(turn.name, turn.weight) for turn in state.turns} == {
        (each.member, each.weight) for each in fact.members
    }
    state.version, state.turns = fact.version, []
    for each in fact.members:
        turn = Turn(each.member, each.weight, daily(each.cap_30d))
        if each.member in before:
            turn.last = before[each.member].last
            turn.balance = before[each.member].balance if goes_on else 0
        state.turns.append(turn)
    since = state.latest_at - DAY
    state.taken = {person: taken for person, taken in state.taken.items() if taken[-1] > since}


def _away(state: Pool, member: str, new: Absence) -> None:
    """A word about a time replaces what was said about it before; what is over is forgotten."""
    if len(member) > _NAME or (new.until is not None and new.until <= new.since):
        return
    kept = [each for each in state.away.get(member, ()) if not _overlap(each, new)]
    _keep(state, member, [*kept, new])


def _back(state: Pool, member: str, at: int) -> None:
    kept = [
        Absence(each.since, at, each.replacement) if each.holds(at) else each for each in state.away.get(member, ())
    ]
    _keep(state, member, [each for each in kept if each.since != each.until])


def _keep(state: Pool, member: str, absences: list[Absence]) -> None:
    ahead = [each for each in absences if each.until is None or each.until > state.latest_at]
    state.away[member] = sorted(ahead, key=lambda each: each.since)
    if not ahead:
        del state.away[member]


def _overlap(one: Absence, other: Absence) -> bool:
    return (one.until is None or other.since < one.until) and (other.until is None or one.since < other.until)
