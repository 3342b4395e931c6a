from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.instants import DAY
from projections.pipeline.attribution import MODELS, Model, Touch, credited, dealt, shares

TOUCHES = st.lists(
    st.tuples(st.integers(0, 100), st.sampled_from("abc")), max_size=8
).map(lambda found: [Touch(at * DAY // 3, f"t{i}", credit) for i, (at, credit) in enumerate(found)])  # fmt: skip
FIVE = [Touch(day * DAY, name, name) for day, name in enumerate("abcde")]


def given_to(
    model: Model, touches: list[Touch] = FIVE, anchor: int = 4, turning_point: int | None = None
) -> list[Fraction]:
    return list(shares(touches, anchor * DAY, model, turning_point=turning_point).values())


@given(TOUCHES, st.integers(0, 40), st.sampled_from(MODELS), st.none() | st.integers(0, 40))
def test_shares_sum_to_one_exactly_or_nobody_has_any(
    touches: list[Touch], anchor: int, model: Model, turn: int | None
) -> None:
    found = shares(touches, anchor * DAY, model, turning_point=None if turn is None else turn * DAY)
    assert sum(found.values()) == (1 if any(each.at <= anchor * DAY for each in touches) else 0)
    assert all(share >= 0 for share in found.values())
    assert sum(credited(touches, found).values()) == sum(found.values())


@given(TOUCHES, TOUCHES, st.integers(0, 40), st.sampled_from(MODELS))
def test_touches_after_the_anchor_change_nothing(
    touches: list[Touch], later: list[Touch], anchor: int, model: Model
) -> None:
    more = [Touch(anchor * DAY + 1 + each.at, f"later-{each.touch}", each.credit) for each in later]
    assert shares([*touches, *more], anchor * DAY, model) == shares(touches, anchor * DAY, model)


@given(TOUCHES, st.integers(0, 40), st.sampled_from(MODELS), st.randoms())
def test_the_order_in_which_touches_are_told_changes_nothing(
    touches: list[Touch], anchor: int, model: Model, chance: Random
) -> None:
    mixed = list(touches)
    chance.shuffle(mixed)
    assert shares(mixed, anchor * DAY, model) == shares(touches, anchor * DAY, model)


@pytest.mark.parametrize(
    ("model", "tenths"),
    [
        ("first", [10, 0, 0, 0, 0]),
        ("last", [0, 0, 0, 0, 10]),
        ("linear", [2, 2, 2, 2, 2]),
        ("u_shaped", [4, Fraction(2, 3), Fraction(2, 3), Fraction(2, 3), 4]),
        ("w_shaped", [3, Fraction(1, 2), 3, Fraction(1, 2), 3]),
    ],
)
def test_each_model_deals_out_as_it_says(model: Model, tenths: list[Fraction]) -> None:
    assert given_to(model, turning_point=2 * DAY) == [Fraction(each) / 10 for each in tenths]


def test_decay_halves_with_each_half_life_and_is_straight_between() -> None:
    old = [Touch(0, "a", ""), Touch(7 * DAY, "b", ""), Touch(10 * DAY + DAY // 2, "c", ""), Touch(14 * DAY, "d", "")]
    weights = [Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1)]
    assert given_to("time_decay", old, 14) == [each / sum(weights) for each in weights]


def test_peaks_that_fall_together_get_their_parts_together() -> None:
    assert given_to("w_shaped", FIVE[:1], turning_point=0) == [1]
    assert given_to("u_shaped", FIVE[:2]) == [Fraction(1, 2)] * 2
    assert given_to("w_shaped", FIVE[:2], turning_point=DAY) == [Fraction(1, 3), Fraction(2, 3)]
    assert given_to("w_shaped") == [Fraction(3, 10), *[Fraction(4, 30)] * 3, Fraction(3, 10)]


@given(TOUCHES, st.integers(0, 40), st.sampled_from(MODELS), st.integers(0, 2**53))
def test_what_is_dealt_out_sums_to_the_amount(touches: list[Touch], anchor: int, model: Model, amount: int) -> None:
    given_shares = shares(touches, anchor * DAY, model)
    parts = dealt(amount, given_shares)
    assert sum(parts.values()) == (amount if parts else 0)
    assert all(abs(parts[name] - amount * share) < 1 for name, share in given_shares.items())
