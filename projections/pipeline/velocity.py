"""How opportunities move: what share of a cohort reaches each stage, how long they stay, what sells a day."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple

from events.instants import DAY
from projections.pipeline.deal import LOST, NOTHING, OPENED, WON, Deal, Group, Line, sliced
from projections.pipeline.figures import Terms
from projections.pipeline.history import Version
from projections.pipeline.quarters import local_day, quarter_of, same_instant

_PERCENT = 100
OLD_PERCENT = 90
"""Who is longer in a stage than so many in a hundred of the stays that ended is there for too long."""


class Stay(NamedTuple):
    """Time in one stage; instants in microseconds, `end` None of an open one that is still there."""

    stage: str
    begin: int
    end: int | None


def stays(known: Sequence[Version]) -> list[Stay]:
    """The stages an opportunity was in, one after the other, of versions that were known together.

    A stay ends when the stage changes or the opportunity closes, and by no other edit.
    """
    found = list[Stay]()
    for each in known:
        deal, last = each.deal, found[-1] if found else None
        if last is not None and last.end is None and not (deal.is_open and deal.stage == last.stage):
            found[-1] = last._replace(end=each.valid_from)
        if deal.is_open and (not found or found[-1].end is not None):
            found.append(Stay(deal.stage, each.valid_from, None))
    return found


class Reached(NamedTuple):
    """One stage of a cohort.

    Attributes:
        stage: its name; before the first one `opened`, after the last one `won`.
        deals: opportunities that came to it or past it, each once.
        entries: how often it was entered, entries anew with the first ones.
        went_on: of the deals, those that came past it.
        lost: of the deals, those that are lost now and came no further.
    """

    stage: str
    deals: int
    entries: int
    went_on: int
    lost: int

    @property
    def standing(self) -> int:
        """Of the deals, those that are open now and came no further; sold ones are no longer on their way."""
        return 0 if self.stage == WON else self.deals - self.went_on - self.lost

    @property
    def conversion(self) -> Fraction | None:
        """Share that went on; None where nobody came."""
        return Fraction(self.went_on, self.deals) if self.deals else None


class Progress(NamedTuple):
    """How far an opportunity came.

    Attributes:
        status: open, won or lost now; blank before it is opened.
        opened_at: when it was opened, in microseconds, if it was.
        entered: the stages it was open in, one after the other.
        been: the stages it was in, open or not.
    """

    status: str
    opened_at: int | None
    entered: Sequence[str]
    been: Collection[str]


def progress_of(known: Sequence[Version]) -> Progress:
    """How far an opportunity came by the versions that were known together."""
    deal = known[-1].deal if known else NOTHING
    been = {each.deal.stage for each in known}  # also one it closed in at the instant it came there
    return Progress(deal.status, deal.opened_at, [stay.stage for stay in stays(known)], been)


def conversions(every: Iterable[Progress], stages: Sequence[str], begin: int, end: int) -> list[Reached]:
    """How far the opportunities came that were opened in a span.

    Whoever came to a later stage has come to the earlier ones too, also when it skipped them; whoever went back or is
    lost today still came as far as it did. What was in none of the stages was opened and has come no further.

    Args:
        every: how far each opportunity came.
        stages: in their order.
        begin: of the span of openings, in microseconds.
        end: of that span, itself outside.
    """
    names = (OPENED, *stages, WON)
    place = {stage: number for number, stage in enumerate(stages, 1)}
    reached, entries, lost = [0] * len(names), [0] * len(names), [0] * len(names)
    for status, opened_at, entered, been in every:
        if opened_at is None or not begin <= opened_at < end:
            continue
        entries[0] += 1
        for stage in entered:
            if stage in place:
                entries[place[stage]] += 1
        entries[-1] += status == WON
        furthest = len(stages) + 1 if status == WON else max((place.get(stage, 0) for stage in been), default=0)
        reached[furthest] += 1
        lost[furthest] += status == LOST
    reached = list(accumulate(reversed(reached)))[::-1]
    return [Reached(*each) for each in zip(names, reached, entries, (*reached[1:], 0), lost, strict=True)]


def percentile(values: Iterable[int], percent: int) -> int | None:
    """Nearest rank: the least value that has at least so many percent of the values at or below it."""
    ranked = sorted(values)
    return ranked[(percent * len(ranked) + _PERCENT - 1) // _PERCENT - 1] if ranked else None


def lengths(every: Iterable[Sequence[Version]], at: int) -> dict[str, list[int]]:
    """By stage, how long the stays took that had ended by an instant, in microseconds."""
    found: dict[str, list[int]] = {}
    for known in every:
        for stay in stays(known):
            if stay.end is not None and stay.end <= at:
                found.setdefault(stay.stage, []).append(stay.end - stay.begin)
    return found


def too_long(ended: Mapping[str, Iterable[int]]) -> dict[str, int | None]:
    """By stage, the length of stay in microseconds beyond which one is there for too long, from those that ended."""
    return {stage: percentile(found, OLD_PERCENT) for stage, found in sorted(ended.items())}


def is_too_old(age: int, stage: str, limits: Mapping[str, int | None]) -> bool:
    """Whether one that is in a stage for so many microseconds is there for too long."""
    limit = limits.get(stage)
    return limit is not None and age > limit


class Velocity(NamedTuple):
    """What a pipeline sells, from its four parts.

    Attributes:
        open_deals: open opportunities.
        won: won in the span that is learned from.
        lost: lost in it.
        won_minor: amounts of those won, in minor units of the reporting currency.
        won_us: time from opening to winning of those won together, in microseconds.
    """

    open_deals: int
    won: int
    lost: int
    won_minor: int
    won_us: int

    @property
    def win_rate(self) -> Fraction | None:
        """Won ÷ decided; None where nothing was decided."""
        decided = self.won + self.lost
        return Fraction(self.won, decided) if decided else None

    @property
    def a_day(self) -> Fraction | None:
        """Minor units a day: open ones x win rate x mean amount ÷ mean days to win; None without a win."""
        rate = self.win_rate
        if rate is None or not self.won or not self.won_us:
            return None
        return self.open_deals * rate * Fraction(self.won_minor * DAY, self.won_us)


def year_earlier(at: int, terms: Terms) -> int:
    """The same day of the quarter a year before, from when on it is learned what opportunities come to."""
    return same_instant(quarter_of(local_day(at, terms.zone), terms.begins), at, terms.zone)


def velocities(every: Iterable[Deal], by: tuple[str, ...], terms: Terms) -> Mapping[Group, Velocity]:
    """The four parts by slice, of opportunities that are open or were closed in the span that is learned from.

    One with several products counts to each of them, with the amount that it has of it.
    """
    found: dict[Group, Velocity] = {}
    for deal in every:
        for group, parts in sliced(deal, by).items():
            found[group] = _with(found.get(group, Velocity(0, 0, 0, 0, 0)), deal, parts, terms)
    return found


def _with(sums: Velocity, deal: Deal, parts: Iterable[Line], terms: Terms) -> Velocity:
    if deal.is_open:
        return sums._replace(open_deals=sums.open_deals + 1)
    if deal.status != WON:
        return sums._replace(lost=sums.lost + 1)
    closed, opened = deal.closed_at or 0, deal.opened_at
    day = local_day(closed, terms.zone)
    amount = sum(terms.rates.counted(part.amount_minor, deal.currency, day, deal) for part in parts)
    took = closed - (closed if opened is None else opened)
    return sums._replace(won=sums.won + 1, won_minor=sums.won_minor + amount, won_us=sums.won_us + took)


def win_rates(closed: Iterable[Deal], by: tuple[str, ...]) -> dict[Group, Fraction]:
    """Won ÷ won and lost, by slice; one with several products counts to each of them."""
    found: dict[Group, list[int]] = {}
    for deal in closed:
        for group in sliced(deal, by):
            counts = found.setdefault(group, [0, 0])
            counts[0] += deal.status == WON
            counts[1] += 1
    return {group: Fraction(won, decided) for group, (won, decided) in found.items()}
