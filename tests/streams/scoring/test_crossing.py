from hypothesis import given, settings
from hypothesis import strategies as st

from streams.scoring import Fit, FitRule, Grades, Group, Hit, Scorer, Threshold, TouchPattern, TouchRule
from streams.scoring.decay import Decay, HalfLife, Linear, NoDecay
from tests.streams.scoring.scoring_twin import (
    FIT_RULES,
    HALF_LIVES,
    HISTORIES,
    Happened,
    Rules,
    hits_of,
    rules,
    scorer_of,
)
from tests.support.laws import examples

DAY = 86_400_000_000
QUICK = st.builds(Linear, st.integers(20, 100), st.integers(1, 40))
THRESHOLDS = st.lists(
    st.builds(Threshold, st.sampled_from(["engagement", "fit", "total"]), st.integers(0, 110)), max_size=3
)


def state(scorer: Scorer, fit: Fit, hits: list[Hit], at: int, thresholds: list[Threshold]) -> tuple[str, list[bool]]:
    score = scorer.score(fit, hits, at)
    shown = {"engagement": score.engagement, "fit": score.fit, "total": score.score}
    return score.grade, [shown[each.of] >= each.at_least for each in thresholds]


def first_change(
    scorer: Scorer, fit: Fit, hits: list[Hit], at: int, thresholds: list[Threshold], until: int
) -> int | None:
    """By looking at every microsecond."""
    now = state(scorer, fit, hits, at, thresholds)
    return next((t for t in range(at + 1, until) if state(scorer, fit, hits, t, thresholds) != now), None)


def last_of(hits: list[Hit], decay: Decay) -> int:
    return max((hit.occurred_at for hit in hits), default=0) + (decay.lifetime or 0) + 2


@settings(max_examples=examples(150), deadline=None)
@given(rules(decays=QUICK), FIT_RULES, HISTORIES, st.integers(0, 200), THRESHOLDS)
def test_the_next_crossing_is_the_first_microsecond_that_differs(
    written: Rules, fit_rules: list[FitRule], happened: list[Happened], at: int, thresholds: list[Threshold]
) -> None:
    scorer = scorer_of(written, fit_rules)
    fit, hits = scorer.fit({}), hits_of(scorer, happened)
    found = scorer.next_crossing(fit, hits, at, thresholds)
    assert found == first_change(scorer, fit, hits, at, thresholds, last_of(hits, written.decay))


@settings(max_examples=examples(100), deadline=None)
@given(rules(least_points=0), HISTORIES, THRESHOLDS)
def test_a_falling_engagement_is_followed_to_the_microsecond(
    written: Rules, happened: list[Happened], thresholds: list[Threshold]
) -> None:
    scorer = scorer_of(written._replace(decay=Linear(50, 60)))
    fit, hits = scorer.fit({}), hits_of(scorer, happened)
    found = scorer.next_crossing(fit, hits, 151, thresholds)
    assert found == first_change(scorer, fit, hits, 151, thresholds, 280)


@settings(max_examples=examples(60), deadline=None)
@given(rules(decays=HALF_LIVES), HISTORIES, st.integers(0, 200), THRESHOLDS)
def test_half_lives_are_followed_to_the_microsecond(
    written: Rules, happened: list[Happened], at: int, thresholds: list[Threshold]
) -> None:
    scorer = scorer_of(written)
    fit, hits = scorer.fit({}), hits_of(scorer, happened)
    found = scorer.next_crossing(fit, hits, at, thresholds)
    assert found == first_change(scorer, fit, hits, at, thresholds, last_of(hits, written.decay))


@settings(max_examples=examples(100), deadline=None)
@given(
    st.sampled_from([Linear(50, 30 * DAY), Linear(7, DAY), HalfLife(10 * DAY)]),
    st.lists(st.tuples(st.integers(0, 90 * DAY), st.sampled_from(["call", "site", "webinar"])), max_size=25),
    st.integers(0, 90 * DAY),
    st.integers(0, 40),
)
def test_over_months_nothing_differs_before_and_something_does_after(
    decay: Linear | HalfLife, happened: list[tuple[int, str]], at: int, minus: int
) -> None:
    written = Rules(
        [(25, "call", 1, None), (7, "site", 2, None), (-minus, "webinar", 0, None)],
        [None, 40, 60],
        decay,
        100,
        Grades(("A", "B", "C"), (70, 40, 0)),
    )
    scorer = scorer_of(written)
    hits = hits_of(scorer, [Happened(t, str(number), channel) for number, (t, channel) in enumerate(happened)])
    fit, wanted = scorer.fit({}), [Threshold("engagement", 50)]
    now = state(scorer, fit, hits, at, wanted)
    found = scorer.next_crossing(fit, hits, at, wanted)
    end = last_of(hits, decay)
    if found is None:
        steps = [at + (end - at) * step // 300 for step in range(301)] if end > at else []
        assert all(state(scorer, fit, hits, t, wanted) == now for t in steps)
    else:
        assert found > at
        assert state(scorer, fit, hits, found, wanted) != now
        steps = [at + (found - 1 - at) * step // 300 for step in range(301)]
        assert all(state(scorer, fit, hits, t, wanted) == now for t in steps)


def test_a_wide_jump_of_many_equal_touches_is_found() -> None:
    scorer = Scorer(
        touch_rules=[TouchRule(1000, TouchPattern(), 0, "any")],
        groups=[Group("")],
        decay=Linear(100, 30 * DAY),
        cap=100_000,
        grades=Grades(("A", "B"), (90, 0)),
    )
    hits = hits_of(scorer, [Happened(0, f"{number:03}", "site") for number in range(90)])
    found = scorer.next_crossing(scorer.fit({}), hits, 0, [])
    assert found is not None
    assert scorer.score(scorer.fit({}), hits, found - 1).engagement == 90
    assert scorer.score(scorer.fit({}), hits, found).engagement == 89


def test_without_decay_nothing_will_change() -> None:
    scorer = Scorer(
        touch_rules=[TouchRule(50, TouchPattern(), 0, "any")], decay=NoDecay(), grades=Grades(("A", "B"), (40, 0))
    )
    assert scorer.next_crossing(scorer.fit({}), hits_of(scorer, [Happened(0, "t", "site")]), 5, []) is None


def test_a_touch_that_is_still_to_come_decays_from_then_on() -> None:
    scorer = Scorer(
        touch_rules=[TouchRule(50, TouchPattern(), 0, "any")], decay=Linear(50, DAY), grades=Grades(("A", "B"), (40, 0))
    )
    hits = hits_of(scorer, [Happened(10 * DAY, "t", "site")])
    below_39_4995_points = 10 * DAY + 2 * DAY * 105_005 // 500_000 + 1
    assert scorer.next_crossing(scorer.fit({}), hits, 0, []) == below_39_4995_points
