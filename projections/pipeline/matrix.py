"""The matrix of a quarter: figures in money, in shares of the target, against last year, with a colour for the pace.

Last year's column is a matrix of its own: the same day of that quarter, of what was known then, with the states that
opportunities had then. What became of them since stands beside it, restated.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from projections.pipeline.deal import Group
from projections.pipeline.figures import CLOSED, COVERAGE, MEASURES, OPEN_PIPE, Cut, Figures, Terms
from projections.pipeline.targets import KIND_OF, Target, groups_of, target_of

MET = "met"
GREEN, YELLOW, RED = "green", "yellow", "red"
_HUNDRED = 100
_ALL = Fraction(1)
_NOTHING: Mapping[str, int] = dict.fromkeys(MEASURES, 0)


class Cell(NamedTuple):
    """One figure of one slice; amounts in minor units of the reporting currency.

    Attributes:
        group: values of the dimensions it is cut by.
        measure: which figure.
        amount_minor: the figure; of coverage the open pipe.
        target_minor: what it is held against; of coverage the target less what is won. None: no target.
        attainment: amount ÷ target; of coverage the coverage, None once the target is met.
        coverage: `met`, or blank; only of coverage.
        last_year_minor: the same figure a year before, as it was known then.
        restated_minor: the same by what is known now.
        colour: green, yellow, red, or blank without a target; of coverage also blank where none is known to be needed.
        win_rate: only of coverage, that of the slice in the year before; None where nothing was decided.
    """

    group: Group
    measure: str
    amount_minor: int
    target_minor: int | None
    attainment: Fraction | None
    coverage: str
    last_year_minor: int
    restated_minor: int
    colour: str
    win_rate: Fraction | None = None

    @property
    def required(self) -> Fraction | None:
        """The coverage that is needed: what is missing takes so many times as much open pipe; None without a win."""
        return 1 / self.win_rate if self.win_rate else None

    @property
    def yoy(self) -> Fraction | None:
        """Growth against last year as known then; None where there was nothing."""
        return growth(self.amount_minor, self.last_year_minor)

    @property
    def yoy_restated(self) -> Fraction | None:
        """Growth against last year as it is known now."""
        return growth(self.amount_minor, self.restated_minor)


def growth(now: int, before: int) -> Fraction | None:
    """What was added, as a share of what was before."""
    return Fraction(now - before, before) if before else None


def colour(attainment: Fraction, expected: Fraction, terms: Terms) -> str:
    """Of attainment against the share that is expected by then; before the quarter begins everything is in time."""
    ahead = attainment * _HUNDRED
    if ahead >= terms.green * expected:
        return GREEN
    return YELLOW if ahead >= terms.yellow * expected else RED


class Years(NamedTuple):
    """The figures of the quarter, and of the one a year before: as known then, and as known now."""

    now: Figures
    then: Figures
    restated: Figures


def cells(
    years: Years, targets: Sequence[Target], cut: Cut, win_rates: Mapping[Group, Fraction] = MappingProxyType({})
) -> Iterator[Cell]:
    """The matrix, sorted by slice, then in the order of the measures.

    Args:
        years: figures, cut as asked.
        targets: of the quarter, as they were known.
        cut: what is asked.
        win_rates: of slices in which something was decided, cut as asked.
    """
    expected = cut.expected
    groups = years.now.keys() | years.then.keys() | years.restated.keys() | groups_of(targets, cut.by)
    for group in sorted(groups):
        now, then, again = (figures.get(group, _NOTHING) for figures in years)
        goals = {kind: target_of(targets, kind, group, cut) for kind in dict.fromkeys(KIND_OF.values())}
        for measure in MEASURES:
            target = goals.get(KIND_OF.get(measure, ""))
            share = None if target is None else Fraction(now[measure], target)
            shade = "" if share is None else colour(share, expected, cut.terms)
            yield Cell(group, measure, now[measure], target, share, "", then[measure], again[measure], shade)
        cell = _coverage(group, now, goals["closed"], (then[OPEN_PIPE], again[OPEN_PIPE]))
        yield _held_against_the_needed(cell._replace(win_rate=win_rates.get(group)), cut.terms)


def _held_against_the_needed(cell: Cell, terms: Terms) -> Cell:
    """A coverage with its colour: how much of the coverage that is needed there is, on any day of the quarter."""
    if cell.attainment is None or cell.required is None:
        return cell
    return cell._replace(colour=colour(cell.attainment / cell.required, _ALL, terms))


def _coverage(group: Group, now: Mapping[str, int], target: int | None, before: tuple[int, int]) -> Cell:
    """Open pipe against what is still missing, never against the whole target."""
    pipe = now[OPEN_PIPE]
    if target is None:
        return Cell(group, COVERAGE, pipe, None, None, "", *before, "")
    missing = target - now[CLOSED]
    if missing <= 0:
        return Cell(group, COVERAGE, pipe, 0, None, MET, *before, GREEN)
    return Cell(group, COVERAGE, pipe, missing, Fraction(pipe, missing), "", *before, "")
