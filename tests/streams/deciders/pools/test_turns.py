"""Whose turn it is: smooth weighted round robin, quotas of a day, absences, ties."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.routing import PoolAssigned
from streams.deciders.pools import Pool
from streams.deciders.pools.turns import daily
from tests.streams.deciders.pools.desk import agreement, ask, desk, members
from tests.support.laws import examples
from tests.support.subjects import Ledger

WEIGHTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 12), min_size=1)


def owners(ledger: Ledger[Pool]) -> list[str]:
    return [each.data.owner for each in ledger.told(PoolAssigned) if isinstance(each.data, PoolAssigned)]


def served(weights: dict[str, int], leads: int) -> list[str]:
    ledger = desk(agreement(members(weights)))
    for number in range(leads):
        ask(ledger, f"lead-{number:03}", number)
    return owners(ledger)


def test_five_to_one_to_one_comes_smoothly_as_nginx_has_it() -> None:
    assert "".join(served({"a": 5, "b": 1, "c": 1}, 7)) == "aabacaa"


@settings(max_examples=examples(40), deadline=None)
@given(WEIGHTS, st.integers(1, 3))
def test_after_whole_rounds_everybody_has_exactly_their_share(weights: dict[str, int], rounds: int) -> None:
    found = Counter(served(weights, rounds * sum(weights.values())))
    assert found == {name: rounds * weight for name, weight in weights.items()}


@settings(max_examples=examples(40), deadline=None)
@given(WEIGHTS, st.integers(1, 60))
def test_nobody_is_ever_a_whole_lead_ahead_of_their_share(weights: dict[str, int], leads: int) -> None:
    total, found = sum(weights.values()), Counter[str]()
    for number, owner in enumerate(served(weights, leads), 1):
        found[owner] += 1
        assert found[owner] * total < number * weights[owner] + total


def test_equals_take_turns_in_the_order_of_their_names_whatever_the_file_says() -> None:
    assert "".join(served({"c": 1, "a": 1, "b": 1}, 6)) == "abcabc"


@pytest.mark.parametrize(("cap", "quota"), [(None, None), (14, 0), (15, 1), (30, 1), (44, 1), (45, 2), (600, 20)])
def test_the_quota_of_a_day_is_a_thirtieth_rounded_half_up(cap: int | None, quota: int | None) -> None:
    assert daily(cap) == quota
