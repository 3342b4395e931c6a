"""How an opportunity looked as facts became known, and which of its moves were seen when.

At any instant a house shows what it has heard by then. What is told in order shows when it becomes known, as the very
move it is. What is told late, or together with something else, makes a leap from what was thought to what is known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from projections.pipeline.deal import NOTHING, OPENED, Deal, Step, applied
from projections.pipeline.history import Version, folded, path
from projections.pipeline.moves import Move, Moved, MovePlace, moves, placed

Sighting = tuple[int, Deal, Deal]
"""When something else was seen, in microseconds, what was seen before, and what from then on."""

_LEAPS = 1 << 20
"""Places of moves that are leaps, which may lie beside others of the same instants."""


def sightings(steps: Sequence[Step], versions: Iterable[Version]) -> Iterator[Sighting]:
    """All of an opportunity, in order: what `history.path` walks.

    Args:
        steps: its facts in the order in which they became known.
        versions: what follows from them.
    """
    ahead = any(step.at > step.recorded for step in steps)  # what is told ahead is seen when it happens
    seen, before = _foreseen(versions) if ahead else _heard(steps), NOTHING
    for at, deal in seen:
        if deal != before:
            yield at, before, deal
        before = deal


def _foreseen(versions: Iterable[Version]) -> list[tuple[int, Deal]]:
    every = list(versions)
    if not every:
        return []
    ends = [at for each in every for at in (each.valid_from, each.known_from, each.known_to) if at is not None]
    return path(every, min(ends), max(ends))


def _heard(steps: Sequence[Step]) -> Iterator[tuple[int, Deal]]:
    """What stands after all that became known at each instant."""
    deal, latest, count = NOTHING, None, 0
    for recorded, together in groupby(steps, key=lambda step: step.recorded):
        for step in together:
            count += 1
            if latest is None or (step.kind != OPENED and step.at > latest):
                deal = applied(deal, step.kind, step.told, step.at)
            else:
                states = folded(steps[:count])
                deal = states[-1][1] if states else NOTHING
            latest = step.at if latest is None else max(step.at, latest)
        yield recorded, deal


def with_sightings(told: Mapping[MovePlace, Moved], seen: Iterable[Sighting]) -> dict[MovePlace, Moved]:
    """Moves with the instants at which they were seen, and the leaps that are none of them.

    A leap was known for no time: it says nothing of what was so, only of what was thought.
    """
    found = dict(told)
    places: dict[int, list[MovePlace]] = {}
    for place in sorted(told):
        places.setdefault(max(place[0], place[1]), []).append(place)
    for at, before, after in seen:
        leap = moves(before, after)
        own = _same(leap, [(place, told[place].move) for place in places.get(at, ())])
        for place in own:
            found[place] = told[place]._replace(seen=at)
        if not own:
            for (_, _, number), each in placed(at, at, leap, at, at):
                found[at, at, _LEAPS + number] = each
    return found


def _same(leap: Sequence[Move], told: Sequence[tuple[MovePlace, Move]]) -> list[MovePlace]:
    """The places of the last change that is taken apart as a leap is."""
    for _, change in groupby(reversed(told), key=lambda each: each[0][:2]):
        found = sorted(change)
        if _ranked([move for _, move in found]) == _ranked(leap):
            return [place for place, _ in found]
    return []


def _ranked(found: Iterable[Move]) -> list[Move]:
    """Moves with their steps counted: a step that moves nothing may lie between them."""
    steps = groupby(found, key=lambda move: move.step)
    return [move._replace(step=rank) for rank, (_, every) in enumerate(steps) for move in every]
