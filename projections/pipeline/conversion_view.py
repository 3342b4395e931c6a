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
from projections.pipeline.deal import DIMENSIONS, Group
from projections.pipeline.figures import Terms
from projections.pipeline.quarters import Quarter, local_day, quarter_of
from projections.pipeline.stages import Course, courses, names_by, slices_at, standings, stays_of
from projections.pipeline.terms import instant_of, stages_at, terms_at
from projections.pipeline.velocity import Progress, conversions
from projections.rounding import real
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Asked, Cells, Column, Computed, Kind, Query

Cohort = tuple[Quarter, Group]


def _conversion(query: Query, asked: Asked) -> list[Cells]:
    at, by = instant_of(query, asked), cut_by(asked)
    if at is None:
        return []
    terms, known = terms_at(query, at, asked.known_at), asked.known_at
    every, now = courses(query, at, known), standings(query, at, known)
    quarters, cohorts = _Quarters(terms), dict[Cohort, list[Progress]]()
    for group, names in names_by(slices_at(query, at, known, by) if by else None, now).items():
        for name in names:
            status, stage, opened_at, _ = now[name]
            if opened_at is not None:
                course = every.get(name, [])
                been = {stage, *(passed for *_, passed in course)}
                progress = Progress(status, opened_at, [entered for entered, *_ in stays_of(course)], been)
                cohorts.setdefault((quarters.of(opened_at), group), []).append(progress)
    stages = stages_at(query, at) or by_first_entry(every.values())
    times = instant_text(at), instant_text_or_none(known)
    return [
        (quarter.name, *in_columns(by, group), *row, *times)
        for (quarter, group), found in sorted(cohorts.items(), key=lambda each: (each[0][0].first, each[0][1]))
        for row in _rows(found, stages, quarter.instants(terms.zone))
    ]


class _Quarters:
    """Which quarter an instant lies in; each is looked up once."""

    def __init__(self, terms: Terms) -> None:
        self._terms, self._known = terms, list[tuple[int, int, Quarter]]()

    def of(self, at: int) -> Quarter:
        """The quarter of an instant in microseconds."""
        for begin, end, quarter in self._known:
            if begin <= at < end:
                return quarter
        found = quarter_of(local_day(at, self._terms.zone), self._terms.begins)
        self._known.append((*found.instants(self._terms.zone), found))
        return found


def by_first_entry(every: Iterable[Course]) -> tuple[str, ...]:
    """All stages that opportunities were in, in the order in which the first one came to each."""
    first: dict[str, int] = {}
    for course in every:
        for stage, begin, _ in stays_of(course):
            first[stage] = min(begin, first.get(stage, begin))
    return tuple(sorted(first, key=lambda stage: (first[stage], stage)))


def _rows(found: Iterable[Progress], stages: Sequence[str], span: tuple[int, int]) -> list[Cells]:
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
