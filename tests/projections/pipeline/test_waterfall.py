from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.pipeline.deal import AMENDED, LINE, LOST, REOPENED, STAGE, WON, Deal, Line, Step, value_of
from projections.pipeline.figures import OPEN_PIPE, Cut, Terms, held, shares, summed
from projections.pipeline.history import History, course, known_at, path, versions
from projections.pipeline.money import Rates
from projections.pipeline.quarters import quarter_named
from projections.pipeline.waterfall import Inside, Period, Waterfall, together, waterfall
from tests.projections.pipeline.dealing import PIPELINES, RATES, Lives, day, history, opened, step
from tests.support.laws import examples

UTC = ZoneInfo("UTC")
TERMS = Terms(RATES, UTC)
QUARTER = quarter_named("2026Q1")
PERIOD = Period(QUARTER.first, QUARTER.after)
SPANS = st.tuples(st.integers(-320, 150), st.integers(-320, 150)).map(sorted)
DIMENSIONS = st.sampled_from(["product", "region", "segment", "source", "owner", "forecast"])


def everything(_deal: Deal, _part: Line) -> bool:
    return True


def only(dimension: str, value: str) -> Inside:
    return lambda deal, part: value_of(deal, part, dimension) == value


def walked(
    life: History,
    begin: int,
    end: int,
    inside: Inside = everything,
    period: Period | None = PERIOD,
    terms: Terms = TERMS,
) -> Waterfall:
    known = known_at(versions(life))
    return waterfall(course(known, day(begin), day(end)), day(end), period, inside, terms)


@settings(max_examples=examples(120))
@given(PIPELINES, SPANS, DIMENSIONS, st.sampled_from(["", "a", "b", "commit"]))
def test_the_sum_is_the_end_for_every_opportunity_slice_and_span(
    lives: Lives, span: tuple[int, int], dimension: str, value: str
) -> None:
    for life in lives.values():
        found = walked(life, *span, only(dimension, value))
        assert found.reckoned == found.end
        assert all(amount >= 0 for name, amount in found._asdict().items() if name != "revalued")


@settings(max_examples=examples(60))
@given(PIPELINES, SPANS)
def test_start_and_end_are_the_open_pipe_of_the_matrix(lives: Lives, span: tuple[int, int]) -> None:
    total = together(walked(life, *span) for life in lives.values())
    for number, pipe in zip(span, (total.start, total.end), strict=True):
        every = (held(name, versions(life), day(number)) for name, life in lives.items())
        figures = summed(share for each in every for share in shares(each, Cut(QUARTER, day(number), (), TERMS)))
        assert figures.get((), {OPEN_PIPE: 0})[OPEN_PIPE] == pipe


@settings(max_examples=examples(60))
@given(PIPELINES, SPANS, DIMENSIONS)
def test_slices_add_up_to_the_whole(lives: Lives, span: tuple[int, int], dimension: str) -> None:
    values = ["", "a", "b", "pipeline", "best_case", "most_likely", "commit", "omitted"]
    whole = together(walked(life, *span) for life in lives.values())
    cut = together(walked(life, *span, only(dimension, value)) for life in lives.values() for value in values)
    for name in ("start", "new", "pulled_in", "moved_out", "won", "lost", "reopened", "revalued", "end"):
        assert getattr(cut, name) == getattr(whole, name)
    assert cut.increased - cut.decreased == whole.increased - whole.decreased
    assert (cut.entered, whole.entered, whole.left) == (cut.left, 0, 0)


@settings(max_examples=examples(60))
@given(PIPELINES, SPANS, DIMENSIONS)
def test_from_what_was_known_then_to_what_is_known_now_it_adds_up_too(
    lives: Lives, span: tuple[int, int], dimension: str
) -> None:
    begin, end = map(day, span)
    for life in lives.values():
        found = waterfall(path(versions(life), begin, end), end, PERIOD, only(dimension, "a"), TERMS)
        assert found.reckoned == found.end


