from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from streams.scoring.decay import HalfLife, Linear, NoDecay
from tests.streams.scoring.scoring_twin import half_up, left

DAY = 86_400_000_000
POINTS = st.integers(-1000, 1000)
AGES = st.integers(-DAY, 400 * DAY)


@given(POINTS, st.integers(1, 100), st.integers(1, 90 * DAY), AGES)
def test_linear_decay_is_the_fraction_rounded_half_up(points: int, percent: int, per_us: int, age: int) -> None:
    decay = Linear(percent, per_us)
    assert decay.value(points, age) == half_up(1000 * points * left(decay, age))


@given(POINTS, st.integers(1, 90 * DAY), AGES)
def test_half_life_decay_is_the_power_of_two_to_a_tenth_of_a_thousandth(points: int, half_us: int, age: int) -> None:
    ideal = 1000 * points * 2.0 ** -(max(age, 0) / half_us)
    assert abs(HalfLife(half_us).value(points, age) - ideal) <= 0.6


def test_a_half_life_halves_exactly() -> None:
    decay = HalfLife(30 * DAY)
    assert [decay.value(64, half * 30 * DAY) for half in range(4)] == [64_000, 32_000, 16_000, 8_000]


@given(
    st.integers(0, 1000),
    st.one_of(st.builds(Linear, st.integers(1, 100), st.integers(1, 99)), st.builds(HalfLife, st.integers(1, 99))),
)
def test_points_only_ever_fade(points: int, decay: Linear | HalfLife) -> None:
    ages = range(-1, min(decay.lifetime, 3000) + 3)
    positive, negative = [decay.value(points, age) for age in ages], [decay.value(-points, age) for age in ages]
    assert positive == sorted(positive, reverse=True)
    assert negative == sorted(negative)


@given(
    POINTS,
    st.one_of(st.builds(Linear, st.integers(1, 100), st.integers(1, DAY)), st.builds(HalfLife, st.integers(1, DAY))),
)
def test_nothing_is_left_at_the_end_of_its_life(points: int, decay: Linear | HalfLife) -> None:
    assert decay.value(points, decay.lifetime) == 0


def test_without_decay_points_stay() -> None:
    assert NoDecay().value(-7, 10**18) == -7000
    assert Fraction(NoDecay().value(7, -5), 1000) == 7
