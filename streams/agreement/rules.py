"""The scorer of an agreement, from its written rules."""

from collections.abc import Callable

from streams.agreement.conditions import Condition
from streams.agreement.evaluate import Lists, Profile, compiled
from streams.agreement.grammar import DecayPart, RepeatPart, ScoredTouch, Scoring, TouchRule
from streams.agreement.texts import duration_us, percent
from streams.scoring import FitRule, Grades, Group, Repeat, Scorer, TouchPattern
from streams.scoring import TouchRule as ScoringRule
from streams.scoring.decay import Decay, HalfLife, Linear, NoDecay


def scorer_of(spec: Scoring, lists: Lists) -> Scorer:
    """Compile the scoring of an agreement. Rules without a group share one that has no cap."""
    engagement = spec.engagement
    numbers = {name: number for number, name in enumerate(engagement.groups, 1)}
    return Scorer(
        fit_rules=[_fit_rule(rule.points, rule.when, lists) for rule in spec.fit],
        touch_rules=[_touch_rule(rule, numbers) for rule in engagement.rules],
        groups=[Group(""), *(Group(name, part.cap) for name, part in engagement.groups.items())],
        decay=_decay(engagement.decay),
        cap=spec.cap,
        grades=None if spec.grades is None else Grades(tuple(spec.grades), tuple(spec.grades.values())),
    )


def _fit_rule(points: int, when: Condition, lists: Lists) -> FitRule:
    condition = compiled(when, lists=lists)
    return FitRule(points, _of_profile(condition.holds), condition.words)


def _of_profile(holds: Callable[[Profile, None], bool]) -> Callable[[Profile], bool]:
    return lambda profile: holds(profile, None)


def _touch_rule(rule: TouchRule, numbers: dict[str, int]) -> ScoringRule:
    pattern = _pattern(rule.touch)
    return ScoringRule(
        points=rule.points,
        pattern=pattern,
        group=0 if rule.group is None else numbers[rule.group],
        words=rule.buying_signal or pattern.words(),
        repeat=None if rule.repeat is None else _repeat(rule.repeat),
        signal=rule.buying_signal,
    )


def _pattern(touch: ScoredTouch) -> TouchPattern:
    values = (touch.channel, touch.kind, touch.asset, touch.campaign)
    return TouchPattern(*(None if each is None else frozenset(each) for each in values))


def _repeat(part: RepeatPart) -> Repeat:
    if part.max is None or part.per is None:
        return Repeat(1)
    return Repeat(part.max, duration_us(part.per))


def _decay(part: DecayPart | None) -> Decay:
    if part is None:
        return NoDecay()
    if part.linear is not None and part.per is not None:
        return Linear(percent(part.linear), duration_us(part.per))
    assert part.half_life is not None, "checked: one of the two is written"
    return HalfLife(duration_us(part.half_life))
