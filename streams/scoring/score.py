"""The scorer of one agreement version."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from streams.scoring.crossing import next_exit
from streams.scoring.decay import Decay, Linear, NoDecay
from streams.scoring.engagement import NO_CAP, Engagement
from streams.scoring.hits import Hit, settle
from streams.scoring.levels import Levels
from streams.scoring.patterns import TouchLike
from streams.scoring.reasons import Line, bound, lines_of, over_caps, shared_out
from streams.scoring.rules import FitRule, Group, TouchRule
from streams.scoring.values import MILLI, NO_GRADE, Fit, Grades, Reason, Score, Threshold

_FIT_MOST = 100
_REMEMBERED = 4096
_TouchKey = tuple[str, str, str | None, str | None]


class Scorer:
    """Scores leads by the rules of one agreement version. Rules are numbered through, fit rules first.

    A lead's hits are a list that the caller keeps; it stays in the order of (occurred_at, touch id, rule index), so the
    order in which touches arrive never matters. Duplicates are the caller's business. Nothing of a lead is kept here;
    see `streams.scoring.standing`.

    Args:
        fit_rules: who they are.
        touch_rules: what they did.
        groups: groups of the touch rules.
        decay: how touches fade.
        cap: whole points at most, of engagement and of the score.
        grades: letters and thresholds; None when the agreement has none.

    Attributes:
        engagement: how hits become one number.
        linear: the decay, where it is linear.
        takes_away: whether some touches have negative points.
        touch_rules: the touch rules by index.
    """

    __slots__ = (
        "_cap",
        "_digits",
        "_fit_rules",
        "_group_names",
        "_letters",
        "_levels",
        "_matching",
        "_shown",
        "_uses_asset",
        "_uses_campaign",
        "_words",
        "engagement",
        "linear",
        "takes_away",
        "touch_rules",
    )

    def __init__(
        self,
        *,
        fit_rules: Sequence[FitRule] = (),
        touch_rules: Sequence[TouchRule] = (),
        groups: Sequence[Group] = (Group(""),),
        decay: Decay | None = None,
        cap: int = 100,
        grades: Grades | None = None,
    ) -> None:
        self._fit_rules = tuple(fit_rules)
        self.touch_rules = dict(enumerate(touch_rules, len(self._fit_rules)))
        self._group_names = tuple(group.name for group in groups)
        self.engagement = Engagement(
            decay or NoDecay(),
            (0,) * len(self._fit_rules) + tuple(rule.group for rule in touch_rules),
            tuple(NO_CAP if group.cap is None else group.cap * MILLI for group in groups),
        )
        self._words = (*(rule.words for rule in self._fit_rules), *(rule.words for rule in touch_rules))
        self.linear = decay if isinstance(decay, Linear) else None
        self._cap = cap
        self._levels = Levels(grades.at_least if grades else (), cap)
        self._letters, self._digits = _grade_parts(grades, cap)
        self._uses_asset = any(rule.pattern.assets is not None for rule in touch_rules)
        self._uses_campaign = any(rule.pattern.campaigns is not None for rule in touch_rules)
        self.takes_away = any(rule.points < 0 for rule in touch_rules)
        self._matching: dict[_TouchKey, tuple[int, ...]] = {}
        self._shown: dict[tuple[int, int], Score] = {}

    def rules_for(self, touch: TouchLike) -> tuple[int, ...]:
        """Indexes of the rules that give points for a touch; only inbound touches score."""
        if touch.direction != "inbound":
            return ()
        asset = touch.asset if self._uses_asset else None
        campaign = touch.campaign if self._uses_campaign else None
        key = (touch.channel, touch.kind, asset, campaign)
        found = self._matching.get(key)
        if found is None:
            if len(self._matching) >= _REMEMBERED:
                self._matching.clear()
            found = tuple(index for index, rule in self.touch_rules.items() if rule.pattern.fits(*key))
            self._matching[key] = found
        return found

    def hits_for(self, touch: TouchLike, occurred_at: int, touch_id: str) -> tuple[Hit, ...]:
        """The hits of one touch by itself, `repeat` not yet applied."""
        return tuple(Hit(occurred_at, touch_id, rule, self.touch_rules[rule].points) for rule in self.rules_for(touch))

    def hits_of(self, touches: Iterable[tuple[TouchLike, int, str]]) -> list[Hit]:
        """All hits of a lead's whole history of (touch, occurred_at, touch id), in any order."""
        hits = sorted(hit for touch, at, touch_id in touches for hit in self.hits_for(touch, at, touch_id))
        for index, rule in self.touch_rules.items():
            if rule.repeat is not None:
                settle(hits, index, rule.points, rule.repeat)
        return hits

    def fit(self, profile: Mapping[str, Any]) -> Fit:
        """Who the lead is, by its profile."""
        holding = tuple(index for index, rule in enumerate(self._fit_rules) if rule.holds(profile))
        raw = sum(self._fit_rules[index].points for index in holding)
        return Fit(min(max(raw, 0), _FIT_MOST), raw, holding)

    def whole_points(self, hits: Sequence[Hit], at: int) -> int:
        """The engagement at an instant in whole points, rounded half up. Hits are in order."""
        return _whole(self.engagement.milli(hits, at))

    def score(self, fit: Fit, hits: Sequence[Hit], at: int) -> Score:
        """The score at an instant. Hits are in order."""
        return self.shown(fit, self.whole_points(hits, at))

    def shown(self, fit: Fit, whole: int) -> Score:
        """The score of a fit and of whole points of engagement, before they are clamped."""
        engagement = min(max(whole, 0), self._cap)
        points = fit[0]
        found = self._shown.get((points, engagement))
        if found is None:
            grade = self._letters[points] + self._digits[engagement]
            found = Score(min(self._cap, points + engagement), points, engagement, grade)
            self._shown[points, engagement] = found
        return found

    def reasons(self, fit: Fit, hits: Sequence[Hit], at: int) -> tuple[Reason, ...]:
        """Every line of the score at an instant: fit rules, touches, then caps and floors.

        The whole points of the lines sum to the shown score exactly. Touches that are worth nothing any more have no
        line.
        """
        return self.explained(fit, hits, at)[1]

    def explained(self, fit: Fit, hits: Sequence[Hit], at: int) -> tuple[Score, tuple[Reason, ...]]:
        """The score at an instant with its reasons; see `score` and `reasons`."""
        bounds: list[Line] = []
        fit_milli = bound(bounds, "fit", fit.raw * MILLI, _FIT_MOST * MILLI)
        words = self._words
        touch_lines, sums = lines_of(hits, at, self.engagement, words)
        group_lines = over_caps(self._group_names, sums, self.engagement.caps)
        milli = self.engagement.capped(sums)
        engagement = bound(bounds, "engagement", milli, self._cap * MILLI)
        total = bound(bounds, "score", fit_milli + engagement, self._cap * MILLI)
        fit_lines: list[Line] = [(words[n], n, None, self._fit_rules[n].points * MILLI) for n in fit.rules]
        caps = [line for line in bounds if line[3] < 0]
        floors = [line for line in bounds if line[3] > 0]
        reasons = shared_out([*fit_lines, *touch_lines, *group_lines, *caps, *floors], _whole(total))
        return self.shown(fit, _whole(milli)), reasons

    def signals(self, hits: Iterable[Hit]) -> tuple[str, ...]:
        """The buying signals seen, in words, by first occurrence."""
        found = (self.touch_rules[hit.rule].signal for hit in hits)
        return tuple(dict.fromkeys(signal for signal in found if signal))

    def next_crossing(self, fit: Fit, hits: Sequence[Hit], at: int, thresholds: Iterable[Threshold] = ()) -> int | None:
        """The earliest instant after `at` at which decay alone changes the grade or crosses one of the thresholds.

        Args:
            fit: the lead's fit.
            hits: in order.
            at: microseconds.
            thresholds: those of the qualified-lead definition.

        Returns:
            The instant, exact to the microsecond; None when nothing will change.
        """
        if not hits:
            return None
        levels = self._levels.at(fit.points, tuple(thresholds))
        return next_exit(hits, at, levels, self.engagement) if levels else None

    def levels(self, fit: Fit, thresholds: tuple[Threshold, ...]) -> list[int]:
        """Whole points of engagement at which grade or qualification change, as long as the fit stays; ascending."""
        return self._levels.at(fit.points, thresholds)

    def words(self, rule: int) -> str:
        """A rule in words, by index."""
        return self._words[rule]


def _grade_parts(grades: Grades | None, cap: int) -> tuple[list[str], list[str]]:
    """The first half of the grade by points of fit, and the second half by points of engagement."""
    if grades is None:
        return [NO_GRADE] * (_FIT_MOST + 1), [""] * (cap + 1)
    letters = [grades.letters[grades.place(points)] for points in range(_FIT_MOST + 1)]
    return letters, [str(grades.place(points) + 1) for points in range(cap + 1)]


def _whole(milli: int) -> int:
    return (milli + MILLI // 2) // MILLI
