"""Reasons: every line of a score, in whole points that add up to the shown score exactly."""

from collections.abc import Iterable, Sequence

from streams.scoring.engagement import Engagement
from streams.scoring.hits import Hit
from streams.scoring.values import MILLI, Reason

Line = tuple[str, int | None, str | None, int]
"""A line before it is rounded: rule in words, index of the rule, id of the touch, thousandths of a point."""


def lines_of(
    hits: Sequence[Hit], at: int, engagement: Engagement, words: Sequence[str]
) -> tuple[list[Line], list[int]]:
    """A line for each hit that is still worth something, and the sum of each group before its cap.

    Args:
        hits: in order.
        at: microseconds.
        engagement: how hits become one number.
        words: of each rule, by index.
    """
    group_of, sums = engagement.group_of, [0] * len(engagement.caps)
    lines: list[Line] = []
    hits = engagement.decay.alive(hits, at)
    for (_, touch, rule, _), milli in zip(hits, engagement.decay.values(hits, at), strict=True):
        if milli:
            lines.append((words[rule], rule, touch, milli))
            sums[group_of[rule]] += milli
    return lines, sums


def over_caps(groups: Iterable[str], sums: Iterable[int], caps: Iterable[int]) -> list[Line]:
    """A line for each group above its cap that takes away what is too much."""
    return [
        (f"group cap {group}", None, None, cap - points)
        for group, points, cap in zip(groups, sums, caps, strict=True)
        if points > cap
    ]


def bound(lines: list[Line], part: str, milli: int, most: int) -> int:
    """Clamp to 0..most and add the line that says so."""
    if milli > most:
        lines.append((f"cap {part}", None, None, most - milli))
        return most
    if milli < 0:
        lines.append((f"floor {part}", None, None, -milli))
        return 0
    return milli


def shared_out(lines: Sequence[Line], shown: int) -> tuple[Reason, ...]:
    """Whole points for every line by largest remainder; equal remainders are served in the order of the lines.

    Args:
        lines: in the order of their claim, their sum within half a point of `shown`.
        shown: the whole points to share out.
    """
    points = [milli // MILLI for _, _, _, milli in lines]
    left = shown - sum(points)
    if left:
        remainders = [milli % MILLI for _, _, _, milli in lines]
        for place in sorted(range(len(lines)), key=remainders.__getitem__, reverse=True)[:left]:
            points[place] += 1
    return tuple([Reason(rule, index, touch, now) for (rule, index, touch, _), now in zip(lines, points, strict=True)])
