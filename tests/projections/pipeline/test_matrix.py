from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import combinations
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.pipeline.deal import AMENDED, DIMENSIONS, LINE, LOST, WON, Group, sliced
from projections.pipeline.figures import MEASURES, OPEN_PIPE, Cut, Terms, added, held, shares, summed
from projections.pipeline.history import as_of, known_at, versions
from projections.pipeline.matrix import Cell, Years, cells, colour
from projections.pipeline.money import Rates
from projections.pipeline.quarters import Quarter, Season, quarter_named, same_instant
from projections.pipeline.targets import Target
from projections.pipeline.velocity import win_rates
from tests.projections.pipeline.dealing import PIPELINES, RATES, Lives, day, history, opened, step
from tests.support.laws import examples

ZONE = ZoneInfo("Europe/Bucharest")
Cuts = tuple[str, ...]
TERMS = Terms(RATES, ZONE)
QUARTER = quarter_named("2026Q1")
MIDDLE = day(44.5)
CUTS: list[Cuts] = [(), *((name,) for name in DIMENSIONS), *combinations(DIMENSIONS, 2)]


def figures(
    lives: Lives,
    at: int = MIDDLE,
    known: int | None = None,
    by: Cuts = (),
    *,
    quarter: Quarter = QUARTER,
    terms: Terms = TERMS,
) -> dict[Group, dict[str, int]]:
    every = (held(name, versions(life), at, known) for name, life in lives.items())
    return summed(share for each in every for share in shares(each, Cut(quarter, at, by, terms)))


def matrix(
    lives: Lives,
    targets: Sequence[Target] = (),
    by: Cuts = (),
    at: int = MIDDLE,
    rates: Mapping[Group, Fraction] = MappingProxyType({}),
) -> dict[tuple[tuple[str, ...], str], Cell]:
    before, same = quarter_named("2025Q1"), same_instant(QUARTER, at, ZONE)
    years = Years(
        figures(lives, at, by=by),
        figures(lives, same, same, by, quarter=before),
        figures(lives, same, None, by, quarter=before),
    )
    return {(cell.group, cell.measure): cell for cell in cells(years, targets, Cut(QUARTER, at, by, TERMS), rates)}


@settings(max_examples=examples(60))
@given(PIPELINES, st.integers(-30, 120))
def test_however_it_is_cut_the_totals_agree(lives: Lives, number: int) -> None:
    total = figures(lives, day(number)).get((), dict.fromkeys(MEASURES, 0))
    for by in CUTS:
        cut = figures(lives, day(number), by=by)
        assert {measure: sum(each[measure] for each in cut.values()) for measure in MEASURES} == total


@settings(max_examples=examples(60))
@given(PIPELINES, st.integers(1, 4), st.sampled_from(CUTS))
def test_partitions_add_up_to_the_whole(lives: Lives, count: int, by: tuple[str, ...]) -> None:
    places = [dict(list(lives.items())[place::count]) for place in range(count)]
    assert added(figures(each, by=by) for each in places) == figures(lives, by=by)


def test_no_roll_up_stops_at_any_number_of_opportunities() -> None:
    lives = {f"deal-{n}": history(opened(1, 100 + n % 3, region=f"r{n % 7}")) for n in range(4001)}
    assert figures(lives)[()][OPEN_PIPE] == sum(100 + n % 3 for n in range(4001))
    assert sum(each[OPEN_PIPE] for each in figures(lives, by=("region",)).values()) == figures(lives)[()][OPEN_PIPE]


def test_a_worked_quarter() -> None:
    lives = {
        "won": history(opened(-20, 400_00), step(WON, 10)),
        "sure": history(opened(5, 100_00, forecast="commit", region="north")),
        "likely": history(opened(6, 50_00, forecast="most_likely")),
        "hoped": history(opened(7, 30_00, forecast="best_case")),
        "early": history(opened(8, 20_00)),
        "later": history(opened(9, 70_00, "2026-04-01")),
        "lost": history(opened(3, 10_00), step(LOST, 12, reason="price")),
    }
    found = matrix(lives, [Target("closed", {}, 1000_00, "EUR"), Target("pipe_generation", {}, 560_00, "EUR")])
    amounts = {measure: cell.amount_minor for (_, measure), cell in found.items()}
    assert amounts == {
        "closed_acv": 400_00,
        "commit": 500_00,
        "most_likely": 550_00,
        "best_case": 580_00,
        "open_pipe": 200_00,
        "pipe_generation": 280_00,
        "coverage": 200_00,
    }
    shown = {measure: (cell.attainment, cell.colour) for (_, measure), cell in found.items()}
    assert shown["closed_acv"] == (Fraction(2, 5), "red"), "45 of 90 days are gone: a pace of 0.8"
    assert shown["most_likely"] == (Fraction(11, 20), "green")
    assert shown["pipe_generation"] == (Fraction(1, 2), "green")
    assert shown["open_pipe"] == (None, "")
    assert shown["coverage"] == (Fraction(1, 3), ""), "of the 600 that are missing, not of the whole target"


