from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.predicting.evaluation import Case, Judged, auc, evaluated, learn
from tests.projections.predicting.test_model import CASES, STAGES
from tests.support.laws import examples


@given(st.lists(st.builds(Judged, st.integers(0, 20), st.booleans()), max_size=30))
def test_the_auc_is_the_share_of_pairs_in_which_the_won_one_has_more(judged: list[Judged]) -> None:
    pairs = [(a.probability, b.probability) for a in judged if a.won for b in judged if not b.won]
    expected = sum((Fraction((a > b) * 2 + (a == b), 2) for a, b in pairs), Fraction(0)) / len(pairs) if pairs else None
    assert auc(judged) == expected


@settings(deadline=None, max_examples=examples(80))
@given(CASES)
def test_the_model_of_an_instant_is_tried_on_the_leads_that_came_then(cases: list[Case]) -> None:
    found = evaluated(cases, STAGES)
    if found is None:
        return
    earlier = [case for case in cases if case.decided_at < found.split_at]
    later = [case for case in cases if min(case.captured_at, case.decided_at) >= found.split_at]
    assert (found.learned_from, found.tested_on) == (len(earlier), len(later))
    model = learn(earlier, STAGES)
    given_ = [(Fraction(model.probability(each.team, each.features) or 0, 10_000), each.won) for each in later]
    base = Fraction(sum(each.won for each in earlier), len(earlier))
    assert found.brier == sum(((p - won) ** 2 for p, won in given_), Fraction(0)) / len(given_)
    assert found.brier_of_base_rate == sum(((base - won) ** 2 for _, won in given_), Fraction(0)) / len(given_)
    assert found.mean_probability == sum((p for p, _ in given_), Fraction(0)) / len(given_)
    assert sum(leads for leads, _, _ in found.bands.values()) == len(given_)
    assert sum(leads * share for leads, _, share in found.bands.values()) == found.won_share * len(given_)
    assert sum(leads * mean for leads, mean, _ in found.bands.values()) == found.mean_probability * len(given_)


def test_what_decides_perfectly_has_an_auc_of_one_and_what_says_nothing_of_a_half() -> None:
    cases = [
        Case(f"{n:03d}", f"{n:03d}", str(n), "a", {"source": "good" if n % 3 == 0 else "bad"}, n % 3 == 0)
        for n in range(100)
    ]
    found = evaluated(cases, {})
    assert found is not None
    assert found.auc == 1
    assert found.brier < found.brier_of_base_rate
    blind = evaluated([case._replace(features={}) for case in cases], {})
    assert blind is not None
    assert blind.auc == Fraction(1, 2)
    assert blind.brier == pytest.approx(blind.brier_of_base_rate, abs=1e-4)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_outcomes_to_split_have_no_quality(count: int) -> None:
    assert evaluated([Case("1", "1", "x", "a", {}, True)] * count, {}) is None


def test_leads_of_one_instant_are_not_split() -> None:
    assert evaluated([Case("1", "2", str(n), "a", {}, n % 2 == 0) for n in range(10)], {}) is None


def test_what_is_decided_later_is_not_learned_from_even_of_earlier_leads() -> None:
    slow = [Case(f"{n:02d}", "99", str(n), "a", {}, False) for n in range(60)]
    quick = [Case(f"{n:02d}", f"{n + 1:02d}", str(n), "a", {}, n % 2 == 0) for n in range(40, 90)]
    found = evaluated([*slow, *quick], {})
    assert found is not None
    assert found.split_at == "58"
    assert (found.learned_from, found.tested_on) == (17, 34)
