"""What scoring says about a lead at an instant."""

from typing import NamedTuple

from msgspec import Struct

NO_GRADE = "-"
"""The grade under an agreement without `grades`."""

MILLI = 1000
"""Thousandths in a point."""


class Fit(NamedTuple):
    """Who the lead is; it never decays.

    Attributes:
        points: whole points, clamped to 0..100.
        raw: the sum before clamping.
        rules: indexes of the fit rules that hold, in order.
    """

    points: int
    raw: int
    rules: tuple[int, ...]


class Score(NamedTuple):
    """A score as people see it, in whole points (thousandths rounded half up).

    Attributes:
        score: fit + engagement, clamped to 0..cap.
        fit: clamped to 0..100.
        engagement: clamped to 0..cap.
        grade: fit letter and engagement digit such as `A2`; `-` without grades.
    """

    score: int
    fit: int
    engagement: int
    grade: str


class Threshold(NamedTuple):
    """A number of whole points that matters.

    Attributes:
        of: `engagement`, `fit` or `total`.
        at_least: the points; reached when the shown number is at least this.
    """

    of: str
    at_least: int


class Grades(NamedTuple):
    """Grade letters and the least whole points of each, best first; the last one begins at 0."""

    letters: tuple[str, ...]
    at_least: tuple[int, ...]

    def place(self, points: int) -> int:
        """Position of the first threshold that the points reach."""
        for place, least in enumerate(self.at_least):
            if points >= least:
                return place
        return len(self.at_least) - 1


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
