"""Several leads that are one: their histories are kept apart, and what holds is the union, in one order for all.

What is the lead's own comes first, then the others from the oldest on. So it makes no difference in which order they
were merged, and whoever leaves takes away exactly what it brought.
"""

from bisect import insort
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from streams.deciders.lead.entries import Touch
from streams.deciders.lead.learning import best, stricter, values_of
from streams.deciders.lead.person import Part, Person, age
from streams.deciders.lead.state import Lead


def person_of(lead: Lead) -> Person:
    """Who the lead is; from now on it is somebody."""
    if lead.person is None:
        lead.person = Person(captured_at=lead.captured_at, is_test=lead.is_test)
    return lead.person


def own_of(lead: Lead) -> Lead | Part:
    """Where the lead's own history is kept."""
    person = lead.person
    return lead if person is None or person.own is None else person.own


def put(to: Lead | Part, touch: Touch) -> None:
    """Put a touch in its place by time."""
    touches = to.touches
    if not touches or _order(touches[-1]) <= (touch.at, touch.id):
        touches.append(touch)
    else:
        insort(touches, touch, key=_order)


def absorb(lead: Lead, other: str, part: Part) -> None:
    """From now on the history of another lead counts for this one; what was there of it is replaced."""
    person = person_of(lead)
    if person.own is None:
        person.own = Part(
            touches=lead.touches,
            profile=lead.profile,
            profile_at=lead.profile_at,
            sourced=lead.sourced,
            withdrawn=lead.withdrawn,
            consents=lead.consents,
        )
    person.parts[other] = part


def drop(lead: Lead, other: str, by: str) -> None:
    """The history of another lead, and what came through it, counts no longer.

    Args:
        lead: the lead.
        other: the one that leaves.
        by: the lead that told of it.
    """
    person = person_of(lead)
    for name, part in list(person.parts.items()):
        route = (name, *part.through)
        if other in route and route[-1] == by:
            del person.parts[name]
    if person.own is not None and not person.parts:
        own, person.own = person.own, None
        lead.touches, lead.profile, lead.profile_at = own.touches, own.profile, own.profile_at
        lead.sourced, lead.withdrawn, lead.consents = own.sourced, own.withdrawn, own.consents


def unite(lead: Lead) -> None:
    """Make what holds of the lead anew from its own history and those of the others."""
    person = lead.person
    if person is None or person.own is None:
        return
    others = sorted(person.parts.items(), key=lambda item: age(item[1].captured_at, item[0]))
    parts = [person.own, *(part for _, part in others)]
    lead.touches = _once(touch for part in parts for touch in part.touches)
    names = dict.fromkeys(name for part in parts for name in part.profile)
    found = {
        name: best(each for part in parts if name in part.profile for each in reversed(values_of(part, name)))
        for name in names
    }
    lead.profile = {name: value.value for name, value in found.items()}
    lead.profile_at = {name: value.at for name, value in found.items()}
    purposes = dict.fromkeys(purpose for part in parts for purpose in part.consents)
    lead.consents = {
        purpose: stricter(part.consents[purpose] for part in parts if purpose in part.consents) for purpose in purposes
    }
    lead.sourced, lead.withdrawn = {}, {}


def unite_touches(lead: Lead, new: Sequence[Touch]) -> None:
    """The same where only new touches came: each is put in its place, unless another one has its id."""
    if lead.person is None or lead.person.own is None:
        return
    ids = {touch.id for touch in new}
    if len(ids) < len(new) or any(touch.id in ids for touch in lead.touches):
        unite(lead)
        return
    for touch in new:
        put(lead, touch)


def bare(lead: Lead) -> Lead:
    """The lead without what `unite` makes of its own history and those of others; it is not to be changed."""
    if lead.person is None or lead.person.own is None:
        return lead
    return replace(lead, touches=[], profile={}, profile_at={}, sourced={}, withdrawn={}, consents={})


def _once(touches: Iterable[Touch]) -> list[Touch]:
    """Each touch once, in order; one that several leads have counts as the first of them has it."""
    kept: dict[str, list[Touch]] = {}
    for touch in touches:
        same = kept.setdefault(touch.id, [])
        if not any(_is_same(touch, other) for other in same):
            same.append(touch)
    return sorted((touch for same in kept.values() for touch in same), key=_order)


def _is_same(one: Touch, other: Touch) -> bool:
    """Whether two touches of one id are one: of one source, or of one instant where a source was not kept."""
    if one.source is None or other.source is None:
        return one.at == other.at
    return one.source == other.source


def _order(touch: Touch) -> tuple[int, str]:
    return touch.at, touch.id
