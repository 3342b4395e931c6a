"""What each opportunity adds to the figures of a quarter, part by part; figures are sums of these and nothing else.

Sums of whole numbers: however opportunities are spread over partitions, and however they are cut, totals agree.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from projections.pipeline.deal import WON, Deal, Group, value_of
from projections.pipeline.history import Version, as_of, held_first, known_at
from projections.pipeline.money import Rates
from projections.pipeline.quarters import Quarter, Season, local_day

CLOSED, COMMIT, MOST_LIKELY, BEST_CASE, OPEN_PIPE, GENERATION, COVERAGE = (
    "closed_acv", "commit", "most_likely", "best_case", "open_pipe", "pipe_generation", "coverage"
)  # fmt: skip
MEASURES = (CLOSED, COMMIT, MOST_LIKELY, BEST_CASE, OPEN_PIPE, GENERATION)
"""Columns that are sums of amounts; the three of the forecast hold those before them."""
ALL_FORECASTS = {
    "closed": (COMMIT, MOST_LIKELY, BEST_CASE),
    "commit": (COMMIT, MOST_LIKELY, BEST_CASE),
    "most_likely": (MOST_LIKELY, BEST_CASE),
    "best_case": (BEST_CASE,),
}
"""Which forecasts an open opportunity counts to, by its category; any other category counts to none."""

OPPORTUNITY = "opportunity"
"""What one may cut by beside the dimensions: each by itself."""


class Held(NamedTuple):
    """An opportunity that is asked about.

    Attributes:
        opportunity: its id.
        deal: as it was at the instant asked about.
        born: as it was when it first had an amount, and since when in microseconds; None if it never had one.
    """

    opportunity: str
    deal: Deal
    born: tuple[int, Deal] | None


class Share(NamedTuple):
    """What one part of an opportunity adds to one figure, in minor units of the reporting currency."""

    opportunity: str
    group: Group
    measure: str
    amount_minor: int


class Terms(NamedTuple):
    """What a company says of its figures.

    Attributes:
        rates: to the reporting currency.
        zone: in which days and quarters begin.
        begins: month in which the fiscal year begins.
        green: pace from which a cell is green, in hundredths.
        yellow: pace from which it is yellow; below it is red.
        seasons: how targets fall on the months of quarters, by the day from when they do.
    """

    rates: Rates
    zone: ZoneInfo
    begins: int = 1
    green: int = 100
    yellow: int = 85
    seasons: tuple[Season, ...] = ()


class Cut(NamedTuple):
    """What is asked of the figures.

    Attributes:
        quarter: the quarter.
        at: the instant they hold for, in microseconds.
        by: the dimensions they are cut by.
        terms: what the company says of them.
    """

    quarter: Quarter
    at: int
    by: tuple[str, ...]
    terms: Terms

    @property
    def day(self) -> date:
        """The day of the instant, in the reporting zone."""
        return local_day(self.at, self.terms.zone)

    @property
    def expected(self) -> Fraction:
        """Share of a target that is expected by then."""
        return self.quarter.expected(self.day, self.terms.seasons)


def held(opportunity: str, history: Iterable[Version], at: int, known: int | None = None) -> Held:
    """An opportunity as it was at an instant, as it was known at another; None: as it is known now."""
    every = list(history)
    return Held(opportunity, as_of(known_at(every, known), at), held_first(every, at, known))


def shares(each: Held, cut: Cut) -> Iterator[Share]:
    """What an opportunity adds to the figures.

    What is won is told by the rate of the day it was won, what is open by that of the day asked about, and what was
    opened by that of the day it first had an amount. Pipe that was generated stays where it was generated: it has the
    amount, the products and the other dimensions of that day. What has no rate of its day adds nothing.
    """
    deal, born, (quarter, zone) = each.deal, each.born, (cut.quarter, cut.terms.zone)
    if deal.status == WON and deal.closed_at is not None:
        won = local_day(deal.closed_at, zone)
        if quarter.has(won):
            for measure in (CLOSED, COMMIT, MOST_LIKELY, BEST_CASE):
                yield from _parts(each.opportunity, deal, measure, won, cut)
    elif deal.is_open and quarter.first.isoformat() <= deal.close_date < quarter.after.isoformat():
        for measure in (OPEN_PIPE, *ALL_FORECASTS.get(deal.forecast, ())):
            yield from _parts(each.opportunity, deal, measure, cut.day, cut)
    if born is not None and deal.opened_at is not None and quarter.has(local_day(deal.opened_at, zone)):
        yield from _parts(each.opportunity, born[1], GENERATION, local_day(born[0], zone), cut)


def _parts(opportunity: str, deal: Deal, measure: str, day: date, cut: Cut) -> Iterator[Share]:
    for part in deal.parts():
        amount = cut.terms.rates.counted(part.amount_minor, deal.currency, day, opportunity)
        group = (opportunity if name == OPPORTUNITY else value_of(deal, part, name) for name in cut.by)
        yield Share(opportunity, tuple(group), measure, amount)


Figures = Mapping[Group, Mapping[str, int]]
"""Sums by group and measure."""


def summed(every: Iterable[Share]) -> dict[Group, dict[str, int]]:
    """The figures of all shares."""
    found: dict[Group, dict[str, int]] = {}
    for each in every:
        sums = found.setdefault(each.group, dict.fromkeys(MEASURES, 0))
        sums[each.measure] += each.amount_minor
    return found


def added(every: Iterable[Figures]) -> dict[Group, dict[str, int]]:
    """Figures of partitions put together."""
    found: dict[Group, dict[str, int]] = {}
    for figures in every:
        for group, sums in figures.items():
            total = found.setdefault(group, dict.fromkeys(MEASURES, 0))
            for measure, amount in sums.items():
                total[measure] += amount
    return found
