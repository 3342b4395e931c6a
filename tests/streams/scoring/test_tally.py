from hypothesis import given, settings
from hypothesis import strategies as st

from streams.scoring import Hit, Tally
from streams.scoring.decay import Linear
from streams.scoring.engagement import Engagement
from tests.streams.scoring.scoring_twin import (
    HISTORIES,
    Happened,
    Rules,
    hits_of,
    rules,
    scorer_of,
    touch,
)

LINEAR = st.builds(Linear, st.integers(1, 100), st.integers(1, 200))
LOOKS = st.lists(st.integers(-10, 900), min_size=1, max_size=6)


@settings(deadline=None)
@given(rules(decays=LINEAR), HISTORIES, LOOKS)
def test_the_score_by_running_sums_is_the_score_by_every_touch(
    written: Rules, happened: list[Happened], looks: list[int]
) -> None:
    scorer, tally = scorer_of(written), Tally()
    fit, hits = scorer.fit({}), hits_of(scorer, happened)
    for at in looks:
        assert scorer.score(fit, hits, at, tally) == scorer.score(fit, hits, at)


@settings(deadline=None)
@given(rules(decays=LINEAR), HISTORIES, LOOKS)
def test_the_sums_keep_in_step_with_every_touch_that_comes_late_or_in_time(
    written: Rules, happened: list[Happened], looks: list[int]
) -> None:
    scorer, tally = scorer_of(written), Tally()
    fit = scorer.fit({})
    hits: list[Hit] = []
    for number, each in enumerate(happened):
        scorer.add(hits, touch(each.channel), each.at, each.id, tally)
        at = looks[number % len(looks)]
        assert scorer.score(fit, hits, at, tally) == scorer.score(fit, hits, at)


def test_where_rounding_leaves_it_open_the_sums_say_so() -> None:
    decay, caps = Linear(50, 1_000_000), (100_000,)
    engagement = Engagement(decay, (0,), caps)
    hits, tally = [Hit(0, str(number), 0, 7) for number in range(9)], Tally()
    found = set()
    for at in range(1, 400_000, 7):
        assert tally.cover(hits, at, decay, (0,), 1)
        shown = tally.whole_points(at, decay, caps)
        found.add(shown is None)
        assert shown is None or shown == (engagement.milli(hits, at) + 500) // 1000
    assert found == {True, False}


def test_a_touch_that_has_not_begun_to_fade_is_left_to_the_slow_way() -> None:
    decay = Linear(50, 100)
    assert not Tally().cover([Hit(50, "t", 0, 7)], 49, decay, (0,), 1)
    assert Tally().cover([Hit(50, "t", 0, 7)], 50, decay, (0,), 1)


def test_who_looks_back_to_before_a_touch_ran_out_sees_it_again() -> None:
    decay, hits, tally = Linear(100, 100), [Hit(0, "old", 0, 7), Hit(90, "new", 0, 5)], Tally()
    shown = []
    for at in (150, 95, 150):
        assert tally.cover(hits, at, decay, (0,), 1)
        shown.append(tally.whole_points(at, decay, (100_000,)))
    assert shown == [2, 5, 2]
