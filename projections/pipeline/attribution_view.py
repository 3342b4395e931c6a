"""The views `attribution` and `attribution-touches`: which touches the pipe and the sales of a quarter are due to."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from projections.pipeline.asking import (
    AS_OF,
    CURRENCY,
    KNOWN_AT,
    OPPORTUNITIES,
    QUARTER,
    UNCUT,
    cut_by,
    cuts,
    in_columns,
    quarter_asked,
    rates_asked,
)
from projections.pipeline.attribution import MODELS, Model, Touch, dealt, shares
from projections.pipeline.credit import Link, Touched, leads_of, once, turning_point
from projections.pipeline.deal import Deal, Group
from projections.pipeline.figures import CLOSED, GENERATION, Cut, Held
from projections.pipeline.figures import shares as shares_of
from projections.pipeline.lead_reading import links_in, qualified_in, touches_in
from projections.pipeline.reading import held_in
from projections.pipeline.terms import instant_of, terms_at
from projections.rounding import real
from projections.views.lead_links import CONVERTED
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Asked, Cells, Column, Computed, Kind, Query

CREDITS = ("channel", "kind", "campaign", "asset")
"""What touches can be credited by."""
LEADS = "completeness"
_MEASURES = (CLOSED, GENERATION)


class Outcome(NamedTuple):
    """An opportunity that was opened or won in the quarter.

    Attributes:
        opportunity: its id.
        measure: which figure of the matrix it adds to.
        anchor: when it was opened or won, in microseconds; touches after it do not count.
        amount_minor: what it adds, in minor units of the reporting currency.
        turning_point: when its people became qualified last before that, in microseconds, if ever.
        touches: those that may count, in order.
    """

    opportunity: str
    measure: str
    anchor: int
    amount_minor: int
    turning_point: int | None
    touches: Sequence[Touched]

    def given(self, model: Model) -> dict[Touched, Fraction]:
        """The share of each touch that has one; they sum to one, or there are none."""
        of = {each.key: each for each in self.touches}
        found = shares(
            [Touch(each.at, each.key, "") for each in self.touches],
            self.anchor,
            model,
            turning_point=self.turning_point,
        )
        return {of[key]: share for key, share in found.items()}

    def due(self, model: Model) -> list[tuple[Touched, Fraction, int]]:
        """Each touch with its share, and what of the amount is due to it."""
        given = self.given(model)
        amounts = dealt(self.amount_minor, {touch.key: share for touch, share in given.items()})
        return [(touch, share, amounts[touch.key]) for touch, share in given.items()]


class _Answer(NamedTuple):
    """What was found, by which models it is asked, and the cells that every row begins and ends with."""

    quarter: str
    outcomes: Sequence[Outcome]
    models: Sequence[Model]
    ends: Cells


def _found(query: Query, asked: Asked) -> _Answer | None:
    at = instant_of(query, asked)
    if at is None:
        return None
    terms, known = terms_at(query, at), asked.known_at
    cut = Cut(quarter_asked(asked, at, terms), at, (), terms)
    with rates_asked():
        every = held_in(query, cut.quarter, terms.zone, at, known)
        adding = [(each, sums) for each in every if (sums := _adds(each, cut))]
    models = [model for model in MODELS if asked.equal.get("model", model) == model]
    ends = terms.rates.reporting, instant_text(at), instant_text_or_none(known)
    return _Answer(cut.quarter.name, list(_outcomes(query, adding, at, known)), models, ends)


def _outcomes(
    query: Query, adding: Sequence[tuple[Held, Mapping[str, int]]], at: int, known: int | None
) -> Iterator[Outcome]:
    """What opportunities add to each figure, with the touches of their people."""
    leads = leads_of(_with_named(links_in(query, at, known), [each for each, _ in adding]))
    wanted = sorted({lead for each, _ in adding for lead in leads.get(each.opportunity, ())})
    qualified, touches = qualified_in(query, wanted, at, known), dict[str, list[Touched]]()
    for touch in touches_in(query, wanted, at, known):
        touches.setdefault(touch.lead, []).append(touch)
    for each, sums in adding:
        own = leads.get(each.opportunity, ())
        found = once(touch for lead in own for touch in touches.get(lead, ()))
        for measure, amount in sorted(sums.items()):
            anchor = _anchor(each.deal, measure)
            yield Outcome(each.opportunity, measure, anchor, amount, turning_point(own, qualified, anchor), found)


def _adds(each: Held, cut: Cut) -> dict[str, int]:
    """What an opportunity adds to the figures that are dealt out."""
    sums: dict[str, int] = {}
    for share in shares_of(each, cut):
        if share.measure in _MEASURES:
            sums[share.measure] = sums.get(share.measure, 0) + share.amount_minor
    return sums


def _with_named(links: Sequence[Link], every: Sequence[Held]) -> Iterator[Link]:
    """A lead that an opportunity names was converted to it, also where only the opportunity's system says so."""
    yield from links
    told = {(each.lead, each.other) for each in links if each.kind == CONVERTED}
    for each in every:
        lead = each.deal.lead
        if lead and (lead, each.opportunity) not in told:
            yield Link(lead, CONVERTED, each.opportunity, each.deal.opened_at or 0)


def _anchor(deal: Deal, measure: str) -> int:
    return (deal.closed_at if measure == CLOSED else deal.opened_at) or 0


def _attribution(query: Query, asked: Asked) -> list[Cells]:
    found, by = _found(query, asked), cut_by(asked, CREDITS)
    if found is None:
        return []
    sums: dict[tuple[str, Model, bool, Group], tuple[Fraction, int]] = {}
    for outcome in found.outcomes:
        for model in found.models:
            for is_touched, group, share, amount in _credited(outcome, model, by):
                key = (outcome.measure, model, is_touched, group)
                credit, total = sums.get(key, (Fraction(0), 0))
                sums[key] = credit + share, total + amount
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
    return [] if found is None else [row for each in found.outcomes for row in _rows_of(each, found)]


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
    ),
    order=("opportunity", "measure", "model", "place"),
    compute=_opened,
    rests_on=(OPPORTUNITIES, LEADS),
)
