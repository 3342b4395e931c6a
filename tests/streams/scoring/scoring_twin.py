"""The scoring rules said once more, slowly, in fractions: what the fast code is compared with."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import floor
from typing import NamedTuple

from hypothesis import strategies as st

from streams.scoring import FitRule, Grades, Group, Hit, Repeat, Scorer, TouchLike, TouchPattern, TouchRule
from streams.scoring.decay import Decay, HalfLife, Linear, NoDecay

CHANNELS = ("call", "site", "webinar")


class Happened(NamedTuple):
    at: int
    id: str
    channel: str


class Rules(NamedTuple):
    touch_rules: list[tuple[int, str, int, Repeat | None]]  # points, channel, group number, repeat
    caps: list[int | None]  # of the groups
    decay: Decay
    cap: int
    grades: Grades | None


class Touch(NamedTuple):
    channel: str
    kind: str
    direction: str
    asset: str | None
    campaign: str | None


def touch(
    channel: str,
    *,
    direction: str = "inbound",
    kind: str = "came",
    asset: str | None = None,
    campaign: str | None = None,
) -> TouchLike:
    return Touch(channel=channel, kind=kind, direction=direction, asset=asset, campaign=campaign)


def scorer_of(rules: Rules, fit_rules: Sequence[FitRule] = ()) -> Scorer:
    return Scorer(
        fit_rules=fit_rules,
        touch_rules=[
            TouchRule(points, TouchPattern(frozenset([channel])), group, f"{channel} rule", repeat)
            for points, channel, group, repeat in rules.touch_rules
        ],
        groups=[Group(f"g{number}", cap) for number, cap in enumerate(rules.caps)],
        decay=rules.decay,
        cap=rules.cap,
        grades=rules.grades,
    )


def hits_of(scorer: Scorer, happened: Iterable[Happened]) -> list[Hit]:
    return scorer.hits_of((touch(each.channel), each.at, each.id) for each in happened)


def half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


def left(decay: Decay, age: int) -> Fraction:
    """Share of the points that is left; linear and no decay only."""
    if isinstance(decay, NoDecay) or age <= 0:
        return Fraction(1)
    assert isinstance(decay, Linear)
    return max(Fraction(0), 1 - Fraction(decay.percent * age, 100 * decay.per_us))


def counting(rules: Rules, happened: Iterable[Happened]) -> Iterator[tuple[int, int, Happened]]:
    """(points, group, touch) of every touch that counts, by the order in which things happened."""
    for points, channel, group, repeat in rules.touch_rules:
        before: list[int] = []
        for each in sorted(happened):
            if each.channel != channel:
                continue
            if repeat is not None:
                near = [at for at in before if repeat.window_us is None or each.at - at < repeat.window_us]
                if len(near) >= repeat.most:
                    continue
            before.append(each.at)
            yield points, group, each


def engagement(rules: Rules, happened: Iterable[Happened], at: int) -> int:
    """Shown whole points."""
    sums = [0] * len(rules.caps)
    for points, group, each in counting(rules, happened):
        sums[group] += half_up(1000 * points * left(rules.decay, at - each.at))
    total = sum(
        points if cap is None else min(points, 1000 * cap) for points, cap in zip(sums, rules.caps, strict=True)
    )
    return half_up(Fraction(min(max(total, 0), 1000 * rules.cap), 1000))


def grade(grades: Grades | None, fit: int, points: int) -> str:
    if grades is None:
        return "-"
    place = {value: next(n for n, least in enumerate(grades.at_least) if value >= least) for value in (fit, points)}
    return f"{grades.letters[place[fit]]}{place[points] + 1}"


LINEAR = st.builds(Linear, st.integers(1, 100), st.integers(1, 40))
REPEATS = st.none() | st.builds(Repeat, st.integers(1, 3), st.none() | st.integers(1, 60))
GRADES = st.none() | st.builds(
    lambda high, low: Grades(("A", "B", "C"), (low + high, low, 0)), st.integers(1, 50), st.integers(1, 50)
)


def rules(least_points: int = -40, decays: "st.SearchStrategy[Decay] | None" = None) -> "st.SearchStrategy[Rules]":
    return st.builds(
        Rules,
        touch_rules=st.lists(
            st.tuples(st.integers(least_points, 60), st.sampled_from(CHANNELS), st.integers(0, 2), REPEATS),
            min_size=1,
            max_size=5,
        ),
        caps=st.tuples(st.none(), st.integers(0, 60), st.integers(0, 60)).map(list),
        decay=LINEAR if decays is None else decays,
        cap=st.integers(1, 120),
        grades=GRADES,
    )


HISTORIES = st.lists(
    st.builds(Happened, st.integers(0, 150), st.integers(0, 99).map(str), st.sampled_from(CHANNELS)),
    max_size=12,
    unique_by=lambda each: each.id,
)
HALF_LIVES = st.builds(HalfLife, st.integers(1, 30))
FIT_RULES = st.lists(st.integers(-120, 120), max_size=3).map(
    lambda points: [FitRule(each, lambda _: True, f"rule {n}") for n, each in enumerate(points)]
)
