"""The most points that the rules of an agreement can give to any lead."""

from typing import NamedTuple

from streams.agreement.grammar import Scoring, TouchRule

_UNBOUNDED = 10**9
"""More points than any cap."""
_FIT = 100


class Most(NamedTuple):
    """Points at most, whole.

    Attributes:
        fit: by the rules of the fit.
        engagement: by the rules of engagement, their groups and the cap.
        cap: of engagement and of the score, whatever the rules.
    """

    fit: int
    engagement: int
    cap: int

    def of(self, part: str) -> int:
        """Points at most of `fit`, `engagement` or `total`."""
        parts = {"fit": self.fit, "engagement": self.engagement}
        return parts.get(part, min(self.cap, self.fit + self.engagement))

    def bound(self, part: str) -> int:
        """The bound of a part that no rules could raise."""
        return _FIT if part == "fit" else self.cap


def most_of(scoring: Scoring) -> Most:
    """What the rules give at most.

    All rules of the fit that add are taken to hold at once. A touch rule gives its points as often as it may count, all
    of them fresh; without `repeat: once` that is without end.
    """
    fit = min(_FIT, sum(max(0, rule.points) for rule in scoring.fit))
    sums: dict[str | None, int] = {}
    for rule in scoring.engagement.rules:
        sums[rule.group] = sums.get(rule.group, 0) + _given(rule)
    groups = scoring.engagement.groups
    capped = (points if group not in groups else min(points, groups[group].cap) for group, points in sums.items())
    return Most(fit, min(scoring.cap, sum(capped)), scoring.cap)


def _given(rule: TouchRule) -> int:
    if rule.points <= 0:
        return 0
    return rule.points if rule.repeat is not None and rule.repeat.once else _UNBOUNDED