def test_coverage_is_held_against_what_is_missing_and_a_target_that_is_met_says_so() -> None:
    lives = {"won": history(opened(-20, 90), step(WON, 10)), "open": history(opened(2, 30))}
    missing = matrix(lives, [Target("closed", {}, 100, "EUR")])[(), "coverage"]
    assert (missing.attainment, missing.target_minor, missing.coverage) == (3, 10, "")
    for goal in (90, 80):
        met = matrix(lives, [Target("closed", {}, goal, "EUR")])[(), "coverage"]
        assert (met.attainment, met.target_minor, met.coverage, met.colour) == (None, 0, "met", "green")
    without = matrix(lives)[(), "coverage"]
    assert (without.attainment, without.target_minor, without.coverage, without.colour) == (None, None, "", "")


def test_last_year_is_what_was_so_then_whatever_became_of_it_since() -> None:
    lives = {
        "won since": history(opened(-340, 100, "2025-03-20"), step(WON, -300)),
        "lost since": history(opened(-340, 70, "2025-03-20"), step(LOST, -300, reason="price")),
        "moved since": history(opened(-340, 50, "2025-03-20"), step(AMENDED, -290, close_date="2026-03-20")),
    }
    pipe = matrix(lives)[(), "open_pipe"]
    assert (pipe.amount_minor, pipe.last_year_minor, pipe.restated_minor) == (50, 220, 220)
    assert pipe.yoy == Fraction(50 - 220, 220)


def test_what_was_told_later_about_last_year_stands_restated_beside_what_was_known_then() -> None:
    late = opened(-340, 70, "2025-03-20", recorded=-200)
    lives = {"known": history(opened(-340, 100, "2025-03-20")), "told late": history(late)}
    pipe = matrix(lives)[(), "open_pipe"]
    assert (pipe.last_year_minor, pipe.restated_minor) == (100, 170)
    assert (pipe.yoy, pipe.yoy_restated) == (-1, -1)


def test_last_year_is_asked_on_the_same_day_of_the_quarter_and_not_at_its_end() -> None:
    lives = {
        "by then": history(opened(-400, 100, "2025-01-20"), step(WON, -345)),
        "after": history(opened(-400, 70, "2025-03-20"), step(WON, -285)),
    }
    assert matrix(lives)[(), "closed_acv"].last_year_minor == 100
    assert matrix(lives, at=day(89))[(), "closed_acv"].last_year_minor == 170


def test_lines_share_an_opportunity_out_to_their_products() -> None:
    life = history(
        opened(2, 0, product="suite"),
        step(LINE, 2, line="1", product="app", amount_minor=70),
        step(LINE, 3, line="2", product="care", amount_minor=30),
    )
    found = figures({"deal": life}, by=("product",))
    assert {group: sums["open_pipe"] for group, sums in found.items()} == {("app",): 70, ("care",): 30}
    assert found["app",]["pipe_generation"] == 70, "what it was when it first had an amount"


def test_pipe_that_was_generated_stays_where_and_what_it_was() -> None:
    life = history(opened(2, 100, region="north"), step(AMENDED, 9, region="south", amount_minor=900))
    found = figures({"deal": life}, by=("region",))
    assert found["north",]["pipe_generation"] == 100
    assert found["south",]["open_pipe"] == 900


def test_what_is_won_keeps_the_rate_of_its_day_and_what_is_open_takes_todays() -> None:
    lives = {
        "won": history(opened(1, 1000, currency="USD"), step(WON, 5)),
        "open": history(opened(1, 1000, currency="USD")),
    }
    sums = figures(lives)[()]
    assert (sums["closed_acv"], sums["open_pipe"], sums["pipe_generation"]) == (920, 875, 1840)


