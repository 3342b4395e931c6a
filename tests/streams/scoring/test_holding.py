from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.scoring import Grades, Group, Hit, Scorer, Standing, Threshold, TouchPattern, TouchRule
from streams.scoring.decay import Linear
from streams.scoring.engagement import Engagement
from streams.scoring.holding import holds_for
from streams.scoring.tally import Tally

DAY = 86_400_000_000
FAR = 10**6
HITS = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 2), st.integers(0, 60)), max_size=12)
CAPS = st.lists(st.integers(5, 90), min_size=3, max_size=3)


def hits_in_order(told: list[tuple[int, int, int]]) -> list[Hit]:
    return sorted(Hit(at, str(number), rule, points) for number, (at, rule, points) in enumerate(told))


def held(floor: int, hits: list[Hit], at: int, engagement: Engagement) -> int | None:
    decay = engagement.decay
    assert isinstance(decay, Linear)
    tally = Tally(decay, engagement)
    assert tally.covers(hits, at)
    return holds_for(floor * decay.factors[3], tally.falling(at))


@settings(deadline=None)
@given(HITS, CAPS, st.integers(1, 100), st.integers(1, 60), st.integers(300, 400), st.integers(1, 150))
def test_as_long_as_it_holds_an_engagement_never_lies_below_the_floor(
    told: list[tuple[int, int, int]], caps: list[int], percent: int, period: int, at: int, least: int
) -> None:
    hits, decay, floor = hits_in_order(told), Linear(percent, period), least * 1000 - 500
    engagement = Engagement(decay, (0, 1, 2), tuple(cap * 1000 for cap in caps))
    if engagement.milli(hits, at) < floor:
        return
    span = held(floor, hits, at, engagement)
    end = min(FAR if span is None else span, 301 + decay.lifetime)
    for after in range(1, end + 1):
        assert engagement.milli(hits, at + after) >= floor


def test_it_is_close_as_long_as_no_touch_ends_before() -> None:
    decay = Linear(50, 30 * DAY)
    engagement = Engagement(decay, (0, 1), (30_000, 60_000))
    hits = hits_in_order([(number * DAY, number % 2, 12) for number in range(8)])
    at, floor = 8 * DAY, 49_500
    span = held(floor, hits, at, engagement)
    assert span is not None
    minute = DAY // 1440
    assert engagement.milli(hits, at + span) >= floor
    assert engagement.milli(hits, at + span + 15 * minute) < floor


def scorer() -> Scorer:
    return Scorer(
        touch_rules=[TouchRule(points, TouchPattern(), group, "any") for points, group in ((25, 1), (7, 2), (11, 0))],
        groups=[Group(""), Group("a", 40), Group("b", 60)],
        decay=Linear(50, 30 * DAY),
        grades=Grades(("A", "B", "C"), (70, 40, 0)),
    )


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 90 * DAY), st.integers(0, 2)), max_size=20),
    st.integers(0, 90 * DAY),
    st.integers(0, 100),
)
def test_whoever_looks_again_at_every_bound_comes_to_the_exact_crossing(
    told: list[tuple[int, int]], at: int, least: int
) -> None:
    points, rated = (25, 7, 11), scorer()
    hits, thresholds = hits_in_order([(t, rule, points[rule]) for t, rule in told]), (Threshold("engagement", least),)
    standing = Standing(rated, thresholds, rated.fit({}), hits)
    exact = rated.next_crossing(standing.fit, hits, at, thresholds)
    now, looked = standing.score(at), [at]
    told, grade = now[:3], now.grade
    while True:
        bound = standing.crossing(looked[-1], told, grade)
        if bound is None or standing.crosses(bound, told, grade):
            break
        looked.append(bound)
    assert bound == exact
    assert all(later > earlier for earlier, later in pairwise(looked))
    assert len(looked) < 50
