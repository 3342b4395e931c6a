"""Rule scoring: who a lead is and what it did, in integer thousandths of a point, with reasons that add up."""

from streams.scoring.hits import Hit
from streams.scoring.patterns import TouchLike, TouchPattern
from streams.scoring.rules import FitRule, Group, Repeat, TouchRule
from streams.scoring.score import Scorer
from streams.scoring.standing import Standing
from streams.scoring.values import Fit, Grades, Reason, Score, Threshold

__all__ = [
    "Fit",
    "FitRule",
    "Grades",
    "Group",
    "Hit",
    "Reason",
    "Repeat",
    "Score",
    "Scorer",
    "Standing",
    "Threshold",
    "TouchLike",
    "TouchPattern",
    "TouchRule",
]
