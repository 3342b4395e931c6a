"""The views `attribution` and `attribution-touches`: which touches the pipe and the sales of a quarter are due to."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from projections.pipeline.asking import (
    AS_OF,
    CURRENCY,
    KNOWN_AT,
    LEFT_OUT,
    OPPORTUNITIES,
    QUARTER,
    UNCUT,
    cut_by,
    cuts,
    in_columns,
    left_out_of,
    quarter_asked,
)
from projections.pipeline.attribution import MODELS, Model
from projections.pipeline.deal import Group
from projections.pipeline.figures import Cut
from projections.pipeline.outcomes import Outcome, Outcomes, outcomes
from projections.pipeline.terms import instant_of, terms_at
from projections.rounding import real
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Asked, Cells, Column, Computed, Kind, Query

CREDITS = ("channel", "kind", "campaign", "asset")
"""What touches can be credited by."""
LEADS = "completeness"


class _Answer(NamedTuple):
    """What was found, by which models it is asked, and the cells that every row begins and ends with."""

    quarter: str
    found: Outcomes
    models: Sequence[Model]
    ends: Cells


def _found(query: Query, asked: Asked) -> _Answer | None:
    at = instant_of(query, asked)
    if at is None:
        return None
    terms, known = terms_at(query, at, asked.known_at), asked.known_at
    cut = Cut(quarter_asked(asked, at, terms), at, (), terms)
    found = outcomes(query, cut, known)
    models = [model for model in MODELS if asked.equal.get("model", model) == model]
    ends = terms.rates.reporting, instant_text(at), instant_text_or_none(known), left_out_of(terms)
    return _Answer(cut.quarter.name, found, models, ends)


def _attribution(query: Query, asked: Asked) -> list[Cells]:
    found, by = _found(query, asked), cut_by(asked, CREDITS)
    if found is None:
        return []
    sums: dict[tuple[str, Model, bool, Group], tuple[Fraction, int]] = {}
    for outcome in found.found.led_to:
        for model in found.models:
            for is_touched, group, share, amount in _credited(outcome, model, by):
                key = (outcome.measure, model, is_touched, group)
                credit, total = sums.get(key, (Fraction(0), 0))
                sums[key] = credit + share, total + amount
    for measure, (count, total) in found.found.others.items():
        for model in found.models:
            credit, amount = sums.get((measure, model, False, ()), (Fraction(0), 0))
            sums[measure, model, False, ()] = credit + count, amount + total
    order = {model: place for place, model in enumerate(MODELS)}
    rows = sorted(sums.items(), key=lambda each: (each[0][0], order[each[0][1]], not each[0][2], each[0][3]))
    return [
        (
            found.quarter,
            measure,
            model,
            *(in_columns(by, group, CREDITS) if is_touched else in_columns((), (), CREDITS)),
            is_touched,
            real(credit),
            amount,
            *found.ends,
        )
        for (measure, model, is_touched, group), (credit, amount) in rows
    ]


def _credited(outcome: Outcome, model: Model, by: Sequence[str]) -> Iterator[tuple[bool, Group, Fraction, int]]:
    """What an outcome adds: to whom it is due, or all of it to nobody where no touch counts."""
    due = outcome.due(model)
    if not due:
        yield False, (), Fraction(1), outcome.amount_minor
    places = [CREDITS.index(name) for name in by]
    for touch, share, amount in due:
        yield True, tuple(touch.of[place] for place in places), share, amount


def _opened(query: Query, asked: Asked) -> list[Cells]:
    found = _found(query, asked)
    return [] if found is None else [row for each in found.found.led_to for row in _rows_of(each, found)]


def _rows_of(outcome: Outcome, found: _Answer) -> Iterator[Cells]:
    for model in found.models:
        for place, (touch, share, amount) in enumerate(outcome.due(model), 1):
            if share:
                said: Cells = touch.lead, instant_text(touch.at), touch.told_by, touch.touch, *touch.of
                due: Cells = str(share), amount
                yield found.quarter, outcome.measure, outcome.opportunity, model, place, *said, *due, *found.ends


_MEASURE = Column(
    "measure", Kind.TEXT, "closed_acv: won in the quarter, touches up to winning; pipe_generation: up to the opening"
)
_MODEL = Column("model", Kind.TEXT, "first, last, linear, u_shaped, w_shaped or time_decay")

ATTRIBUTION = Computed(
    name="attribution",
    meaning="Which touches the pipe and the sales of a quarter are due to, by six models. "
    "For each model the amounts sum to the figure of the matrix, exactly.",
    answer=(
        QUARTER,
        _MEASURE,
        _MODEL,
        *(
            Column(name, Kind.TEXT, f"{name} of the touches{UNCUT}, blank where none was said", True)
            for name in CREDITS
        ),
        Column("touched", Kind.BOOLEAN, "false: what no touch of a converted lead leads to"),
        Column("opportunities", Kind.REAL, "shares of opportunities, four digits; for each model they sum to all"),
        Column(
            "amount_minor",
            Kind.INTEGER,
            "what is due to them; of each opportunity whole minor units, dealt out exactly",
        ),
        CURRENCY,
        AS_OF,
        KNOWN_AT,
        LEFT_OUT,
    ),
    order=("measure", "model", "touched", *CREDITS),
    groupings=cuts(CREDITS),
    compute=_attribution,
    rests_on=(OPPORTUNITIES, LEADS),
)

ATTRIBUTION_TOUCHES = Computed(
    name="attribution-touches",
    meaning="What `attribution` opens to: the share of each touch in each opportunity, as an exact fraction.",
    answer=(
        QUARTER,
        _MEASURE,
        Column("opportunity", Kind.TEXT, "opportunity id"),
        _MODEL,
        Column("place", Kind.INTEGER, "place of the touch among those that count, from 1"),
        Column("lead", Kind.TEXT, "lead id"),
        Column("occurred_at", Kind.INSTANT, "when it happened"),
        Column("told_by", Kind.TEXT, "who says so, as CloudEvents' source"),
        Column("touch", Kind.TEXT, "id of the touch"),
        *(Column(name, Kind.TEXT, f"its {name}; blank where none was said") for name in CREDITS),
        Column("share", Kind.TEXT, "such as 2/5; the shares of an opportunity sum to 1"),
        Column("amount_minor", Kind.INTEGER, "what is due to it"),
        CURRENCY,
        AS_OF,
        KNOWN_AT,
        LEFT_OUT,
    ),
    order=("opportunity", "measure", "model", "place"),
    compute=_opened,
    rests_on=(OPPORTUNITIES, LEADS),
)
