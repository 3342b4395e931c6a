from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.instants import to_us
from projections.pipeline.quarters import (
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
