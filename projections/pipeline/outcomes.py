"""What was opened and won in a quarter, with the touches of the people that it came from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from projections.pipeline.attribution import Model, Touch, dealt, shares
from projections.pipeline.credit import Link, Touched, leads_of, once, turning_point
from projections.pipeline.figures import CLOSED, GENERATION, OPPORTUNITY, Cut, Share
from projections.pipeline.figures import shares as shares_of
from projections.pipeline.lead_reading import links_in, qualified_in, touches_in
from projections.pipeline.reading import held_in
from projections.pipeline.standing import Sql, standing_at
from projections.pipeline.totals import won_and_born
from projections.pipeline.worth import Unsure
from projections.views.lead_links import CONVERTED
from projections.views.times import us_of_cell
from projections.views.view import Cell, Query

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


class Outcomes(NamedTuple):
    """What was found.

    Attributes:
        led_to: the opportunities that leads were converted to, sorted.
        others: of all others how many there are, and what they add together, by figure.
    """

    led_to: Sequence[Outcome]
    others: Mapping[str, tuple[int, int]]


class _Ends(NamedTuple):
    """When an opportunity was opened and closed, in microseconds, 0 where it was not, and the lead that it names."""

    opened_at: int
    closed_at: int
    lead: str


_NOTHING = _Ends(0, 0, "")


def outcomes(query: Query, cut: Cut, known: int | None) -> Outcomes:
    """What was opened and won in the quarter of a cut, as it was known at an instant; None: as it is known now.

    Most opportunities have no lead: they are counted, and nothing else is asked about them.
    """
    adding, links = _adding(query, cut, known), links_in(query, cut.at, known)
    ends = _ends(query, cut.at, known, Sql("1 = 1") if links else Sql("h.lead <> ''"))
    leads = leads_of(_with_named(links, {name: each for name, each in ends.items() if name in adding}))
    others: dict[str, tuple[int, int]] = {}
    for name, sums in adding.items():
        for measure, amount in sums.items() if name not in leads else ():
            count, total = others.get(measure, (0, 0))
            others[measure] = count + 1, total + amount
    led_to = {name: adding[name] for name in sorted(adding.keys() & leads.keys())}
    return Outcomes(list(_led_to(query, (cut.at, known), led_to, leads, ends)), others)


def _adding(query: Query, cut: Cut, known: int | None) -> dict[str, dict[str, int]]:
    """Opportunity -> what it adds to each of the figures that are dealt out."""
    each_one = cut._replace(by=(OPPORTUNITY,))
    try:
        return _summed(won_and_born(query, each_one, known, {}))
    except Unsure:
        every = held_in(query, cut.quarter, cut.terms.zone, cut.at, known)
        return _summed(share for each in every for share in shares_of(each, each_one))


def _summed(every: Iterable[Share]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for _, (opportunity,), measure, amount in every:
        if measure in _MEASURES:
            sums = found.setdefault(opportunity, {})
            sums[measure] = sums.get(measure, 0) + amount
    return found


def _ends(query: Query, at: int, known: int | None, condition: Sql) -> dict[str, _Ends]:
    asked = standing_at((at, known), "h.opportunity, h.opened_at, h.closed_at, h.lead", condition)
    return {
        str(name): _Ends(_us(opened), _us(closed), str(lead))
        for name, opened, closed, lead in query(asked.text, asked.values)
    }


def _us(cell: Cell) -> int:
    return 0 if cell is None else us_of_cell(cell)


def _led_to(
    query: Query,
    times: tuple[int, int | None],
    adding: Mapping[str, Mapping[str, int]],
    leads: Mapping[str, Sequence[str]],
    ends: Mapping[str, _Ends],
) -> Iterator[Outcome]:
    """What opportunities add to each figure, with the touches of their people."""
    wanted = sorted({lead for name in adding for lead in leads[name]})
    qualified, touches = qualified_in(query, wanted, *times), dict[str, list[Touched]]()
    for touch in touches_in(query, wanted, *times):
        touches.setdefault(touch.lead, []).append(touch)
    for name, sums in adding.items():
        found = once(touch for lead in leads[name] for touch in touches.get(lead, ()))
        own = ends.get(name, _NOTHING)
        for measure, amount in sorted(sums.items()):
            anchor = own.closed_at if measure == CLOSED else own.opened_at
            yield Outcome(name, measure, anchor, amount, turning_point(leads[name], qualified, anchor), found)


def _with_named(links: Sequence[Link], ends: Mapping[str, _Ends]) -> Iterator[Link]:
    """A lead that an opportunity names was converted to it, also where only the opportunity's system says so."""
    yield from links
    told = {(each.lead, each.other) for each in links if each.kind == CONVERTED}
    for name, (opened_at, _, lead) in sorted(ends.items()):
        if lead and (lead, name) not in told:
            yield Link(lead, CONVERTED, name, opened_at)
