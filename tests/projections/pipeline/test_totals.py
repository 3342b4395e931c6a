"""What databases sum is what the law says."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.envelope import Envelope
from events.instants import to_us
from events.opportunity import OpportunityProductAdded
from projections.pipeline.deal import DIMENSIONS, Deal, Group, Line, sliced, value_of
from projections.pipeline.decided import win_shares
from projections.pipeline.figures import OPPORTUNITY, Cut, Terms, shares, summed
from projections.pipeline.history import course, heard_by, path
from projections.pipeline.money import Rate, Rates
from projections.pipeline.moved import Heard, waterfalls
from projections.pipeline.quarters import quarter_named
from projections.pipeline.reading import closed, held_in, spans
from projections.pipeline.totals import totals
from projections.pipeline.velocity import win_rates
from projections.pipeline.walks import walks
from projections.pipeline.waterfall import Inside, Period, Waterfall, together, waterfall
from projections.pipeline.worth import Unsure
from tests.projections.pipeline.asking import shown
from tests.projections.pipeline.dealing import RATES
from tests.projections.pipeline.facts import instant, opening, pipelines, said
from tests.support.laws import examples

ZONE = ZoneInfo("Europe/Bucharest")
TERMS = Terms(RATES, ZONE)
CUTS = st.lists(st.sampled_from([*DIMENSIONS, OPPORTUNITY]), unique=True, max_size=3).map(tuple)


@settings(deadline=None, max_examples=examples(60))
@given(
    facts=pipelines(("EUR", "USD", "JPY")), by=CUTS, day=st.integers(-30, 110), known=st.none() | st.integers(-30, 110),
    name=st.sampled_from(["2025Q4", "2026Q1", "2026Q2"]),
)  # fmt: skip
async def test_the_database_sums_what_the_law_says(
    facts: list[Envelope], by: tuple[str, ...], day: int, known: int | None, name: str
) -> None:
    built = await shown(*facts)
    cut = Cut(quarter_named(name), to_us(instant(day)), by, TERMS)
    heard = None if known is None else to_us(instant(known))
    law = [s for held in held_in(built.store.query, cut.quarter, ZONE, cut.at, heard) for s in shares(held, cut)]
    assert summed(totals(built.store.query, cut, heard, {})) == summed(law)
    for dimension in set(by) - {"source"}:
        for value in {share.group[by.index(dimension)] for share in law}:
            only = [share for share in law if share.group[by.index(dimension)] == value]
            assert summed(totals(built.store.query, cut, heard, {dimension: value})) == summed(only)


@settings(deadline=None, max_examples=examples(40))
@given(
    facts=pipelines(), by=st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=2).map(tuple),
    since=st.integers(-30, 60), day=st.integers(-30, 110), known=st.none() | st.integers(-30, 110),
)  # fmt: skip
async def test_the_database_counts_what_was_won_as_the_law_does(
    facts: list[Envelope], by: tuple[str, ...], since: int, day: int, known: int | None
) -> None:
    query = (await shown(*facts)).store.query
    times = to_us(instant(since)), to_us(instant(day)), None if known is None else to_us(instant(known))
    assert win_shares(query, by, times, {}) == win_rates(closed(query, *times), by)
    if "region" in by:
        found = win_shares(query, by, times, {"region": "a"})
        law = win_rates((deal for deal in closed(query, *times) if deal.region == "a"), by)
        assert found == law


@settings(deadline=None, max_examples=examples(60))
@given(amount=st.integers(0, 2**53), digits=st.integers(0, 6), value=st.integers(1, 10**8))
async def test_amounts_are_rounded_by_the_database_as_by_the_law(amount: int, digits: int, value: int) -> None:
    rates = Rates("EUR", [Rate("USD", date(2025, 1, 1), Fraction(value, 10**digits))])
    cut = Cut(quarter_named("2026Q1"), to_us(instant(1)), (), Terms(rates, ZONE))
    built = await shown(said("deal", 0, opening(amount, currency="USD")))
    try:
        found = summed(totals(built.store.query, cut, None, {}))
    except Unsure:
        assert Fraction(value, 10**digits) > 256
    else:
        assert found[()]["open_pipe"] == rates.converted(amount, "USD", date(2026, 1, 2))


async def test_what_a_database_cannot_be_sure_of_is_left_to_the_law() -> None:
    too_exact = Rates("EUR", [Rate("USD", date(2025, 1, 1), Fraction(10**16 + 1, 10**16))])
    cut = Cut(quarter_named("2026Q1"), to_us(instant(1)), (), Terms(too_exact, ZONE))
    built = await shown(said("deal", 0, opening(100, currency="USD")))
    with pytest.raises(Unsure):
        list(totals(built.store.query, cut, None, {}))


@settings(deadline=None, max_examples=examples(60))
@given(
    facts=pipelines(("EUR", "USD")), day=st.integers(-30, 60), later=st.integers(0, 60),
    known=st.none() | st.integers(-30, 110), by=st.sampled_from([(), ("region",), ("product", "source")]),
)  # fmt: skip
async def test_what_is_walked_is_the_way_that_the_law_knows(
    facts: list[Envelope], day: int, later: int, known: int | None, by: tuple[str, ...]
) -> None:
    query = (await shown(*facts)).store.query
    begin, end = to_us(instant(day)), to_us(instant(day + later))
    heard = None if known is None else to_us(instant(known))
    period = Period(date(2026, 1, 1), date(2026, 4, 1))

    def told(way: Sequence[tuple[int, Deal]]) -> dict[Group, Waterfall]:
        return {group: waterfall(way, end, period, inside, TERMS) for group, inside in slices(way, by).items()}

    law = {name: told(course(known_versions, begin, end)) for name, known_versions in spans(query, begin, end, heard)}
    found = {name: told(way) for name, way in walks(query, begin, end, heard)}
    for name in law.keys() | found.keys():
        assert moved(found.get(name, {})) == moved(law.get(name, {}))
    for name, way in walks(query, begin, end, heard):
        assert list(walks(query, begin, end, heard, name)) == [(name, way)]


def slices(way: Sequence[tuple[int, Deal]], by: tuple[str, ...]) -> dict[Group, Inside]:
    groups = {group for _, deal in way for group in sliced(deal, by)}
    return {group: partial(inside, tuple(zip(by, group, strict=True))) for group in groups}


def inside(wanted: tuple[tuple[str, str], ...], deal: Deal, part: Line) -> bool:
    return all(value_of(deal, part, name) == value for name, value in wanted)


def moved(found: dict[Group, Waterfall]) -> dict[Group, Waterfall]:
    return {group: each for group, each in found.items() if any(each)}


@settings(deadline=None, max_examples=examples(60))
@given(
    facts=pipelines(("EUR", "USD", "JPY")), day=st.integers(-30, 60), later=st.integers(0, 60),
    known=st.none() | st.integers(-30, 110), by=st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=3),
    name=st.sampled_from(["2025Q4", "2026Q1", "2026Q2"]), then=st.booleans(),
)  # fmt: skip
async def test_the_database_sums_what_moved_as_the_law_does(
    facts: list[Envelope], day: int, later: int, known: int | None, by: list[str], name: str, then: bool
) -> None:
    query = (await shown(*facts)).store.query
    begin, end = to_us(instant(day)), to_us(instant(day + later))
    limit, cut = None if known is None else to_us(instant(known)), Cut(quarter_named(name), end, tuple(by), TERMS)
    heard, period = Heard(limit, then), Period(cut.quarter.first, cut.quarter.after)
    law: dict[Group, list[Waterfall]] = {}
    for _, versions in spans(query, begin, end, limit, all_known=then):
        way = path(heard_by(versions, limit), begin, end) if then else course(versions, begin, end)
        for group, within in slices(way, cut.by).items():
            law.setdefault(group, []).append(waterfall(way, end, period, within, TERMS))
    told = {group: together(every) for group, every in law.items()}
    assert moved(waterfalls(query, cut, begin, heard, {})) == moved(told)
    for dimension in by:
        for value in {group[by.index(dimension)] for group in told}:
            only = {group: each for group, each in told.items() if group[by.index(dimension)] == value}
            assert moved(waterfalls(query, cut, begin, heard, {dimension: value})) == moved(only)


@pytest.mark.parametrize("amount", [2**50 - 1, 2**50, 2**53])
async def test_lines_of_any_amount_are_netted_or_left_to_the_law(amount: int) -> None:
    lines = [OpportunityProductAdded(line=name, product="a", amount_minor=amount) for name in "xyz"]
    query = (await shown(said("deal", 0, opening(1)), *(said("deal", 2, line) for line in lines))).store.query
    cut = Cut(quarter_named("2026Q1"), to_us(instant(3)), (), TERMS)
    if amount < 2**50:
        assert waterfalls(query, cut, to_us(instant(1)), Heard(), {})[()].increased == 3 * amount - 1
    else:
        with pytest.raises(Unsure):
            waterfalls(query, cut, to_us(instant(1)), Heard(), {})