@settings(max_examples=examples(60))
@given(PIPELINES, SPANS, st.integers(-320, 150))
def test_two_spans_that_meet_make_one_but_for_what_went_to_and_fro(
    lives: Lives, span: tuple[int, int], between: int
) -> None:
    begin, end = span
    between = min(max(begin, between), end)
    for life in lives.values():
        first, second, whole = walked(life, begin, between), walked(life, between, end), walked(life, begin, end)
        assert first.end == second.start
        assert first.revalued + second.revalued == whole.revalued
        assert first.won + second.won == whole.won


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([opened(5, 100)], {"new": 100}),
        ([opened(-5, 100), step(AMENDED, 5, amount_minor=160)], {"start": 100, "increased": 60}),
        ([opened(-5, 100), step(AMENDED, 5, amount_minor=40)], {"start": 100, "decreased": 60}),
        ([opened(-5, 100), step(AMENDED, 5, close_date="2026-04-01")], {"start": 100, "moved_out": 100}),
        ([opened(-5, 100, "2026-04-01"), step(AMENDED, 5, close_date="2026-03-31")], {"pulled_in": 100}),
        ([opened(-5, 100), step(WON, 5)], {"start": 100, "won": 100}),
        ([opened(-5, 100), step(LOST, 5, reason="price")], {"start": 100, "lost": 100}),
        ([opened(-9, 100), step(LOST, -5, reason="price"), step(REOPENED, 5)], {"reopened": 100}),
        ([opened(-5, 100), step(STAGE, 5, stage="proposal")], {"start": 100}),
        ([opened(5, 100), step(WON, 6)], {"new": 100, "won": 100}),
    ],
)  # fmt: skip
def test_each_thing_that_happens_has_its_own_place(steps: list[Step], expected: dict[str, int]) -> None:
    found = walked(history(*steps), 0, 30)
    gained = sum(expected.get(name, 0) for name in ("start", "new", "pulled_in", "increased", "reopened"))
    end = gained - sum(expected.get(name, 0) for name in ("decreased", "moved_out", "won", "lost"))
    assert found == Waterfall(**expected, end=end)


def test_when_amount_and_period_change_at_once_the_period_moves_with_the_old_amount() -> None:
    in_ = history(opened(-5, 100, "2026-04-01"), step(AMENDED, 5, amount_minor=250, close_date="2026-03-01"))
    assert walked(in_, 0, 30) == Waterfall(pulled_in=100, increased=150, end=250)
    out = history(opened(-5, 100), step(AMENDED, 5, amount_minor=250, close_date="2026-04-01"))
    assert walked(out, 0, 30) == Waterfall(start=100, moved_out=100)


def test_an_old_day_can_be_cut_by_a_dimension_that_was_told_later() -> None:
    life = history(opened(-20, 100), step(AMENDED, -20, 8, segment="enterprise"))
    assert walked(life, -10, 20, only("segment", "enterprise")) == Waterfall(start=100, end=100)
    assert walked(life, -10, 20, only("segment", "")) == Waterfall()
    then = path(versions(life), day(-10), day(20))
    seen = [waterfall(then, day(20), PERIOD, only("segment", value), TERMS) for value in ("", "enterprise")]
    assert seen == [Waterfall(start=100, left=100), Waterfall(entered=100, end=100)]


def test_an_opportunity_that_changes_its_region_leaves_one_slice_and_enters_the_other_with_its_old_amount() -> None:
    life = history(opened(-5, 100, region="north"), step(AMENDED, 5, region="south", amount_minor=130))
    assert walked(life, 0, 30, only("region", "north")) == Waterfall(start=100, left=100)
    assert walked(life, 0, 30, only("region", "south")) == Waterfall(entered=100, increased=30, end=130)


def test_an_amount_that_is_shared_out_to_lines_changes_its_product_and_nothing_else() -> None:
    life = history(opened(-5, 100, product="suite"), step(LINE, 5, line="1", product="app", amount_minor=100))
    assert walked(life, 0, 30) == Waterfall(start=100, end=100)
    assert walked(life, 0, 30, only("product", "suite")) == Waterfall(start=100, left=100)
    assert walked(life, 0, 30, only("product", "app")) == Waterfall(entered=100, end=100)


def test_what_rates_do_is_told_apart_from_what_people_do() -> None:
    life = history(opened(-5, 10_000, currency="USD"), step(AMENDED, 20, amount_minor=20_000))
    found = walked(life, 0, 60)
    assert found == Waterfall(start=9200, increased=8750, revalued=2760 - 450, end=20_260)


def test_without_a_period_every_close_date_counts() -> None:
    life = history(opened(-5, 100, ""), step(AMENDED, 5, close_date="2031-01-01"))
    assert walked(life, 0, 30, period=None, terms=Terms(Rates("EUR"), UTC)) == Waterfall(start=100, end=100)
    assert Period(date(2026, 1, 1), date(2026, 4, 1)).has("2026-03-31")
