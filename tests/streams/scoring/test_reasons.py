from hypothesis import given
from hypothesis import strategies as st

from streams.scoring import FitRule, Group, Reason, Scorer, TouchPattern, TouchRule
from streams.scoring.decay import Linear
from streams.scoring.reasons import Line, shared_out
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

DAY = 86_400_000_000


@given(rules() | rules(decays=HALF_LIVES), FIT_RULES, HISTORIES, st.integers(-10, 400))
def test_the_reasons_sum_to_the_shown_score_exactly(
    written: Rules, fit_rules: list[FitRule], happened: list[Happened], at: int
) -> None:
    scorer = scorer_of(written, fit_rules)
    fit, hits = scorer.fit({}), hits_of(scorer, happened)
    reasons = scorer.reasons(fit, hits, at)
    assert sum(reason.points for reason in reasons) == scorer.score(fit, hits, at).score


@given(rules(), FIT_RULES, HISTORIES, st.integers(-10, 400))
def test_each_reason_is_less_than_a_point_from_what_the_touch_is_worth(
    written: Rules, fit_rules: list[FitRule], happened: list[Happened], at: int
) -> None:
    scorer = scorer_of(written, fit_rules)
    hits = hits_of(scorer, happened)
    worth: dict[tuple[str, int | None], int] = {
        (hit.touch, hit.rule): written.decay.value(hit.points, at - hit.occurred_at) for hit in hits
    }
    told = {
        (each.touch, each.rule_index): each.points for each in scorer.reasons(scorer.fit({}), hits, at) if each.touch
    }
    assert set(told) == {key for key, milli in worth.items() if milli}
    assert all(abs(1000 * points - worth[key]) < 1000 for key, points in told.items())


def test_equal_remainders_are_served_in_order() -> None:
    lines: list[Line] = [(name, None, None, 10_500) for name in "abcd"]
    assert [reason.points for reason in shared_out(lines, 42)] == [11, 11, 10, 10]


def test_remainders_of_negative_lines_count_from_below() -> None:
    lines: list[Line] = [("minus", None, None, -1_300), ("plus", None, None, 2_800)]
    assert [reason.points for reason in shared_out(lines, 2)] == [-1, 3]


def test_caps_and_floors_are_lines_of_their_own_and_come_last() -> None:
    scorer = Scorer(
        fit_rules=[FitRule(-50, lambda _: True, "free mail")],
        touch_rules=[
            TouchRule(60, TouchPattern(frozenset(["site"])), 1, "prices"),
            TouchRule(90, TouchPattern(frozenset(["call"])), 0, "called us"),
        ],
        groups=[Group(""), Group("content", 40)],
        decay=Linear(50, 30 * DAY),
    )
    hits = hits_of(scorer, [Happened(1, "b", "call"), Happened(1, "a", "site")])
    assert scorer.reasons(scorer.fit({}), hits, 1) == (
        Reason("free mail", 0, None, -50),
        Reason("prices", 1, "a", 60),
        Reason("called us", 2, "b", 90),
        Reason("group cap content", None, None, -20),
        Reason("cap engagement", None, None, -30),
        Reason("floor fit", None, None, 50),
    )


def test_a_touch_that_is_worth_nothing_any_more_gives_no_reason() -> None:
    scorer = Scorer(touch_rules=[TouchRule(10, TouchPattern(), 0, "any")], decay=Linear(50, 30 * DAY))
    hits = hits_of(scorer, [Happened(0, "old", "site"), Happened(50 * DAY, "new", "site")])
    assert [reason.touch for reason in scorer.reasons(scorer.fit({}), hits, 60 * DAY)] == ["new"]
