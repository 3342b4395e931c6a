"""What the lives of several leads come to that are one: statuses, conversions, and what closes or opens them.

Each life is kept apart, as each history is, and what holds is found when it is asked for; so whoever leaves takes away
exactly what it brought. In general the later word holds, whichever lead it was said of. A conversion is no such word:
it stands until it is taken back of the lead that was converted.
"""

from collections.abc import Sequence

from streams.deciders.lead.closings import Closing, add, lasting, spans
from streams.deciders.lead.entries import Conversion, HandedOver, StatusEntry
from streams.deciders.lead.person import Part, Person, age


def lives(person: Person | None) -> list[tuple[str, Part]]:
    """The parts of other leads that have a life, by age."""
    if person is None or not person.parts:
        return []
    found = [(name, part) for name, part in person.parts.items() if part.statuses or part.closings or part.handed_over]
    return sorted(found, key=lambda item: age(item[1].captured_at, item[0]))


def statuses(own: list[StatusEntry], person: Person | None, since: int | None) -> Sequence[StatusEntry]:
    """All statuses in order. What was said of another lead before this one went to sales is overtaken by that.

    Args:
        own: the lead's own.
        person: who the lead is.
        since: when the lead was handed over last, microseconds; None when it never was.
    """
    told = [each for _, part in lives(person) for each in part.statuses if since is None or each.at >= since]
    return sorted({*own, *told}) if told else own


def closings(own: Sequence[Closing], person: Person | None, since: int | None) -> Sequence[Closing]:
    """What closed and opened all of them, in order; `since` as for `statuses`."""
    others = lives(person)
    if not others:
        return own
    found = [each for each in own if each.how not in _OF_ONE]
    for begin, end in _together([own, *(part.closings for _, part in others)]):
        add(found, Closing(begin, "converted"))
        if end is not None:
            add(found, Closing(end, "unconverted"))
    for _, part in others:
        told = [each for each in part.closings if each.how not in _OF_ONE]
        if (carried := carries(part)) is not None:  # it was open then, whatever had been said of the others
            add(told, Closing(carried.at, "reopened"))
        for each in told:
            if since is None or each.at >= since:
                add(found, each)
    return found


def said_last(told: Sequence[StatusEntry], own: list[StatusEntry], person: Person | None) -> tuple[str, Part] | None:
    """The merged lead that entered the last of all statuses; None where the lead itself did, or nobody."""
    if told is own or not told or told[-1] in own:
        return None
    return next((name, part) for name, part in lives(person) if told[-1] in part.statuses)


def carries(part: Part) -> HandedOver | None:
    """The hand-over of a lead that sales had when it was merged."""
    return None if part.handed_over is None or part.handed_over.is_over else part.handed_over


def standing(own: list[Conversion], closed: list[Closing]) -> list[Conversion]:
    """The conversions of one lead that were not taken back."""
    until = taken_back_at(closed)
    return [each for each in own if each.at > until]


def taken_back_at(closed: list[Closing]) -> int:
    """When a conversion was taken back last. What was converted until then counts as taken back; a new one is after."""
    return max((each.at for each in closed if each.how == "unconverted"), default=-1)


def converted_as(person: Person | None) -> str | None:
    """The oldest of the merged leads that is converted."""
    return next((name for name, part in lives(person) if "converted" in lasting(part.closings)), None)


def _together(all_closings: Sequence[Sequence[Closing]]) -> list[tuple[int, int | None]]:
    """The intervals in which any of them was converted."""
    found: list[tuple[int, int | None]] = []
    for begin, end in sorted(
        (span for each in all_closings for span in spans(each, "converted")), key=lambda span: span[0]
    ):
        last = found[-1] if found else None
        if last is None or (last[1] is not None and last[1] < begin):
            found.append((begin, end))
        elif last[1] is not None and (end is None or end > last[1]):
            found[-1] = (last[0], end)
    return found


_OF_ONE = frozenset({"converted", "unconverted"})
