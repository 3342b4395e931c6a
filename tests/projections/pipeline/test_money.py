from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.pipeline.money import Rate, Rates
from projections.rounding import rounded

DAY = date(2026, 3, 1)
AMOUNTS = st.integers(0, 2**53)


def of(value: str, currency: str = "USD", since: date = date(2026, 1, 1)) -> Rate:
    return Rate(currency, since, Fraction(value))


@given(AMOUNTS)
def test_the_reporting_currency_needs_no_rate(amount: int) -> None:
    assert Rates("EUR").converted(amount, "EUR", DAY) == amount


@given(AMOUNTS, st.integers(1, 10**9))
def test_an_amount_is_rounded_once_and_by_half_a_minor_unit_at_most(amount: int, millionths: int) -> None:
    value = Fraction(millionths, 10**6)
    rates = Rates("EUR", [Rate("USD", date(2026, 1, 1), value)])
    assert abs(rates.converted(amount, "USD", DAY) - amount * value) <= Fraction(1, 2)


def test_halves_go_up() -> None:
    assert [rounded(Fraction(n, 2)) for n in (1, 3, -1, -3)] == [1, 2, 0, -1]


def test_the_rate_in_force_is_the_last_one_that_began() -> None:
    rates = Rates("EUR", [of("0.8", since=date(2026, 3, 2)), of("0.9"), of("0.7", since=date(2026, 3, 2))])
    assert rates.converted(1000, "USD", date(2026, 1, 1)) == 900
    assert rates.converted(1000, "USD", date(2026, 3, 1)) == 900
    assert rates.converted(1000, "USD", date(2026, 3, 2)) == 700


def test_minor_units_are_those_of_each_currency() -> None:
    rates = Rates("EUR", [of("0.0061", "JPY"), of("3.01", "KWD")])
    assert rates.converted(10_000, "JPY", DAY) == 6100, "61.00 euros"
    assert rates.converted(1_000, "KWD", DAY) == 301, "3.01 euros"
    assert Rates("JPY", [of("164", "EUR")]).converted(100, "EUR", DAY) == 164


def test_large_amounts_keep_their_last_unit() -> None:
    assert Rates("EUR", [of("1.0001")]).converted(9_007_199_254_740_990, "USD", DAY) == 9_008_099_974_666_464


def test_a_missing_rate_is_told_and_never_taken_for_one() -> None:
    rates = Rates("EUR", [of("0.9")])
    assert rates.converted(1, "USD", date(2025, 12, 31)) is None
    assert rates.converted(1, "", DAY) is None
    assert rates.converted(0, "CHF", DAY) == 0


def test_a_rate_of_nothing_or_of_the_reporting_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="must be above zero"):
        Rates("EUR", [of("0")])
    with pytest.raises(ValueError, match="is the reporting currency"):
        Rates("EUR", [of("1", "EUR")])
