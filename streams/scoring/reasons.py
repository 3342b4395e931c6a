"""Reasons: every line of a score, in whole points that add up to the shown score exactly."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from streams.scoring.engagement import Engagement
from streams.scoring.hits import Hit
from streams.scoring.values import MILLI


class Reason(Struct, frozen=True, gc=False):
    """One line of a score.

    Attributes:
        rule: the rule in words; `group cap NAME`, `cap PART` or `floor PART` where a bound moved the sum.
        rule_index: index of the rule, fit rules first; None for bounds.
        touch: id of the touch; None for fit rules and bounds.
        points: whole points now.
    """

    rule: str
    rule_index: int | None
    touch: str | None
    points: int


class Line(Struct, frozen=True, gc=False):
    """A line before it is rounded; `milli` is in thousandths of a point."""

    rule: str
    rule_index: int | None
    touch: str | None
    milli: int


def lines_of(
    hits: Iterable[Hit], at: int, engagement: Engagement, words: Sequence[str]
) -> tuple[list[Line], list[int]]:
    """A line for each hit that is still worth something, and the sum of each group before its cap.

    Args:
        hits: in order.
        at: microseconds.
        engagement: how hits become one number.
        words: of each rule, by index.
    """
    value, group_of = engagement.decay.value, engagement.group_of
    lines: list[Line] = []
    sums = [0] * len(engagement.caps)
    for occurred_at, touch, rule, points in hits:
        milli = value(points, at - occurred_at)
        if milli:
            lines.append(Line(words[rule], rule, touch, milli))
            sums[group_of[rule]] += milli
    return lines, sums


def over_caps(groups: Iterable[str], sums: Iterable[int], caps: Iterable[int]) -> list[Line]:
    """A line for each group above its cap that takes away what is too much."""
    return [
        Line(f"group cap {group}", None, None, cap - points)
        for group, points, cap in zip(groups, sums, caps, strict=True)
        if points > cap
    ]


def bound(lines: list[Line], part: str, milli: int, most: int) -> int:
    """Clamp to 0..most and add the line that says so."""
    if milli > most:
        lines.append(Line(f"cap {part}", None, None, most - milli))
        return most
    if milli < 0:
        lines.append(Line(f"floor {part}", None, None, -milli))
        return 0
    return milli


def shared_out(lines: Sequence[Line], shown: int) -> tuple[Reason, ...]:
    """Whole points for every line by largest remainder; equal remainders are served in the order of the lines.

    Args:
        lines: in the order of their claim, their sum within half a point of `shown`.
        shown: the whole points to share out.
    """
    floors = [line.milli // MILLI for line in lines]
    left = shown - sum(floors)
    if left:
        remainders = [line.milli % MILLI for line in lines]
        for place in sorted(range(len(lines)), key=remainders.__getitem__, reverse=True)[:left]:
            floors[place] += 1
    return tuple([Reason(line.rule, line.rule_index, line.touch, floors[place]) for place, line in enumerate(lines)])