def test_the_colour_says_how_attainment_keeps_up_with_the_quarter() -> None:
    half = Fraction(1, 2)
    shades = [colour(Fraction(share, 1000), half, TERMS) for share in (500, 499, 425, 424)]
    assert shades == ["green", "yellow", "yellow", "red"]
    assert colour(Fraction(0), Fraction(0), TERMS) == "green"


def test_a_season_moves_the_colour_and_nothing_else() -> None:
    lives = {"won": history(opened(-20, 30), step(WON, 10))}
    targets = [Target("closed", {}, 100, "EUR")]
    late = Terms(RATES, ZONE, seasons=(Season(date(2026, 1, 1), (10, 20, 70)),))
    even, seasonal = (
        next(cells(Years(figures(lives), {}, {}), targets, Cut(QUARTER, MIDDLE, (), terms))) for terms in (TERMS, late)
    )
    assert (even.colour, seasonal.colour) == ("red", "green"), "30% where 50% or 20% are expected"
    assert even._replace(colour="green") == seasonal


@settings(max_examples=examples(60))
@given(PIPELINES, st.integers(-30, 120), st.sampled_from(CUTS))
def test_the_coverage_that_is_needed_is_what_the_slice_did_not_win(lives: Lives, number: int, by: Cuts) -> None:
    at = day(number)
    deals = [as_of(known_at(versions(life)), at) for life in lives.values()]
    closed = [deal for deal in deals if deal.status in ("won", "lost")]
    for group, rate in win_rates(closed, by).items():
        of = [deal for deal in closed if group in sliced(deal, by)]
        won = sum(deal.status == "won" for deal in of)
        assert rate == Fraction(won, len(of))
        cell = Cell(group, "coverage", 0, None, None, "", 0, 0, "", rate)
        assert cell.required == (Fraction(len(of), won) if won else None)


@pytest.mark.parametrize(
    ("pipe", "won", "colour"),
    [(400, (1, 4), "green"), (399, (1, 4), "yellow"), (340, (1, 4), "yellow"), (339, (1, 4), "red"), (0, (1, 4), "red"),
     (100, (1, 1), "green"), (400, (0, 4), ""), (400, None, "")],
)  # fmt: skip
@pytest.mark.parametrize("on", [0, 45, 89])
def test_the_colour_of_coverage_says_how_much_of_what_is_needed_there_is_on_any_day(
    pipe: int, won: tuple[int, int] | None, colour: str, on: int
) -> None:
    lives = {"deal": history(opened(-1, pipe))}
    rates = {} if won is None else {(): Fraction(*won)}
    found = matrix(lives, [Target("closed", {}, 100, "EUR")], at=day(on), rates=rates)[(), "coverage"]
    assert (found.target_minor, found.colour) == (100, colour)


def test_a_cell_without_a_target_has_no_colour_and_one_without_opportunities_is_there_for_its_target() -> None:
    lives = {"deal": history(opened(2, 100, region="north"))}
    found = matrix(lives, [Target("closed", {"region": "south"}, 50, "EUR")], by=("region",))
    assert (found[("north",), "closed_acv"].colour, found[("north",), "closed_acv"].target_minor) == ("", None)
    assert (found[("south",), "closed_acv"].colour, found[("south",), "closed_acv"].target_minor) == ("red", 50)


def test_a_target_of_finer_slices_is_their_sum_and_none_is_counted_twice() -> None:
    targets = [
        Target("closed", {"region": "north"}, 60, "EUR"),
        Target("closed", {"region": "south"}, 50, "EUR"),
        Target("closed", {"product": "app", "segment": "smb"}, 1000, "EUR"),
        Target("closed", {"region": "north", "product": "app"}, 7, "USD"),
    ]
    assert matrix({}, targets)[(), "closed_acv"].target_minor == 110
    assert matrix({}, targets, ("region",))[("north",), "closed_acv"].target_minor == 60
    assert matrix({}, targets, ("product",))[("app",), "closed_acv"].target_minor == 6, "7 dollars on 1 January"
    whole = [*targets, Target("closed", {}, 90, "EUR")]
    assert matrix({}, whole)[(), "closed_acv"].target_minor == 90


def test_in_one_currency_no_rate_is_needed() -> None:
    assert figures({"deal": history(opened(2, 5))}, terms=Terms(Rates("EUR"), ZONE))[()]["open_pipe"] == 5
