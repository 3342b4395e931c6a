from hypothesis import given, settings
from hypothesis import strategies as st

from streams.scoring import Grades, Hit, Standing, Threshold
from streams.scoring.decay import Decay, Linear
from streams.scoring.engagement import Engagement
from streams.scoring.tally import Tally
from tests.streams.scoring.scoring_twin import (
    HALF_LIVES,
    HISTORIES,
    Happened,
    Rules,
    hits_of,
    rules,
    scorer_of,
    touch,
)
from tests.support.laws import examples

LINEAR = st.builds(Linear, st.integers(1, 100), st.integers(1, 200))
LOOKS = st.lists(st.integers(-10, 900), min_size=1, max_size=6)
DECAYS: "st.SearchStrategy[Decay]" = st.one_of(LINEAR, HALF_LIVES)
TOLD = (0, 0, 0)


def standing_of(written: Rules, happened: list[Happened], thresholds: tuple[Threshold, ...] = ()) -> Standing:
    scorer = scorer_of(written)
    return Standing(scorer, thresholds, scorer.fit({}), hits_of(scorer, happened))


@settings(deadline=None)
@given(rules(decays=DECAYS), HISTORIES, LOOKS)
def test_the_score_by_running_sums_is_the_score_by_every_touch(
    written: Rules, happened: list[Happened], looks: list[int]
) -> None:
    standing = standing_of(written, happened)
    for at in looks:
        assert standing.score(at) == standing.scorer.score(standing.fit, standing.hits, at)


@settings(deadline=None, max_examples=examples(200))
@given(rules(decays=DECAYS), HISTORIES, LOOKS)
def test_a_standing_keeps_in_step_with_every_touch_that_comes_late_or_in_time(
    written: Rules, happened: list[Happened], looks: list[int]
) -> None:
    standing = standing_of(written, [])
    for number, each in enumerate(happened):
        at = looks[number % len(looks)]
        own = standing.touched(touch(each.channel), each.at, each.id, in_order=False, now=at)
        assert standing.hits == hits_of(standing.scorer, happened[: number + 1])
        assert own == standing.own(each.at, each.id)
        assert standing.score(at) == standing.scorer.score(standing.fit, standing.hits, at)


@settings(deadline=None, max_examples=examples(150))
@given(rules(least_points=-9, decays=LINEAR), HISTORIES, st.integers(0, 110), st.integers(0, 60))
def test_no_touch_lets_a_standing_miss_a_crossing(
    written: Rules, happened: list[Happened], least: int, step: int
) -> None:
    """Touch by touch, in order or late: the bound that is kept is never later than the one found from nothing."""
    thresholds = (Threshold("engagement", least),)
    standing, now, latest = standing_of(written, [], thresholds), 0, 0
    for number, each in enumerate(happened, 1):
        now = max(now + step, each.at)
        standing.touched(touch(each.channel), each.at, each.id, in_order=each.at >= latest, now=now)
        latest = max(latest, each.at)
        told = standing.score(now)
        kept = standing.crossing(now, told[:3], told.grade)
        anew = standing_of(written, happened[:number], thresholds).crossing(now, told[:3], told.grade)
        exact = standing.scorer.next_crossing(standing.fit, standing.hits, now, thresholds)
        for bound in (kept, anew):
            assert exact is None or (bound is not None and bound <= exact)


def test_a_crossing_is_told_once_and_at_its_own_instant() -> None:
    written = Rules([(40, "call", 0, None)], [None, None, None], Linear(50, 1000), 100, Grades(("A", "B"), (30, 0)))
    standing = standing_of(written, [Happened(0, "t", "call")])
    exact = standing.scorer.next_crossing(standing.fit, standing.hits, 0)
    assert exact is not None
    assert standing.crossing(0, (40, 0, 40), "B1") == exact
    assert not standing.crosses(exact - 1, (40, 0, 40), "B1")
    assert standing.crosses(exact, (40, 0, 40), "B1")
    after = standing.score(exact)
    assert after.grade == "B2"
    assert standing.crossing(exact, after[:3], after.grade) is None


def test_where_rounding_leaves_it_open_the_sums_say_so() -> None:
    decay, caps = Linear(50, 1_000_000), (100_000,)
    engagement = Engagement(decay, (0,), caps)
    hits, tally = [Hit(0, str(number), 0, 7) for number in range(9)], Tally(decay, engagement)
    found = set()
    for at in range(1, 400_000, 7):
        assert tally.covers(hits, at)
        shown = tally.whole_points(at)
        found.add(shown is None)
        assert shown is None or shown == (engagement.milli(hits, at) + 500) // 1000
    assert found == {True, False}


def test_a_touch_that_has_not_begun_to_fade_is_left_to_the_slow_way() -> None:
    decay = Linear(50, 100)
    tally = Tally(decay, Engagement(decay, (0,), (100_000,)))
    assert not tally.covers([Hit(50, "t", 0, 7)], 49)
    assert tally.covers([Hit(50, "t", 0, 7)], 50)


def test_who_looks_back_to_before_a_touch_ran_out_sees_it_again() -> None:
    decay, hits = Linear(100, 100), [Hit(0, "old", 0, 7), Hit(90, "new", 0, 5)]
    tally, shown = Tally(decay, Engagement(decay, (0,), (100_000,))), []
    for at in (150, 95, 150):
        assert tally.covers(hits, at)
        shown.append(tally.whole_points(at))
    assert shown == [2, 5, 2]
