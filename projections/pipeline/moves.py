"""What changes of opportunities did to the open pipe, step by step, so that a database can sum a waterfall.

A change is taken apart as `waterfall` takes it apart. Each step is a row for every part of the amount that it is about:
what the part was before and what it is after, for a database to turn into money by the rates and in the quarter that
are asked for. Start and end of a waterfall are the open pipe itself, and what rates did is what is left.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from projections.pipeline.deal import DIMENSIONS, NOTHING, Deal, Group
from projections.pipeline.history import Version
from projections.pipeline.waterfall import taken_apart

_EVER = 1 << 63


class Worth(NamedTuple):
    """An amount in minor units of a currency, and the day on which it is expected to close."""

    amount_minor: int = 0
    currency: str = ""
    close_date: str = ""


_WORTHLESS = Worth()
_OF_PRODUCTS = 1 << DIMENSIONS.index("product")
"""The bit of the one dimension in which parts differ from each other."""


class Move(NamedTuple):
    """What a step did to one part of the open pipe.

    Attributes:
        step: place of the step in the change.
        gain: what it is called where the slice is worth more after it.
        loss: what it is called where it is worth less.
        among: the dimensions by which it is to be cut to be one, as bits in the order of `DIMENSIONS`; 0: however it is
            cut.
        several: the step may have a gain and a loss in one slice, and only their sum says which it is.
        before: what the part was worth.
        after: what it is worth.
        group: where it counts, in the order of `DIMENSIONS`.
    """

    step: int
    gain: str
    loss: str
    among: int
    several: bool
    before: Worth
    after: Worth
    group: Group


def among(dimensions: Iterable[str]) -> int:
    """Dimensions as bits."""
    return sum(1 << DIMENSIONS.index(name) for name in dimensions)


def minded(old: Deal, new: Deal) -> bool:
    """Whether something is other that the pipe minds; of most changes nothing is."""
    return (
        old.amount_minor != new.amount_minor or old.status != new.status or old.close_date != new.close_date
        or old.lines != new.lines or old.owner != new.owner or old.currency != new.currency
        or old.product != new.product or old.region != new.region or old.segment != new.segment
        or old.source != new.source or old.campaign != new.campaign or old.opener_role != new.opener_role
    )  # fmt: skip


def moves(old: Deal, new: Deal) -> tuple[Move, ...]:
    """What a change did; nothing where the pipe stays as it was, in whatever quarter and slice."""
    if not (old.is_open or new.is_open or (new.status and not old.status)) or not minded(old, new):
        return ()
    found, state = list[Move](), old
    for step, (gain, loss, after) in enumerate(taken_apart(old, new)):
        found += _step(step, (gain, loss), state, after)
        state = after
    return tuple(found)


def _step(step: int, names: tuple[str, str], old: Deal, new: Deal) -> Iterator[Move]:
    was, now = _parts(old), _parts(new)
    changed, pairs = 0, list[tuple[Worth, Worth, Group]]()
    if len(was) == len(now) and all(before[0] == after[0] for before, after in zip(was, now, strict=True)):
        pairs = [(before, after, group) for (group, before), (_, after) in zip(was, now, strict=True)]
    else:
        if [worth for _, worth in was] == [worth for _, worth in now]:  # it is what it was, in another place
            places = zip(was, now, strict=True)
            changed = sum({1 << at for (old_one, _), (new_one, _) in places for at in _differing(old_one, new_one)})
        elif was and now:
            was, now = _without(was, now), _without(now, was)
        pairs += [(worth, _WORTHLESS, group) for group, worth in was]
        pairs += [(_WORTHLESS, worth, group) for group, worth in now]
    found = [each for each in pairs if each[0] != each[1] and (each[0].amount_minor or each[1].amount_minor)]
    several = len(found) > 1
    if several:
        elsewhere = changed and (len(was) == 1 or not changed & _OF_PRODUCTS)  # no slice holds what was and what is
        several = not elsewhere and not _one_way([each[:2] for each in found])
    for before, after, group in found:
        yield Move(step, *names, changed, several, before, after, group)


def _without(parts: Iterable[tuple[Group, Worth]], others: Iterable[tuple[Group, Worth]]) -> list[tuple[Group, Worth]]:
    """Parts that are not among the others: what stays where it was moves nothing."""
    left, found = list(others), list[tuple[Group, Worth]]()
    for part in parts:
        if part in left:
            left.remove(part)
        else:
            found.append(part)
    return found


def _one_way(found: Sequence[tuple[Worth, Worth]]) -> bool:
    """Whether all parts gain or all lose, whatever the rates and the quarter."""
    if all(before.amount_minor == after.amount_minor for before, after in found):  # another day, of all alike
        return len({(*before[1:], *after[1:]) for before, after in found}) == 1
    if any(before.amount_minor and after.amount_minor and before[1:] != after[1:] for before, after in found):
        return False
    return len({before.amount_minor < after.amount_minor for before, after in found}) == 1


def _differing(one: Group, two: Group) -> Iterator[int]:
    return (place for place, (a, b) in enumerate(zip(one, two, strict=True)) if a != b)


def _parts(deal: Deal) -> list[tuple[Group, Worth]]:
    """The parts of what is in the pipe: where each counts, and what it is worth."""
    if not deal.is_open:
        return []
    rest = (deal.region, deal.segment, deal.source, deal.campaign, deal.owner, deal.opener_role)
    return [((part.product, *rest), Worth(part.amount_minor, deal.currency, deal.close_date)) for part in deal.parts()]


class Moved(NamedTuple):
    """One of the moves of a change; instants in microseconds.

    Attributes:
        move: it.
        known_to: until when it was thought to be so; None: it still is.
        seen: when it was seen, by what was known at that very instant; None: it was never seen as such.
    """

    move: Move
    known_to: int | None
    seen: int | None = None


MovePlace = tuple[int, int, int]
"""When it happened, since when that is known, both in microseconds, and the place of the move in the change."""


def placed(
    at: int, known: int, found: Sequence[Move], until: int | None = None, seen: int | None = None
) -> Iterator[tuple[MovePlace, Moved]]:
    """The moves of a change with their places."""
    for number, move in enumerate(found):
        yield (at, known, number), Moved(move, until, seen)


def moves_of(versions: Iterable[Version]) -> dict[MovePlace, Moved]:
    """All moves of an opportunity, whatever was known when; each as long as it was known as the same."""
    every = list(versions)
    ended: dict[int, list[Version]] = {}
    for each in every:
        if each.valid_to is not None:
            ended.setdefault(each.valid_to, []).append(each)
    changes: dict[int, list[tuple[int, int, tuple[Move, ...]]]] = {}
    for each in every:
        was = sorted(ended.get(each.valid_from, ()), key=lambda one: one.known_from)
        changes.setdefault(each.valid_from, []).extend(_changes(was, each))
    found: dict[MovePlace, Moved] = {}
    for at, spans in changes.items():
        for since, until, made in _merged(sorted(spans, key=lambda span: span[0])):
            found.update(placed(at, since, made, None if until == _EVER else until))
    return found


def _changes(was: Iterable[Version], now: Version) -> Iterator[tuple[int, int, tuple[Move, ...]]]:
    """What led to a version: of those that ended when it began the one that was known with it, or nothing."""
    since, end = now.known_from, _until(now)
    for each in was:
        begin, until = max(each.known_from, since), min(_until(each), end)
        if begin < until:
            if since < begin:
                yield since, begin, moves(NOTHING, now.deal)
            yield begin, until, moves(each.deal, now.deal)
            since = until
    if since < end:
        yield since, end, moves(NOTHING, now.deal)


def _until(each: Version) -> int:
    return _EVER if each.known_to is None else each.known_to


def _merged(spans: Iterable[tuple[int, int, tuple[Move, ...]]]) -> list[tuple[int, int, tuple[Move, ...]]]:
    found = list[tuple[int, int, tuple[Move, ...]]]()
    for since, until, made in spans:
        if found and (found[-1][1], found[-1][2]) == (since, made):
            found[-1] = found[-1][0], until, made
        else:
            found.append((since, until, made))
    return found
