"""How long a falling engagement stays at or above a level for certain.

Cheaper by far than the exact instant, and enough to know when to look again: a lower bound, in integers.
"""

from collections.abc import Sequence

from streams.scoring.decay import Linear
from streams.scoring.engagement import Engagement
from streams.scoring.hits import Hit


def holds_until(floor: int, hits: Sequence[Hit], at: int, decay: Linear, engagement: Engagement) -> int | None:
    """An instant, `at` or later, up to which the engagement is not below `floor`; None when it never will be.

    Each touch loses the same amount in every microsecond until nothing is left, and a group above its cap loses
    nothing that shows. Rounding moves each touch by half a thousandth at most, now and then: that is left out.

    Args:
        floor: thousandths of a point.
        hits: in order, all with points of 0 or more.
        at: microseconds.
        decay: of the engagement.
        engagement: how hits become one number.
    """
    scaled, lost, whole, twice = decay.factors
    group_of, caps = engagement.group_of, engagement.caps
    value, fall = [0] * len(caps), [0] * len(caps)
    for occurred_at, _, rule, points in decay.alive(hits, at):
        if points:
            age, group = max(at - occurred_at, 0), group_of[rule]
            value[group] += (points * (scaled - lost * age) + whole) // twice - 1
            fall[group] += points
    falling = [
        (each * twice, rate * lost, cap * twice) for each, rate, cap in zip(value, fall, caps, strict=True) if rate
    ]
    return _reached(floor * twice, falling, at)


def _reached(floor: int, groups: Sequence[tuple[int, int, int]], at: int) -> int | None:
    """When the sum of (value, fall, cap) comes down to the floor: from cap to cap along straight lines."""
    passed = 0
    while True:
        total = falling = 0
        next_bend: int | None = None
        for value, fall, cap in groups:
            left = value - fall * passed
            if left > cap:
                total += cap
                bend = passed + (left - cap) // fall + 1
                next_bend = bend if next_bend is None else min(next_bend, bend)
            else:
                total += left
                falling += fall
        if total < floor:
            return at + max(passed - 1, 0)
        if falling:
            reached = passed + (total - floor) // falling
            if next_bend is None or reached < next_bend:
                return at + reached
        if next_bend is None:
            return None
        passed = next_bend
