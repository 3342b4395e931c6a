"""Reasons: every line of a score, in whole points that add up to the shown score exactly."""

from collections.abc import Sequence

from msgspec import Struct

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
