"""The views `matrix` and `matrix-opportunities`: the matrix, and what each of its cells opens to."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations

from projections.pipeline.deal import DIMENSIONS
from projections.pipeline.figures import COVERAGE, Cut, Figures, Terms, shares, summed
from projections.pipeline.matrix import Cell, Years, cells
from projections.pipeline.money import NoRate, rounded
from projections.pipeline.quarters import Quarter, local_day, quarter_named, quarter_of, same_instant, year_before
from projections.pipeline.reading import held_in, targets_in
from projections.pipeline.terms import instant_of, terms_at
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Asked, BadQuery, Cells, Column, Computed, Kind, Query

CUTS = (*DIMENSIONS, *("+".join(pair) for pair in combinations(DIMENSIONS, 2)))
"""By what the matrix can be split: a dimension, or two."""
RESTS_ON = ("opportunity_completeness", "council_completeness")
TIMES = frozenset({"as_of", "known_at"})
_DIGITS = 10_000


def real(value: Fraction | None) -> float | None:
    """A share with four digits; rounded as a whole number, so that no machine rounds it otherwise."""
    return None if value is None else rounded(value * _DIGITS) / _DIGITS


def quarter_asked(asked: Asked, at: int, terms: Terms) -> Quarter:
    """The quarter that is asked about, or the one of the instant.

    Raises:
        BadQuery: it is no quarter.
    """
    name = asked.equal.get("quarter")
    if name is None:
        return quarter_of(local_day(at, terms.zone), terms.begins)
    try:
        return quarter_named(name, terms.begins)
    except ValueError as exc:
        raise BadQuery(f"quarter: {exc}") from exc


def cut_by(asked: Asked, dimensions: Sequence[str] = DIMENSIONS) -> tuple[str, ...]:
    """The dimensions that it is split by, and those of which one value is asked for, in their order."""
    named = set((asked.by or "").split("+")) | asked.equal.keys()
    return tuple(name for name in dimensions if name in named)


def _figures(query: Query, cut: Cut, known: int | None) -> Figures:
    every = held_in(query, cut.quarter, cut.terms.zone, cut.at, known)
    return summed(share for each in every for share in shares(each, cut))


def _matrix(query: Query, asked: Asked) -> list[Cells]:
    at, by, known = instant_of(query, asked), cut_by(asked), asked.known_at
    if at is None:
        return []
    terms = terms_at(query, at)
    quarter = quarter_asked(asked, at, terms)
    cut = Cut(quarter, at, by, terms)
    before = Cut(year_before(quarter), same_instant(quarter, at, terms.zone), by, terms)
    then = before.at + max(0, known - at) if known is not None else before.at
    try:
        years = Years(_figures(query, cut, known), _figures(query, before, then), _figures(query, before, known))
        found = cells(years, targets_in(query, quarter, at, known), cut)
        return [_row(cell, cut, known) for cell in found]
    except NoRate as exc:
        raise BadQuery(f"{exc}; an agreement says rates (pipeline.rates)") from exc


def _row(cell: Cell, cut: Cut, known: int | None) -> Cells:
    of: Mapping[str, str] = dict(zip(cut.by, cell.group, strict=True))
    coverage = cell.coverage or (
        "" if cell.attainment is None or cell.measure != COVERAGE else _hundredths(cell.attainment)
    )
    return (
        cut.quarter.name,
        *(of.get(name) for name in DIMENSIONS),
        cell.measure,
        cell.amount_minor,
        cut.terms.rates.reporting,
        cell.target_minor,
        real(cell.attainment),
        coverage,
        cell.last_year_minor,
        real(cell.yoy),
        cell.restated_minor,
        real(cell.yoy_restated),
        cell.colour,
        instant_text(cut.at),
        instant_text_or_none(known),
    )


def _hundredths(value: Fraction) -> str:
    whole = rounded(value * 100)
    return f"{whole // 100}.{whole % 100:02d}"


def _opened(query: Query, asked: Asked) -> list[Cells]:
    at = instant_of(query, asked)
    if at is None:
        return []
    terms = terms_at(query, at)
    cut = Cut(quarter_asked(asked, at, terms), at, DIMENSIONS, terms)
    try:
        every = held_in(query, cut.quarter, terms.zone, cut.at, asked.known_at)
        found = [share for each in every for share in shares(each, cut)]
    except NoRate as exc:
        raise BadQuery(f"{exc}; an agreement says rates (pipeline.rates)") from exc
    sums: dict[tuple[str, ...], int] = {}
    for share in found:
        key = (*share.group, share.measure, share.opportunity)
        sums[key] = sums.get(key, 0) + share.amount_minor
    times = instant_text(cut.at), instant_text_or_none(asked.known_at)
    return [
        (cut.quarter.name, *key, amount, terms.rates.reporting, *times)
        for key, amount in sorted(sums.items())
        if amount
    ]


QUARTER = Column("quarter", Kind.TEXT, "fiscal quarter, such as 2026Q1; that of the instant, unless another is asked")
_UNCUT = "; empty where it is not cut by it, blank where none was said"
_CUT = tuple(Column(name, Kind.TEXT, f"the {name} it is about{_UNCUT}", True) for name in DIMENSIONS)
CURRENCY = Column("currency", Kind.TEXT, "currency of reports; all amounts are in its minor units")
AT = (
    Column("as_of", Kind.INSTANT, "the instant the figures hold for"),
    Column("known_at", Kind.INSTANT, "by what was recorded up to then; empty: by all that is known", True),
)

MATRIX = Computed(
    name="matrix",
    meaning="What was won, is forecast, open and was generated in a quarter, against target, pace and last year.",
    answer=(
        QUARTER,
        *_CUT,
        Column(
            "measure",
            Kind.TEXT,
            "closed_acv; commit, most_likely, best_case (each closed and all that is surer); open_pipe; "
            "pipe_generation; coverage",
        ),
        Column("amount_minor", Kind.INTEGER, "the figure; of coverage the open pipe"),
        CURRENCY,
        Column("target_minor", Kind.INTEGER, "what it is held against; of coverage what is missing", True),
        Column("attainment", Kind.REAL, "amount ÷ target, four digits, like all shares here", True),
        Column("coverage", Kind.TEXT, "of coverage: open pipe ÷ what is missing, or `met`; else blank"),
        Column("last_year_minor", Kind.INTEGER, "the same day of the quarter a year before, as it was known then"),
        Column("yoy", Kind.REAL, "growth against it; empty where there was nothing", True),
        Column("restated_minor", Kind.INTEGER, "last year by what is known now"),
        Column("yoy_restated", Kind.REAL, "growth against that", True),
        Column("colour", Kind.TEXT, "by attainment ÷ share of the quarter gone: green, yellow, red, or blank"),
        *AT,
    ),
    order=("quarter", *DIMENSIONS),
    groupings=CUTS,
    compute=_matrix,
    takes=TIMES,
    rests_on=RESTS_ON,
)

MATRIX_OPPORTUNITIES = Computed(
    name="matrix-opportunities",
    meaning="What the cells of the matrix open to: what each opportunity adds to each figure, product by product.",
    answer=(
        QUARTER,
        *(Column(name, Kind.TEXT, f"the {name}; blank where none was said") for name in DIMENSIONS),
        Column("measure", Kind.TEXT, "the figure, as in `matrix`"),
        Column("opportunity", Kind.TEXT, "opportunity id"),
        Column("amount_minor", Kind.INTEGER, "what it adds"),
        CURRENCY,
        *AT,
    ),
    order=("quarter", *DIMENSIONS, "measure", "opportunity"),
    compute=_opened,
    takes=TIMES,
    rests_on=("opportunity_completeness",),
)
