"""What the projection keeps of an opportunity: its steps, and where it stands.

Most facts are told in order. Such a fact ends the latest spell and begins the next; nothing before it is looked at, so
it costs the same however long the story is. Only a fact that is told late has the story folded again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from projections.pipeline.deal import NOTHING, OPENED, Deal, Step, applied
from projections.pipeline.history import History, priced, versions, with_step
from projections.pipeline.moves import Moved, MovePlace, minded, moves, moves_of, placed
from projections.pipeline.sightings import sightings, with_sightings
from projections.pipeline.spells import Place, Spell, births, spells, versions_of

K = TypeVar("K")
_encode = msgspec.msgpack.Encoder().encode
_step = msgspec.msgpack.Decoder(Step).decode
_spell = msgspec.msgpack.Decoder(Spell).decode


class Kept(Struct, frozen=True, gc=False, array_like=True):
    """An opportunity as it stands, with all that was told of it; instants in microseconds.

    Attributes:
        steps: packed, in the order in which they became known.
        deal: as it stands.
        since: since when that is so; None before anything is.
        known: since when that is known.
        latest: when the last thing that was told happened.
        turned: how many facts were told late.
        had_amount: some state of what is known now has an amount.
        ended: spells that are over, packed; kept only once a fact was told late, until then the steps say them.
    """

    steps: tuple[bytes, ...] = ()
    deal: Deal = NOTHING
    since: int | None = None
    known: int = 0
    latest: int = 0
    turned: int = 0
    had_amount: bool = False
    ended: tuple[bytes, ...] = ()


EMPTY = Kept()
"""What is kept of an opportunity of which nothing was told; one value, because ways are known by who asks."""


def told(kept: Kept, step: Step) -> Kept:
    """What is kept after another fact became known; `recorded` never decreases."""
    if kept.steps and (kept.since is None or step.kind == OPENED or step.at <= kept.latest):
        return _turned(kept, step)
    step = priced(step, kept.deal)
    return _gone_on(kept, step, _encode(step))


def _gone_on(kept: Kept, step: Step, raw: bytes) -> Kept:
    at, steps, deal = step.at, (*kept.steps, raw), applied(kept.deal, step.kind, step.told, step.at)
    latest = max(at, kept.latest) if kept.steps else at
    if deal == kept.deal:
        return Kept(steps, kept.deal, kept.since, kept.known, latest, kept.turned, kept.had_amount, kept.ended)
    had = kept.had_amount or deal.has_amount
    ended = kept.ended
    if kept.turned and kept.since is not None:
        ended = (*ended, _encode(_over(kept, at, step.recorded)))
    return Kept(steps, deal, at, step.recorded, latest, kept.turned, had, ended)


def _over(kept: Kept, at: int, known: int) -> Spell:
    """The spell that stood, which is over since an instant, as is known since another."""
    assert kept.since is not None
    return Spell(kept.since, at, kept.known, known if kept.known < known else None, None, kept.deal)


def _turned(kept: Kept, step: Step) -> Kept:
    every = list(versions_of((*over(kept), *standing(kept))))
    now = sorted((each for each in every if each.known_to is None), key=lambda each: each.valid_from)
    past = tuple(each for each in every if each.known_to is not None)
    history = with_step(History(tuple(map(_step, kept.steps)), past, tuple(now)), step)
    last = history.now[-1] if history.now else None
    return Kept(
        (*kept.steps, _encode(history.steps[-1])),
        NOTHING if last is None else last.deal,
        None if last is None else last.valid_from,
        0 if last is None else last.known_from,
        max(step.at, kept.latest),
        kept.turned + 1,
        any(each.deal.has_amount for each in history.now),
        tuple(_encode(each) for each in spells(versions(history)) if not each.stands),
    )


def standing(kept: Kept) -> tuple[Spell, ...]:
    """The spell that stands, if any does."""
    return () if kept.since is None else (Spell(kept.since, None, kept.known, None, None, kept.deal),)


def over(kept: Kept) -> list[Spell]:
    """The spells that are over."""
    return [_spell(raw) for raw in kept.ended] if kept.turned else _ended_since(EMPTY, kept)


Ways = Sequence[tuple[Kept, Kept]]
Between = Sequence[Kept]
"""What was kept between two states, in order; whoever did not keep it gives nothing, and it is found again."""
_WALKED: list[tuple[Kept, Kept, Ways]] = [(EMPTY, EMPTY, ())]
"""The last way that was found again: each view asks for those of the same opportunity."""


def _ways(old: Kept, new: Kept, between: Between = ()) -> Ways:
    """What was kept before and after each step that was told, in order, since something was kept."""
    more = len(new.steps) - len(old.steps)
    if more < 2:  # as with most
        return ((old, new),) * more
    if len(between) == more - 1:
        return tuple(pairwise((old, *between, new)))
    known = _WALKED[0]
    if known[0] is old and known[1] is new:
        return known[2]
    found, was = list[tuple[Kept, Kept]](), old
    for raw in new.steps[-more:-1]:
        now = _gone_on(was, _step(raw), raw)
        found.append((was, now))
        was = now
    found.append((was, new))
    _WALKED[0] = old, new, found
    return found


def _ended_since(old: Kept, new: Kept, between: Between = ()) -> list[Spell]:
    """The spells that steps have ended that were told in order."""
    return [
        _over(was, now.since, now.known)
        for was, now in _ways(old, new, between)
        if was.since is not None and now.since is not None and now.since != was.since
    ]


Changed = Iterable[tuple[Place, Any]]
"""What is new or other, by its place, and None for places where there is nothing any more."""


def changed_over(old: Kept, new: Kept, between: Between = ()) -> Changed:
    """The spells that are over, as far as they are not those of before."""
    if old.turned != new.turned:
        return differing(_placed(over(old)), _placed(over(new)))
    return [((each.valid_from, each.known_from), each) for each in _ended_since(old, new, between)]


def moved(kept: Kept) -> dict[MovePlace, Moved]:
    """What its changes did to the open pipe."""
    if not kept.turned and _each_alone(_ways(EMPTY, kept)):
        return dict(_moved_since(_ways(EMPTY, kept)))
    every = list(versions_of((*over(kept), *standing(kept))))
    return with_sightings(moves_of(every), sightings(list(map(_step, kept.steps)), every))


def _moved_since(ways: Ways) -> Iterator[tuple[MovePlace, Moved]]:
    """Moves of facts that were told in order, each at an instant of its own: they are seen as what they are."""
    for was, now in ways:
        if now.deal is not was.deal and now.since is not None:
            yield from placed(now.since, now.known, moves(was.deal, now.deal), None, max(now.since, now.known))


def _each_alone(ways: Ways) -> bool:
    """Whether no change that the pipe minds became known together with another one, of facts told in order."""
    return all(was.known < now.known or now.deal is was.deal or not minded(was.deal, now.deal) for was, now in ways)


def changed_moves(old: Kept, new: Kept, between: Between = ()) -> Iterable[tuple[MovePlace, Moved | None]]:
    """The moves, as far as they are not those of before."""
    if old.turned == new.turned:
        ways = _ways(old, new, between)
        if _each_alone(ways):
            return _moved_since(ways)
    return differing(moved(old), moved(new))


class Birth(NamedTuple):
    """A spell that may be the first one with an amount, and whether no other one may."""

    spell: Spell
    alone: bool


def born(kept: Kept) -> dict[Place, Birth]:
    """The births of an opportunity."""
    if not kept.turned and not kept.had_amount:
        return {}
    found = _placed(births((*over(kept), *standing(kept))))
    return {place: Birth(spell, len(found) == 1) for place, spell in found.items()}


def _placed(found: Iterable[Spell]) -> dict[Place, Spell]:
    return {(each.valid_from, each.known_from): each for each in found}


def differing(old: Mapping[K, Any], new: Mapping[K, Any]) -> list[tuple[K, Any]]:
    """What is new or other, and None for what is gone."""
    changed: list[tuple[K, Any]] = [(place, each) for place, each in new.items() if old.get(place) != each]
    return [*changed, *((place, None) for place in old if place not in new)]
