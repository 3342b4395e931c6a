"""Rule scoring: who a lead is and what it did, in integer thousandths of a point, with reasons that add up."""

from streams.scoring.hits import Hit
from streams.scoring.patterns import TouchLike, TouchPattern
from streams.scoring.reasons import Reason
from streams.scoring.rules import FitRule, Group, Repeat, TouchRule
from streams.scoring.score import Scorer
from streams.scoring.tally import Tally
from streams.scoring.values import Fit, Grades, Score, Threshold

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
    "Tally",
    "Threshold",
    "TouchLike",
    "TouchPattern",
    "TouchRule",
]
