from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.instants import to_us
from projections.pipeline.quarters import (
    Season,
    local_day,
    midnight,
    quarter_named,
    quarter_of,
    same_day,
    same_instant,
    year_before,
)

BUCHAREST = ZoneInfo("Europe/Bucharest")
DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@given(DAYS, st.integers(1, 12))
def test_every_day_lies_in_one_quarter_that_is_found_by_its_name(day: date, begins: int) -> None:
    quarter = quarter_of(day, begins)
    assert quarter.has(day)
    assert quarter_named(quarter.name, begins) == quarter
    assert quarter_of(quarter.after, begins).first == quarter.after
    assert 89 <= quarter.days <= 92


@given(DAYS, st.integers(1, 12))
def test_the_same_day_a_year_before_lies_in_the_same_quarter_of_that_year(day: date, begins: int) -> None:
    quarter = quarter_of(day, begins)
    before = year_before(quarter)
    assert before.has(same_day(quarter, day))
    assert before.name[4:] == quarter.name[4:]
    assert int(before.name[:4]) == int(quarter.name[:4]) - 1
    assert same_day(quarter, quarter.first) == before.first


def test_a_fiscal_year_is_named_after_the_year_it_ends_in() -> None:
    assert quarter_of(date(2026, 2, 1), 2)[:3] == ("2027Q1", date(2026, 2, 1), date(2026, 5, 1))
    assert quarter_of(date(2026, 1, 31), 2)[:3] == ("2026Q4", date(2025, 11, 1), date(2026, 2, 1))
    assert quarter_of(date(2026, 12, 31))[:3] == ("2026Q4", date(2026, 10, 1), date(2027, 1, 1))


def test_the_share_gone_counts_today_and_nothing_outside() -> None:
    quarter = quarter_named("2026Q1")
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 14), date(2026, 3, 31), date(2026, 4, 9)]
    assert [quarter.gone(day) for day in days] == [0, Fraction(1, 90), Fraction(1, 2), 1, 1]


SEASONS = (
    Season(date(2026, 1, 1), (20, 30, 50)),
    Season(date(2026, 7, 1), ()),
    Season(date(2026, 10, 1), (25, 25, 50)),
)


def test_a_season_says_what_each_month_brings_and_within_one_days_count_alike() -> None:
    first = quarter_named("2026Q1")
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 14), date(2026, 3, 31)]
    expected = [0, Fraction(20, 3100), Fraction(1, 5), Fraction(35, 100), 1]
    assert [first.expected(day, SEASONS) for day in days] == expected


def test_a_quarter_takes_the_season_in_force_on_its_first_day() -> None:
    found = {
        name: quarter.expected(quarter.first + timedelta(days=31), SEASONS)
        for name in ("2025Q4", "2026Q2", "2026Q3", "2027Q1")
        if (quarter := quarter_named(name))
    }
    assert found == {
        "2025Q4": Fraction(32, 92),
        "2026Q2": Fraction(20, 100) + Fraction(30 * 2, 3100),
        "2026Q3": Fraction(32, 92),
        "2027Q1": Fraction(25, 100) + Fraction(25, 2800),
    }


@given(DAYS, st.integers(1, 12), st.sampled_from([(), (20, 30, 50), (0, 0, 100), (100, 0, 0)]))
def test_what_is_expected_never_falls_and_comes_from_nothing_to_all(
    day: date, begins: int, months: tuple[int, ...]
) -> None:
    quarter, seasons = quarter_of(day, begins), [Season(date(1, 1, 1), months)]
    walk = [quarter.expected(quarter.first + timedelta(days=n), seasons) for n in range(-1, quarter.days)]
    assert (walk[0], walk[-1]) == (0, 1)
    assert walk == sorted(walk)
    if not months:
        assert walk == [quarter.gone(quarter.first + timedelta(days=n)) for n in range(-1, quarter.days)]


def test_the_day_a_leap_year_has_more_is_compared_with_the_last_one() -> None:
    first = quarter_named("2024Q1")
    assert same_day(first, date(2024, 3, 31)) == date(2023, 3, 31)
    assert same_day(first, date(2024, 3, 30)) == date(2023, 3, 31)
    assert same_day(quarter_named("2025Q1"), date(2025, 3, 31)) == date(2024, 3, 30)


def test_after_its_end_days_are_counted_from_there() -> None:
    assert same_day(quarter_named("2025Q1"), date(2025, 4, 3)) == date(2024, 4, 3)


def test_days_are_those_of_the_reporting_zone() -> None:
    late = to_us(datetime(2026, 3, 31, 22, 30, tzinfo=UTC))
    assert local_day(late, BUCHAREST) == date(2026, 4, 1)
    assert midnight(date(2026, 4, 1), BUCHAREST) == to_us(datetime(2026, 3, 31, 21, tzinfo=UTC))
    assert quarter_named("2026Q2").instants(BUCHAREST)[0] == midnight(date(2026, 4, 1), BUCHAREST)


def test_the_same_instant_a_year_before_has_the_same_time_on_the_wall() -> None:
    quarter = quarter_named("2026Q1")
    at = to_us(datetime(2026, 3, 30, 9, tzinfo=BUCHAREST))
    assert same_instant(quarter, at, BUCHAREST) == to_us(datetime(2025, 3, 30, 9, tzinfo=BUCHAREST))


@pytest.mark.parametrize("name", ["2026", "2026Q5", "26Q1", "2026q1", "2026Q1\n"])
def test_what_names_no_quarter_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no quarter, such as 2026Q1"):
        quarter_named(name)
