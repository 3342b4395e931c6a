"""How the open pipe of a period came from one instant to another, exactly, opportunity by opportunity.

An opportunity's way is walked state by state. One change of several things is taken apart in a fixed order: it is
reopened or new; then its close date moves, with the old amount; then it enters or leaves the slice, with the old
amount; then its amount changes, if it is inside; then it is won or lost. What rates do between two states is apart.
Each step takes up where the one before ended, so the sum is the end, whatever happened.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from msgspec.structs import replace

from projections.pipeline.deal import OPEN, WON, Deal, Line
from projections.pipeline.figures import Terms
from projections.pipeline.quarters import local_day

Inside = Callable[[Deal, Line], bool]
"""Whether a part of an opportunity belongs to a slice."""


class Waterfall(NamedTuple):
    """What was added to the pipe and taken from it, in minor units of the reporting currency.

    Only `revalued` can be below zero; start + new + pulled_in + increased - decreased - moved_out - won - lost +
    reopened + entered - left + revalued = end.
    """

    start: int = 0
    new: int = 0
    pulled_in: int = 0
    increased: int = 0
    decreased: int = 0
    moved_out: int = 0
    won: int = 0
    lost: int = 0
    reopened: int = 0
    entered: int = 0
    left: int = 0
    revalued: int = 0
    end: int = 0

    @property
    def reckoned(self) -> int:
        """What the end has to be."""
        gained = self.start + self.new + self.pulled_in + self.increased + self.reopened + self.entered + self.revalued
        return gained - self.decreased - self.moved_out - self.won - self.lost - self.left


def together(every: Iterable[Waterfall]) -> Waterfall:
    """Of several opportunities, or of slices that share nothing: each column summed."""
    return Waterfall(*(sum(column) for column in zip(Waterfall(), *every, strict=True)))


class Period(NamedTuple):
    """The close dates that count: from the first day to the one before `after`."""

    first: date
    after: date

    def has(self, text: str) -> bool:
        """Whether a close date lies in it."""
        return self.first.isoformat() <= text < self.after.isoformat()


def waterfall(
    path: Sequence[tuple[int, Deal]], end: int, period: Period | None, inside: Inside, terms: Terms, *, of: str = ""
) -> Waterfall:
    """The waterfall of one opportunity.

    Args:
        path: the states it had and when each began, in microseconds; the first one began at or before the start, and
            its instant is that of the start.
        end: the last instant, in microseconds.
        period: the close dates that count; None for all.
        inside: the slice.
        terms: rates, and the zone in which their days begin. What has no rate of a day is worth nothing on it.
        of: the opportunity's id, by which what has no rate is noted.
    """

    def worth(deal: Deal, at: int) -> int:
        if not deal.is_open or (period is not None and not period.has(deal.close_date)):
            return 0
        parts = (part for part in deal.parts() if inside(deal, part))
        if deal.currency == terms.rates.reporting:
            return sum(part.amount_minor for part in parts)
        day = local_day(at, terms.zone)
        return sum(terms.rates.counted(part.amount_minor, deal.currency, day, of) for part in parts)

    (begin, deal), *later = path
    sums = dict.fromkeys(Waterfall._fields, 0)
    sums["start"] = pipe = worth(deal, begin)
    for at, new in (*later, (end, path[-1][1])):
        before, pipe = pipe, worth(deal, at)
        sums["revalued"] += pipe - before
        for gain, loss, state in taken_apart(deal, new):
            before, pipe = pipe, worth(state, at)
            sums[gain if pipe > before else loss] += abs(pipe - before)
        deal = new
    return Waterfall(**{**sums, "end": pipe})


def taken_apart(old: Deal, new: Deal) -> Iterator[tuple[str, str, Deal]]:
    """The steps from one state to the next: what a gain is called, what a loss is called, and the state after it."""
    state = old
    if not old.is_open:
        if not old.status:
            state = replace(new, status=OPEN)
            yield "new", "decreased", state
        elif new.is_open:
            state = replace(old, status=OPEN)
            yield "reopened", "decreased", state
    if state.close_date != new.close_date:
        state = replace(state, close_date=new.close_date)
        yield "pulled_in", "moved_out", state
    moved = replace(
        new, status=state.status, amount_minor=state.amount_minor, currency=state.currency, lines=state.lines
    )
    if moved != state:
        state = moved
        yield "entered", "left", state
    resized = replace(state, amount_minor=new.amount_minor, currency=new.currency, lines=new.lines)
    if resized != state:
        same = (state.amount_minor, state.currency) == (new.amount_minor, new.currency)
        state = resized
        yield ("entered", "left", state) if same else ("increased", "decreased", state)
    if state != new:
        yield "reopened", WON if new.status == WON else "lost", new
