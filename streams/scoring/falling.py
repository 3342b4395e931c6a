"""The instant at which decay takes an engagement that only falls below a level.

For linear decay floating point only tells where to look: two instants between which the rounded sum must pass the
level. There every step of every touch is listed exactly. What the estimate misses, bisection finds, so a bad estimate
costs time and never correctness.
"""

import operator
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from streams.scoring.decay import Linear
from streams.scoring.engagement import Engagement
from streams.scoring.hits import Hit
from streams.scoring.values import MILLI

_STEPS_WORTH_SORTING = 400


def fall_below(floor: int, hits: Sequence[Hit], at: int, decay: Linear, engagement: Engagement) -> int:
    """The earliest instant after `at` at which the engagement is below `floor`.

    Args:
        floor: thousandths of a point, more than 0.
        hits: in order, all with points above 0, none later than `at`, none past its lifetime.
        at: microseconds; the engagement is not below `floor` here.
        decay: of the engagement.
        engagement: how hits become one number.
    """
    soon = fall_soon(floor, hits, at, decay, engagement)
    if soon is not None:
        return soon
    slack = len(hits) ** 0.5 + 1  # 3.5 standard deviations of that many roundings, and what floats lose
    first, last = _estimates((floor + slack, floor - slack), hits, at, decay, engagement)
    high_at, low_at = at + max(int(first) - 1, 0), at + int(last) + 2
    steps = _Steps(hits, high_at, low_at, decay, engagement)
    if steps.start < floor:
        return bisect_fall(floor, hits, at, high_at, engagement)
    if steps.count > _STEPS_WORTH_SORTING:
        return bisect_fall(floor, hits, high_at, hits[-1].occurred_at + decay.lifetime, engagement)
    found = steps.first_below(floor)
    return found or bisect_fall(floor, hits, low_at, hits[-1].occurred_at + decay.lifetime, engagement)


def fall_soon(floor: int, hits: Sequence[Hit], at: int, decay: Linear, engagement: Engagement) -> int | None:
    """The same where it is a few steps away: the next steps of every touch are listed, and the last one needed is told.

    Touches that bring nothing may be among the hits.

    Returns:
        The instant; None where it is farther away, or a group above its cap falls without anything to show for it.
    """
    scaled, lost, half, whole = decay.factors
    group_of, sums = engagement.group_of, [0] * len(engagement.caps)
    falling: list[tuple[int, int, int, int]] = []
    for occurred_at, _, rule, points in hits:
        if points:
            peak, fall = points * scaled + half, points * lost
            value = (peak - fall * (at - occurred_at)) // whole
            sums[group_of[rule]] += value
            falling.append((peak, fall, occurred_at, value))
    needed = engagement.capped(sums) - floor + 1
    if needed * len(hits) > _STEPS_WORTH_SORTING or any(map(operator.gt, sums, engagement.caps)):
        return None
    steps = [
        occurred_at + (peak - step * whole) // fall + 1  # the least age at which the rounded value is below `step`
        for peak, fall, occurred_at, value in falling
        for step in range(value, max(value - needed, 0), -1)
    ]
    if len(steps) < needed:
        return None
    steps.sort()
    return steps[needed - 1]


def bisect_fall(floor: int, hits: Sequence[Hit], high_at: int, low_at: int, engagement: Engagement) -> int:
    """The earliest instant in (high_at, low_at] at which an engagement that only falls is below `floor`.

    It is not below at `high_at`, and it is at `low_at`.
    """
    while low_at - high_at > 1:
        middle = (high_at + low_at) // 2
        if engagement.milli(hits, middle) < floor:
            low_at = middle
        else:
            high_at = middle
    return low_at


def _estimates(
    levels: Sequence[float], hits: Sequence[Hit], at: int, decay: Linear, engagement: Engagement
) -> Iterator[float]:
    """About when the unrounded engagement comes down to each level (descending), in microseconds after `at`.

    Between two touches' ends each group falls along a line, and with its cap along a concave curve.
    """
    life = 100 * decay.per_us / decay.percent
    group_of, caps = engagement.group_of, engagement.caps
    value, slope = [0.0] * len(caps), [0.0] * len(caps)
    for occurred_at, _, rule, points in hits:
        fall = points * MILLI / life
        value[group_of[rule]] += fall * (life - (at - occurred_at))
        slope[group_of[rule]] += fall
    passed = 0.0
    wanted = iter(levels)
    level = next(wanted)
    for occurred_at, _, rule, points in hits:
        span = life - (at - occurred_at) - passed
        while _sum_after(span, value, slope, caps) <= level:
            yield passed + _newton(level, span, value, slope, caps)
            try:
                level = next(wanted)
            except StopIteration:
                return
        passed += span
        value = [points_now - fall * span for points_now, fall in zip(value, slope, strict=True)]
        slope[group_of[rule]] -= points * MILLI / life
    for _ in (level, *wanted):
        yield passed


def _sum_after(span: float, value: Sequence[float], slope: Sequence[float], caps: Sequence[int]) -> float:
    total = 0.0
    for start, fall, cap in zip(value, slope, caps, strict=True):
        points = start - fall * span
        total += min(cap, points)
    return total


def _newton(level: float, right: float, value: Sequence[float], slope: Sequence[float], caps: Sequence[int]) -> float:
    """Where a falling concave curve comes down to a level; from the right every tangent stays beyond that place."""
    for _ in range(len(caps) + 1):
        total, falling = 0.0, 0.0
        for start, fall, cap in zip(value, slope, caps, strict=True):
            points = start - fall * right
            if points < cap:
                total, falling = total + points, falling + fall
            else:
                total += cap
        if total >= level or falling <= 0:
            break
        right -= (level - total) / falling
    return max(right, 0.0)


class _Fall(NamedTuple):
    """How one touch's rounded value comes down: at age a it is (peak - fall * a) // whole, from `before` to `after`."""

    peak: int
    fall: int
    occurred_at: int
    group: int
    before: int
    after: int


class _Steps:
    """Every step by which the touches' rounded values come down in (high_at, low_at].

    Attributes:
        start: the engagement at `high_at`.
        count: number of steps.
    """

    def __init__(self, hits: Sequence[Hit], high_at: int, low_at: int, decay: Linear, engagement: Engagement) -> None:
        self._engagement = engagement
        self._sums = [0] * len(engagement.caps)
        self._falls: list[_Fall] = []
        self.count = 0
        scaled, lost, half, self._whole = decay.factors
        whole, group_of, sums = self._whole, engagement.group_of, self._sums
        for occurred_at, _, rule, points in decay.alive(hits, high_at):
            peak, fall, group = points * scaled + half, points * lost, group_of[rule]
            before = (peak - fall * (high_at - occurred_at)) // whole
            after = max((peak - fall * (low_at - occurred_at)) // whole, 0)
            sums[group] += before
            if before > after:
                self._falls.append(_Fall(peak, fall, occurred_at, group, before, after))
                self.count += before - after
        self.start = engagement.capped(sums)

    def first_below(self, floor: int) -> int | None:
        """The instant of the step that takes the engagement below `floor`, if one does."""
        sums, caps = self._sums, self._engagement.caps
        total = self.start
        for at, group in sorted(self._instants()):
            if sums[group] <= caps[group]:
                total -= 1
                if total < floor:
                    return at
            sums[group] -= 1
        return None

    def _instants(self) -> Iterator[tuple[int, int]]:
        whole = self._whole
        for peak, fall, occurred_at, group, before, after in self._falls:
            for value in range(before, after, -1):  # the least age at which the rounded value is below `value`
                yield occurred_at + (peak - value * whole) // fall + 1, group
