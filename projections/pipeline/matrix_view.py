"""The views `matrix` and `matrix-opportunities`: the matrix, and what each of its cells opens to."""

from collections.abc import Mapping, Sequence

from projections.pipeline.asking import (
    AS_OF,
    COUNCILS,
    CURRENCY,
    CUT,
    KNOWN_AT,
    LEFT_OUT,
    OPPORTUNITIES,
    QUARTER,
    cut_by,
    cuts,
    in_columns,
    left_out_of,
    quarter_asked,
)
from projections.pipeline.deal import DIMENSIONS
from projections.pipeline.decided import win_shares
from projections.pipeline.figures import COVERAGE, OPPORTUNITY, Cut, Share, shares, summed
from projections.pipeline.matrix import Cell, Years, cells
from projections.pipeline.quarters import same_instant, year_before
from projections.pipeline.reading import held_in, targets_in
from projections.pipeline.terms import instant_of, terms_at
from projections.pipeline.totals import totals
from projections.pipeline.velocity import year_earlier
from projections.pipeline.worth import Unsure
from projections.rounding import hundredths, real
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Asked, Cells, Column, Computed, Kind, Query


def _shares(query: Query, cut: Cut, known: int | None, equal: Mapping[str, str]) -> list[Share]:
    """What is added to the figures, summed as far as the cut does not tell it apart; other values may be left out."""
    try:
        return list(totals(query, cut, known, equal))
    except Unsure:
        every = held_in(query, cut.quarter, cut.terms.zone, cut.at, known)
        return [share for each in every for share in shares(each, cut)]


def _only(asked: Asked, dimensions: Sequence[str] = DIMENSIONS) -> dict[str, str]:
    return {name: value for name, value in asked.equal.items() if name in dimensions}


def _matrix(query: Query, asked: Asked) -> list[Cells]:
    at, by, known = instant_of(query, asked), cut_by(asked), asked.known_at
    if at is None:
        return []
    terms = terms_at(query, at, asked.known_at)
    quarter = quarter_asked(asked, at, terms)
    cut = Cut(quarter, at, by, terms)
    before = Cut(year_before(quarter), same_instant(quarter, at, terms.zone), by, terms)
    then = before.at + max(0, known - at) if known is not None else before.at
    only, asks = _only(asked), ((cut, known), (before, then), (before, known))
    years = Years(*(summed(_shares(query, each, heard, only)) for each, heard in asks))
    rates = win_shares(query, by, (year_earlier(at, terms), at, known), only)
    found = list(cells(years, targets_in(query, quarter, at, known), cut, rates))
    ends = instant_text(at), instant_text_or_none(known), left_out_of(terms)
    return [(*_row(cell, cut), *ends) for cell in found]


def _row(cell: Cell, cut: Cut) -> Cells:
    coverage = cell.coverage or (
        "" if cell.attainment is None or cell.measure != COVERAGE else hundredths(cell.attainment)
    )
    return (
        cut.quarter.name,
        *in_columns(cut.by, cell.group),
        cell.measure,
        cell.amount_minor,
        cut.terms.rates.reporting,
        cell.target_minor,
        real(cell.attainment),
        coverage,
        real(cell.win_rate),
        "" if cell.required is None else hundredths(cell.required),
        cell.last_year_minor,
        real(cell.yoy),
        cell.restated_minor,
        real(cell.yoy_restated),
        cell.colour,
    )


def _opened(query: Query, asked: Asked) -> list[Cells]:
    at = instant_of(query, asked)
    if at is None:
        return []
    terms = terms_at(query, at, asked.known_at)
    each_one = (*DIMENSIONS, OPPORTUNITY)
    cut = Cut(quarter_asked(asked, at, terms), at, each_one, terms)
    found = summed(_shares(query, cut, asked.known_at, _only(asked, each_one)))
    wanted = asked.equal.get("measure")
    sums: dict[tuple[str, ...], int] = {
        (*group, measure, opportunity): amount
        for (*group, opportunity), figures in found.items()
        for measure, amount in figures.items()
        if amount and wanted in (None, measure)
    }
    ends = terms.rates.reporting, instant_text(cut.at), instant_text_or_none(asked.known_at), left_out_of(terms)
    return [(cut.quarter.name, *key, amount, *ends) for key, amount in sorted(sums.items())]


MATRIX = Computed(
    name="matrix",
    meaning="What was won, is forecast, open and was generated in a quarter, against target, pace and last year.",
    answer=(
        QUARTER,
        *CUT,
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
        Column("win_rate", Kind.REAL, "of coverage: won ÷ (won + lost), of those closed in the year before", True),
        Column(
            "required_coverage", Kind.TEXT, "of coverage: the one that is needed, 1 ÷ win rate; blank without a win"
        ),
        Column("last_year_minor", Kind.INTEGER, "the same day of the quarter a year before, as it was known then"),
        Column("yoy", Kind.REAL, "growth against it; empty where there was nothing", True),
        Column("restated_minor", Kind.INTEGER, "last year by what is known now"),
        Column("yoy_restated", Kind.REAL, "growth against that", True),
        Column(
            "colour",
            Kind.TEXT,
            "green, yellow, red, blank: by attainment ÷ share of the quarter gone; of coverage: it ÷ the required one",
        ),
        AS_OF,
        KNOWN_AT,
        LEFT_OUT,
    ),
    order=("quarter", *DIMENSIONS),
    groupings=cuts(),
    compute=_matrix,
    rests_on=(OPPORTUNITIES, COUNCILS),
)

MATRIX_OPPORTUNITIES = Computed(
    name="matrix-opportunities",
    meaning="What the cells of the matrix open to: what each opportunity adds to each figure, product by product. "
    "Their facts are in `opportunity-timeline`.",
    answer=(
        QUARTER,
        *(Column(name, Kind.TEXT, f"the {name.replace('_', ' ')}; blank where none was said") for name in DIMENSIONS),
        Column("measure", Kind.TEXT, "the figure, as in `matrix`"),
        Column("opportunity", Kind.TEXT, "opportunity id"),
        Column("amount_minor", Kind.INTEGER, "what it adds"),
        CURRENCY,
        AS_OF,
        KNOWN_AT,
        LEFT_OUT,
    ),
    order=("quarter", *DIMENSIONS, "measure", "opportunity"),
    compute=_opened,
    rests_on=(OPPORTUNITIES,),
)
