from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from events.instants import DAY
from projections.pipeline.deal import AMENDED, LOST, REOPENED, STAGE, WON, Step
from projections.pipeline.history import Version, known_at, versions
from projections.pipeline.velocity import (
    Reached,
    Velocity,
    conversions,
    lengths,
    percentile,
    progress_of,
    stays,
    too_long,
)
from tests.projections.pipeline.dealing import PIPELINES, Lives, day, history, opened, step
from tests.support.laws import examples

STAGES = ("discovery", "proposal", "contract")


def known(*steps: Step) -> list[Version]:
    return known_at(versions(history(*steps)))


def table(*every: list[Version], begin: int = 0, end: int = 50) -> dict[str, Reached]:
    return {row.stage: row for row in conversions(map(progress_of, every), STAGES, day(begin), day(end))}


def test_a_stage_entered_again_counts_its_opportunity_once() -> None:
    again = [step(STAGE, 2, stage="proposal"), step(STAGE, 3, stage="discovery"), step(STAGE, 4, stage="proposal")]
    found = table(known(opened(1), *again), known(opened(1)))
    assert (found["discovery"].deals, found["discovery"].entries) == (2, 3)
    assert (found["proposal"].deals, found["proposal"].entries) == (1, 2)
    assert found["discovery"].conversion == Fraction(1, 2)


def test_whoever_is_lost_today_still_came_as_far_as_it_did() -> None:
    lost = known(opened(1), step(STAGE, 2, stage="proposal"), step(LOST, 3, reason="price"))
    found = table(lost, known(opened(1)))
    assert [(row.deals, row.went_on, row.lost, row.standing) for row in found.values()] == [
        (2, 2, 0, 0), (2, 1, 0, 1), (1, 0, 1, 0), (0, 0, 0, 0), (0, 0, 0, 0),
    ]  # fmt: skip
    assert found["contract"].conversion is None


def test_whoever_skips_a_stage_came_past_it() -> None:
    found = table(known(opened(1), step(STAGE, 2, stage="contract"), step(WON, 3)))
    assert [(row.stage, row.deals, row.entries) for row in found.values()] == [
        ("opened", 1, 1), ("discovery", 1, 1), ("proposal", 1, 0), ("contract", 1, 1), ("won", 1, 1),
    ]  # fmt: skip


def test_a_stage_that_was_entered_at_the_instant_of_closing_was_come_to() -> None:
    found = table(known(opened(1), step(STAGE, 3, stage="contract"), step(LOST, 3, reason="price")))
    assert [(row.deals, row.lost) for row in found.values()] == [(1, 0), (1, 0), (1, 0), (1, 1), (0, 0)]


def test_an_opportunity_of_no_stage_in_the_list_is_in_its_cohort_all_the_same() -> None:
    found = table(known(opened(1, stage="trial"), step(LOST, 3, reason="price")), known(opened(1, stage="trial")))
    assert [(row.deals, row.lost, row.standing) for row in found.values()] == [(2, 1, 1), *[(0, 0, 0)] * 4]


def test_a_cohort_is_who_was_opened_in_its_span() -> None:
    every = [known(opened(at)) for at in (-1, 0, 49, 50)]
    assert table(*every)["discovery"].deals == 2


@settings(max_examples=examples(60))
@given(PIPELINES)
def test_no_later_stage_has_more_opportunities_than_an_earlier_one(lives: Lives) -> None:
    every = [progress_of(known_at(versions(life))) for life in lives.values()]
    rows = conversions(every, ("", "a", "b"), day(-400), day(400))
    assert [row.deals for row in rows] == sorted((row.deals for row in rows), reverse=True)
    assert all(row.went_on + row.lost + row.standing == row.deals for row in rows[:-1])
    assert all(row.went_on == after.deals for row, after in pairwise(rows))
    was_opened = sum(life.now[-1].deal.opened_at is not None for life in lives.values() if life.now)
    assert rows[0].deals == was_opened


def test_no_edit_ends_a_stay_and_closing_does() -> None:
    found = stays(known(
        opened(0), step(AMENDED, 2, amount_minor=9), step(STAGE, 5, stage="proposal"), step(AMENDED, 6, owner="ben"),
        step(LOST, 8, reason="price"), step(AMENDED, 9, owner="eve"), step(REOPENED, 10),
    ))  # fmt: skip
    assert found == [
        ("discovery", day(0), day(5)), ("proposal", day(5), day(8)), ("proposal", day(10), None),
    ]  # fmt: skip


def test_the_age_of_a_stage_is_learned_from_stays_that_had_ended_by_then() -> None:
    every = [known(opened(0), step(STAGE, length, stage="proposal")) for length in range(1, 11)]
    for at, limits in ((100, {"discovery": 9 * DAY}), (4, {"discovery": 4 * DAY}), (0, {})):
        assert too_long(lengths(every, day(at))) == limits


@given(st.lists(st.integers(0, 1000), max_size=30), st.integers(1, 100))
def test_a_percentile_is_the_least_value_with_enough_at_or_below_it(values: list[int], percent: int) -> None:
    found = percentile(values, percent)
    enough = [v for v in values if sum(w <= v for w in values) * 100 >= percent * len(values)]
    assert found == (min(enough) if enough else None)


def test_sales_velocity_is_exact() -> None:
    found = Velocity(open_deals=30, won=3, lost=6, won_minor=1000_00, won_us=90 * DAY)
    assert found.win_rate == Fraction(1, 3)
    assert found.a_day == 10 * Fraction(1000_00, 90)
    assert Velocity(30, 0, 6, 0, 0).a_day is None
    assert Velocity(30, 0, 0, 0, 0).win_rate is None
