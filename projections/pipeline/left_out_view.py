"""The view `left-out`: what no sum of the figures counts, because no rate of its day is known."""

from collections.abc import Iterator

from projections.pipeline.asking import AS_OF, COUNCILS, CURRENCY, KNOWN_AT, OPPORTUNITIES
from projections.pipeline.deal import OPEN, WON
from projections.pipeline.figures import CLOSED, GENERATION, OPEN_PIPE, Cut
from projections.pipeline.quarters import local_day, midnight, quarter_named, quarter_of
from projections.pipeline.reading import targets_in
from projections.pipeline.standing import Sql, also, standing_at
from projections.pipeline.targets import slice_text
from projections.pipeline.terms import instant_of, terms_at
from projections.pipeline.totals import first_with_an_amount
from projections.views.times import FOR_EVER, instant_text, instant_text_or_none, us_of_cell
from projections.views.view import Asked, Cell, Cells, Column, Computed, Kind, Query

_EVER = (instant_text(0), FOR_EVER)
_QUARTERS = "SELECT DISTINCT quarter FROM targets_base WHERE amount_minor > 0 ORDER BY quarter"


def _left_out(query: Query, asked: Asked) -> list[Cells]:
    at, known = instant_of(query, asked), asked.known_at
    if at is None:
        return []
    terms = terms_at(query, at, known)
    cut = Cut(quarter_of(local_day(at, terms.zone), terms.begins), at, (), terms)
    kind, name = asked.equal.get("kind"), asked.equal.get("name")
    one = Sql("") if name is None else Sql("h.opportunity = ?", (name,))
    opportunities = () if kind == "target" else _opportunities(query, cut, known, one)
    targets = () if kind == "opportunity" else _targets(query, cut, known)
    found = sorted([*opportunities, *targets], key=lambda row: row[:3])
    ends = terms.rates.reporting, instant_text(at), instant_text_or_none(known)
    return [(*row, *ends) for row in found]


def _opportunities(query: Query, cut: Cut, known: int | None, one: Sql) -> Iterator[Cells]:
    def told(measure: str, when: str, status: str) -> tuple[str, str, Sql]:
        condition = also(Sql(f"h.status = '{status}'"), _unrated(cut, when), one)
        return measure, when, standing_at((cut.at, known), _columns(when), condition)

    born = first_with_an_amount(_EVER, (cut.at, known), _columns("valid_from"), also(_unrated(cut, "valid_from"), one))
    asks = (told(OPEN_PIPE, "", OPEN), told(CLOSED, "closed_at", WON), (GENERATION, "valid_from", born))
    for measure, when, asked in asks:
        sums: dict[tuple[str, ...], int] = {}
        for opportunity, amount, currency, rated in query(*asked):
            day = local_day(us_of_cell(rated), cut.terms.zone) if when else cut.day
            key = str(opportunity), measure, day.isoformat(), str(currency)
            sums[key] = sums.get(key, 0) + int(amount or 0)  # a birth has a row for each product
        for (*named, currency), amount in sums.items():
            yield "opportunity", *named, amount, currency


def _columns(when: str) -> str:
    return f"h.opportunity, h.amount_minor, h.currency, {f'h.{when}' if when else 'NULL'} AS rated"


def _unrated(cut: Cut, when: str) -> Sql:
    """That there is an amount in a currency that has no rate by an instant of a row, or on the day asked about."""
    without = [Sql("h.amount_minor <> 0"), Sql("h.currency <> ?", (cut.terms.rates.reporting,))]
    for currency, dated in cut.terms.rates.dated.items():
        first, values = dated[0][0], tuple[Cell, ...]((currency,))
        if when:
            begun = instant_text(midnight(first, cut.terms.zone))
            without.append(Sql(f"NOT (h.currency = ? AND h.{when} >= ?)", (*values, begun)))
        elif first <= cut.day:
            without.append(Sql("h.currency <> ?", values))
    return also(*without)


def _targets(query: Query, cut: Cut, known: int | None) -> Iterator[Cells]:
    rates = cut.terms.rates
    for (name,) in query(_QUARTERS, ()):
        quarter = quarter_named(str(name), cut.terms.begins)
        for each in targets_in(query, quarter, cut.at, known):
            if rates.converted(each.amount_minor, each.currency, quarter.first) is None:
                named = f"{quarter.name}, {slice_text(each)}"
                yield "target", named, each.kind, quarter.first.isoformat(), each.amount_minor, each.currency


LEFT_OUT_VIEW = Computed(
    name="left-out",
    meaning="What no sum of the figures counts, because the agreement knows no rate of its day.",
    answer=(
        Column("kind", Kind.TEXT, "opportunity or target"),
        Column("name", Kind.TEXT, "opportunity id; of a target its quarter and what it is for"),
        Column("measure", Kind.TEXT, "open_pipe, closed_acv or pipe_generation; of a target closed or pipe_generation"),
        Column("day", Kind.TEXT, "the day whose rate is missing, ISO 8601; of a target the first one of its quarter"),
        Column("amount_minor", Kind.INTEGER, "the amount, in minor units of its own currency"),
        Column("of_currency", Kind.TEXT, "that currency; blank where none was said"),
        CURRENCY._replace(meaning="currency of reports, to which a rate is missing"),
        AS_OF,
        KNOWN_AT,
    ),
    order=("kind", "name", "measure"),
    compute=_left_out,
    rests_on=(OPPORTUNITIES, COUNCILS),
)
