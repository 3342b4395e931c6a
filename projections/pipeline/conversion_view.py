"""The view `stage-conversion`: how far the opportunities came that were opened in a quarter."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from projections.pipeline.asking import (
    AS_OF,
    CUT,
    KNOWN_AT,
    OPPORTUNITIES,
    cut_by,
    cuts,
    in_columns,
)
from projections.pipeline.deal import DIMENSIONS, Group, sliced
from projections.pipeline.history import Version
from projections.pipeline.quarters import Quarter, local_day, quarter_of
from projections.pipeline.reading import stages_until
from projections.pipeline.terms import instant_of, stages_at, terms_at
from projections.pipeline.velocity import conversions, stays
from projections.rounding import real
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Asked, Cells, Column, Computed, Kind, Query

Cohort = tuple[Quarter, Group]


def _conversion(query: Query, asked: Asked) -> list[Cells]:
    at, by = instant_of(query, asked), cut_by(asked)
    if at is None:
        return []
    terms = terms_at(query, at)
    cohorts: dict[Cohort, list[list[Version]]] = {}
    every = [known for _, known in stages_until(query, at, asked.known_at)]
    for known in every:
        deal = known[-1].deal
        if deal.opened_at is not None:
            quarter = quarter_of(local_day(deal.opened_at, terms.zone), terms.begins)
            for group in sliced(deal, by):
                cohorts.setdefault((quarter, group), []).append(known)
    stages = stages_at(query, at) or by_first_entry(every)
    times = instant_text(at), instant_text_or_none(asked.known_at)
    return [
        (quarter.name, *in_columns(by, group), *row, *times)
        for (quarter, group), found in sorted(cohorts.items(), key=lambda each: (each[0][0].first, each[0][1]))
        for row in _rows(found, stages, quarter.instants(terms.zone))
    ]


def by_first_entry(every: Iterable[Sequence[Version]]) -> tuple[str, ...]:
    """All stages that opportunities were in, in the order in which the first one came to each."""
    first: dict[str, int] = {}
    for known in every:
        for stay in stays(known):
            first[stay.stage] = min(stay.begin, first.get(stay.stage, stay.begin))
    return tuple(sorted(first, key=lambda stage: (first[stage], stage)))


def _rows(found: Iterable[Sequence[Version]], stages: Sequence[str], span: tuple[int, int]) -> list[Cells]:
    rows = conversions(found, stages, *span)
    opened = rows[0].deals
    return [
        (
            place,
            row.stage,
            row.deals,
            row.entries,
            row.went_on,
            row.lost,
            row.standing,
            real(row.conversion) if place < len(stages) + 1 else None,
            real(Fraction(row.deals, opened)),
        )
        for place, row in enumerate(rows)
    ]


STAGE_CONVERSION = Computed(
    name="stage-conversion",
    meaning="How far the opportunities came that were opened in a quarter, stage by stage, each counted once a stage.",
    answer=(
        Column("cohort", Kind.TEXT, "fiscal quarter in which they were opened, such as 2026Q1"),
        *CUT,
        Column("place", Kind.INTEGER, "0 of those opened, then the stages in their order, at last those won"),
        Column("stage", Kind.TEXT, "stage of the company's own list; `opened`: all of the cohort; `won`"),
        Column("opportunities", Kind.INTEGER, "those that came to it or past it, also if they are lost today"),
        Column("entries", Kind.INTEGER, "how often it was entered; who comes back enters it again"),
        Column("went_on", Kind.INTEGER, "of the opportunities, those that came past it"),
        Column("lost", Kind.INTEGER, "of them, those that are lost and came no further"),
        Column("standing", Kind.INTEGER, "of them, those that are open and came no further; the three make all"),
        Column(
            "conversion", Kind.REAL, "went on ÷ opportunities, four digits; empty where nobody came, and of won", True
        ),
        Column("of_cohort", Kind.REAL, "opportunities ÷ all of the cohort, four digits"),
        AS_OF,
        KNOWN_AT,
    ),
    order=("cohort", *DIMENSIONS, "place"),
    groupings=cuts(),
    compute=_conversion,
    rests_on=(OPPORTUNITIES,),
)
