"""All versions of an opportunity, on both axes of time: what was so, and what was known of it.

A version holds from one instant of what happened to another, and was known from one instant of recording to another.
A fact that comes late closes what was known and says anew what had been so, from when it happened. Nothing that was
ever known is overwritten, so any past day can be asked, and cut by whatever is known of it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from projections.pipeline.deal import LINE, LINE_GONE, NOTHING, OPENED, TURNS, Deal, Step, applied


class Version(Struct, frozen=True, gc=False, array_like=True):
    """An opportunity as it was, as it was known; half-open spans in microseconds, None without an end yet."""

    valid_from: int
    valid_to: int | None
    known_from: int
    known_to: int | None
    deal: Deal


class History(Struct, frozen=True, gc=False, array_like=True):
    """What is kept of an opportunity.

    Attributes:
        steps: in the order in which they became known.
        past: versions that are no longer what is known, in the order in which they ceased to be.
        now: versions that are known now, by what they hold from; one ends where the next begins.
    """

    steps: tuple[Step, ...] = ()
    past: tuple[Version, ...] = ()
    now: tuple[Version, ...] = ()


def in_order(steps: Sequence[Step]) -> list[tuple[int, Step]]:
    """Steps with the instants they hold from, as they are to be folded.

    By when they happened, then as they became known. An opportunity that is opened a second time was opened at the
    earlier instant, and what was so from the beginning is so from there on, under what the second opening says; where
    it was closed at once, it was closed when it was. A product line is removed no earlier than it was added, and added
    again no earlier than it was removed.
    """
    placed = list[tuple[int, Step]]()
    opened: int | None = None
    for step in steps:
        at = step.at
        if step.kind == OPENED:
            if opened is not None:
                begun, at = opened, min(at, opened)
                placed = [(at if since == begun and each.kind not in TURNS else since, each) for since, each in placed]
            opened = at
        placed.append((at, step))
    lines = dict[str, int]()
    for number, (at, step) in enumerate(placed):
        if step.kind in (LINE, LINE_GONE):
            line = step.told["line"]
            lines[line] = since = max(at, lines.get(line, at))
            placed[number] = since, step
    return sorted(placed, key=lambda each: each[0])


def folded(steps: Sequence[Step]) -> list[tuple[int, Deal]]:
    """The states of an opportunity and the instants they began at; what lasted no time is left out."""
    deal, states = NOTHING, list[tuple[int, Deal]]()
    for at, step in in_order(steps):
        new = applied(deal, step.kind, step.told, at)
        if states and states[-1][0] == at:
            states.pop()
        if new != (states[-1][1] if states else NOTHING):
            states.append((at, new))
        deal = new
    return states


def with_step(history: History, step: Step) -> History:
    """The history after another fact became known; `recorded` never decreases."""
    step, now = _priced(history, step), history.now
    steps = (*history.steps, step)
    if step.kind != OPENED and now and all(each.at < step.at for each in history.steps):
        new = applied(now[-1].deal, step.kind, step.told, step.at)
        states = [(each.valid_from, each.deal) for each in now]
        states += [(step.at, new)] if new != now[-1].deal else []
    else:
        states = folded(steps)
    return _renewed(replace(history, steps=steps), states, step.recorded)


def _priced(history: History, step: Step) -> Step:
    """The step with amount and currency together, as it meant them: what it leaves open was so when it was told.

    So no late word about one of them gives a later amount another currency.
    """
    opened = history.now[-1].deal.opened_at if history.now else None
    return priced(step, as_of(history.now, opened if step.kind == OPENED and opened is not None else step.at))


def priced(step: Step, was: Deal) -> Step:
    """The step with amount and currency together, given what was so when it was told."""
    if ("amount_minor" in step.told) == ("currency" in step.told) or step.kind == LINE:
        return step
    return replace(step, told={"amount_minor": was.amount_minor, "currency": was.currency, **step.told})


def _renewed(history: History, states: Sequence[tuple[int, Deal]], at: int) -> History:
    """What is known from an instant on; versions that still hold stay the same objects."""
    ends = [*(begin for begin, _ in states[1:]), None]
    same = {(each.valid_from, each.valid_to): each for each in history.now}
    now = list[Version]()
    for (begin, deal), end in zip(states, ends, strict=False):
        old = same.get((begin, end))
        now.append(old if old is not None and old.deal == deal else Version(begin, end, at, None, deal))
    kept = {id(each) for each in now}
    gone = [each for each in history.now if id(each) not in kept]
    if not gone and len(now) == len(history.now):
        return history
    closed = tuple(replace(each, known_to=at) for each in gone if each.known_from < at)  # else nobody ever knew it
    return replace(history, past=(*history.past, *closed), now=tuple(now))


def versions(history: History) -> Iterable[Version]:
    """All of them."""
    return (*history.past, *history.now)


def known_at(history: Iterable[Version], known: int | None = None) -> list[Version]:
    """The versions as they were known at an instant, by what they hold from; None: as they are known now."""
    found = [
        each
        for each in history
        if (known is None and each.known_to is None)
        or (known is not None and each.known_from <= known and (each.known_to is None or known < each.known_to))
    ]
    return sorted(found, key=lambda each: each.valid_from)


def heard_by(history: Iterable[Version], known: int | None) -> Iterator[Version]:
    """What had become known by an instant, or all of it; what was closed later was open then."""
    for each in history:
        if known is None or each.known_from <= known:
            is_open = known is not None and each.known_to is not None and each.known_to > known
            yield replace(each, known_to=None) if is_open else each


def as_of(known: Sequence[Version], at: int) -> Deal:
    """What was so at an instant, of versions that were known together; `NOTHING` before the first fact."""
    place = bisect_right(known, at, key=lambda each: each.valid_from)
    return known[place - 1].deal if place else NOTHING


def held_first(history: Iterable[Version], at: int, known: int | None = None) -> tuple[int, Deal] | None:
    """When an opportunity first had an amount, by an instant and as known at another, and what it was then; or None."""
    had = (each for each in known_at(history, known) if each.valid_from <= at and each.deal.has_amount)
    return next(((each.valid_from, each.deal) for each in had), None)


def course(known: Sequence[Version], begin: int, end: int) -> list[tuple[int, Deal]]:
    """What was so in a span, of versions that were known together: states, and when they began."""
    later = [(each.valid_from, each.deal) for each in known if begin < each.valid_from <= end]
    return [(begin, as_of(known, begin)), *later]


def path(history: Iterable[Version], begin: int, end: int) -> list[tuple[int, Deal]]:
    """What was so at each instant of a span as it was known at that very instant: states, and when they began."""
    every = list(history)
    moments = {begin}
    for each in every:
        moments |= {at for at in (each.valid_from, each.known_from, each.known_to) if at is not None}
    found = list[tuple[int, Deal]]()
    for at in sorted(at for at in moments if begin <= at <= end):
        deal = as_of(known_at(every, at), at)
        if not found or found[-1][1] != deal:
            found.append((at, deal))
    return found
