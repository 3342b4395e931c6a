"""When decay alone will carry the engagement across a level, exact to the microsecond.

The engagement is a step function of time: each touch's value is rounded by itself. Without negative points it only
falls, so the instant is found by bisection, or faster for linear decay. With negative points it may
rise and fall; then intervals are halved until the bounds of each say that nothing crosses inside.
"""

from collections.abc import Sequence

from streams.scoring.decay import Linear
from streams.scoring.engagement import Engagement
from streams.scoring.falling import bisect_fall, fall_below
from streams.scoring.hits import Hit
from streams.scoring.values import MILLI


def next_exit(hits: Sequence[Hit], at: int, levels: Sequence[int], engagement: Engagement) -> int | None:
    """The earliest instant after `at` at which the shown engagement lies between other levels than at `at`.

    Args:
        hits: in order.
        at: microseconds.
        levels: whole points, ascending, none below 1; a shown number reaches a level when it is at least that.
        engagement: how hits become one number.

    Returns:
        The instant; None when that never happens.
    """
    lifetime = engagement.decay.lifetime
    live = [hit for hit in hits if hit[3] and (lifetime is None or hit[0] + lifetime > at)]
    if lifetime is None or not live:
        return None
    now = engagement.milli(live, at)
    floor = ceiling = None
    for level in levels:  # shown is rounded half up, so a level is reached half a point below it
        if level * MILLI - MILLI // 2 > now:
            ceiling = level * MILLI - MILLI // 2
            break
        floor = level * MILLI - MILLI // 2
    end = live[-1].occurred_at + lifetime
    if min(hit[3] for hit in live) < 0:
        return _Search(live, engagement, floor, ceiling).first_exit(at, end)
    if floor is None:
        return None
    if isinstance(engagement.decay, Linear) and live[-1].occurred_at <= at:
        return fall_below(floor, live, at, engagement.decay, engagement)
    return bisect_fall(floor, live, at, end, engagement)


class _Search:
    """Finds the first exit from [floor, ceiling) where touches with negative points make the way up and down."""

    def __init__(self, hits: Sequence[Hit], engagement: Engagement, floor: int | None, ceiling: int | None) -> None:
        self._up = [hit for hit in hits if hit.points > 0]
        self._down = [hit for hit in hits if hit.points < 0]
        self._engagement = engagement
        self._floor = floor
        self._ceiling = ceiling

    def first_exit(self, start: int, end: int) -> int | None:
        """The earliest exit in (start, end]; at `start` it is inside."""
        pending = [(start, self._sums(start), end, self._sums(end))]
        while pending:
            low, at_low, high, at_high = pending.pop()
            # Sums of positive points only fall and those of negative ones only rise: crosswise they bound the inside.
            if self._inside(at_high[0], at_low[1]) and self._inside(at_low[0], at_high[1]):
                continue
            if high - low == 1:
                if not self._inside(*at_high):
                    return high
                continue
            middle = (low + high) // 2
            at_middle = self._sums(middle)
            pending += [(middle, at_middle, high, at_high), (low, at_low, middle, at_middle)]
        return None

    def _sums(self, at: int) -> tuple[list[int], list[int]]:
        engagement = self._engagement
        groups = len(engagement.caps)
        sums = engagement.decay.sums
        return sums(self._up, at, engagement.group_of, groups), sums(self._down, at, engagement.group_of, groups)

    def _inside(self, up: list[int], down: list[int]) -> bool:
        milli = self._engagement.capped([above + below for above, below in zip(up, down, strict=True)])
        return (self._floor is None or milli >= self._floor) and (self._ceiling is None or milli < self._ceiling)
