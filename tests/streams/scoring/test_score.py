from hypothesis import given
from hypothesis import strategies as st

from streams.scoring import FitRule, Grades, Group, Hit, Repeat, Score, Scorer, Standing, TouchPattern, TouchRule
from streams.scoring.decay import Linear
from tests.streams.scoring.scoring_twin import (
    FIT_RULES,
    HISTORIES,
    Happened,
    Rules,
    engagement,
    grade,
    hits_of,
    rules,
    scorer_of,
    touch,
)

DAY = 86_400_000_000


@given(rules(), FIT_RULES, HISTORIES, st.integers(-10, 400))
def test_a_score_is_what_the_slow_rules_say(
    written: Rules, fit_rules: list[FitRule], happened: list[Happened], at: int
) -> None:
    scorer = scorer_of(written, fit_rules)
    fit = scorer.fit({})
    points = engagement(written, happened, at)
    fit_points = min(max(sum(rule.points for rule in fit_rules), 0), 100)
    assert scorer.score(fit, hits_of(scorer, happened), at) == Score(
        min(fit_points + points, written.cap), fit_points, points, grade(written.grades, fit_points, points)
    )


@given(rules(), HISTORIES.flatmap(lambda history: st.tuples(st.just(history), st.permutations(history))))
def test_the_order_of_arrival_never_matters(written: Rules, histories: tuple[list[Happened], list[Happened]]) -> None:
    scorer = scorer_of(written)
    found: list[list[Hit]] = []
    for history in histories:
        standing = Standing(scorer, (), scorer.fit({}), [])
        for each in history:
            standing.touched(touch(each.channel), each.at, each.id, in_order=False, now=each.at)
        found.append(standing.hits)
    assert found[0] == found[1] == hits_of(scorer, histories[0])


@given(rules(), HISTORIES, st.integers(0, 150))
def test_adding_a_touch_tells_its_first_hit_as_it_stands(written: Rules, happened: list[Happened], at: int) -> None:
    scorer = scorer_of(written)
    standing = Standing(scorer, (), scorer.fit({}), hits_of(scorer, happened))
    own = standing.touched(touch("site"), at, "new", in_order=False, now=at)
    assert own == next((hit for hit in standing.hits if hit.touch == "new"), None)


def test_ten_points_that_lose_half_in_thirty_days_are_five_then_none() -> None:
    scorer = Scorer(touch_rules=[TouchRule(10, TouchPattern(), 0, "any")], decay=Linear(50, 30 * DAY))
    hits = hits_of(scorer, [Happened(0, "t", "site")])
    shown = [scorer.score(scorer.fit({}), hits, day * DAY).engagement for day in (-1, 0, 30, 59, 60, 61)]
    assert shown == [10, 10, 5, 0, 0, 0]


def test_a_touch_counts_once_the_window_has_passed_since_the_first_that_counted() -> None:
    rule = TouchRule(10, TouchPattern(), 0, "any", Repeat(1, 7 * DAY))
    scorer = Scorer(touch_rules=[rule])
    hits = hits_of(scorer, [Happened(day * DAY, str(day), "site") for day in (0, 6, 7, 8)])
    assert [hit.points for hit in hits] == [10, 0, 10, 0]


def test_only_inbound_touches_score() -> None:
    scorer = Scorer(touch_rules=[TouchRule(10, TouchPattern(), 0, "any")])
    assert scorer.hits_for(touch("site", direction="outbound"), 0, "t") == ()
    standing = Standing(scorer, (), scorer.fit({}), [])
    assert standing.touched(touch("site", direction="outbound"), 0, "t", in_order=True, now=0) is None


def test_a_pattern_asks_for_all_it_names() -> None:
    pattern = TouchPattern(frozenset(["site"]), None, frozenset(["pricing"]), frozenset(["spring"]))
    scorer = Scorer(touch_rules=[TouchRule(10, pattern, 0, "pricing")])
    meant = touch("site", asset="pricing", campaign="spring")
    assert scorer.hits_for(meant, 5, "t") == (Hit(5, "t", 0, 10),)
    for other in (
        touch("mail", asset="pricing", campaign="spring"),
        touch("site", campaign="spring"),
        touch("site", asset="pricing", campaign="autumn"),
    ):
        assert scorer.hits_for(other, 5, "t") == ()


def test_a_thousand_different_touches_are_told_apart_after_the_memory_is_full() -> None:
    scorer = Scorer(touch_rules=[TouchRule(10, TouchPattern(frozenset(["c5000"])), 0, "one")])
    found = [scorer.hits_for(touch(f"c{number}"), 0, "t") for number in (5000, *range(5000), 5000)]
    assert [bool(hits) for hits in found] == [True, *[False] * 5000, True]


def test_groups_are_capped_before_the_total_and_the_total_before_the_fit_is_added() -> None:
    scorer = Scorer(
        fit_rules=[FitRule(30, lambda _: True, "fits")],
        touch_rules=[
            TouchRule(50, TouchPattern(frozenset(["site"])), 1, "site"),
            TouchRule(80, TouchPattern(frozenset(["call"])), 0, "call"),
            TouchRule(-20, TouchPattern(frozenset(["gone"])), 0, "gone"),
        ],
        groups=[Group(""), Group("content", 40)],
        cap=110,
        grades=Grades(("A", "B"), (50, 0)),
    )
    fit = scorer.fit({})
    both = [Happened(0, "a", "site"), Happened(0, "b", "call")]
    assert scorer.score(fit, hits_of(scorer, both), 1) == Score(110, 30, 110, "B1")
    assert scorer.score(fit, hits_of(scorer, [*both, Happened(0, "c", "gone")]), 1) == Score(110, 30, 100, "B1")
    assert scorer.score(fit, hits_of(scorer, [Happened(0, "c", "gone")]), 1) == Score(30, 30, 0, "B2")


def test_without_grades_the_grade_is_a_dash() -> None:
    scorer = Scorer()
    assert scorer.score(scorer.fit({}), [], 0).grade == "-"


def test_buying_signals_are_told_once_in_the_order_they_came() -> None:
    scorer = Scorer(
        touch_rules=[
            TouchRule(5, TouchPattern(frozenset(["site"])), 0, "site", signal="Looked at prices"),
            TouchRule(5, TouchPattern(frozenset(["webinar"])), 0, "webinar", signal="Attended a webinar"),
            TouchRule(5, TouchPattern(frozenset(["call"])), 0, "call"),
        ]
    )
    history = [Happened(at, str(at), channel) for at, channel in enumerate(("call", "webinar", "site", "webinar"))]
    assert scorer.signals(hits_of(scorer, history)) == ("Attended a webinar", "Looked at prices")
