"""The scorer of one agreement version."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from streams.scoring.crossing import next_exit
from streams.scoring.decay import Decay, Linear, NoDecay
from streams.scoring.engagement import NO_CAP, Engagement
from streams.scoring.hits import Hit, insert, settle
from streams.scoring.holding import holds_for
from streams.scoring.levels import Levels
from streams.scoring.patterns import TouchLike
from streams.scoring.reasons import Line, Reason, bound, lines_of, over_caps, shared_out
from streams.scoring.rules import FitRule, Group, TouchRule
from streams.scoring.tally import Tally
from streams.scoring.values import MILLI, NO_GRADE, Fit, Grades, Score, Threshold

_FIT_MOST = 100
_REMEMBERED = 4096
_NEAR = 1_000_000
"""Nearer than this (microseconds) the exact instant is worth its price: looking again would bring us here again."""
_TouchKey = tuple[str, str, str | None, str | None]


class Scorer:
    """Scores leads by the rules of one agreement version. Rules are numbered through, fit rules first.

    A lead's hits are a list that the caller keeps; it stays in the order of (occurred_at, touch id, rule index), so the
    order in which touches arrive never matters. Duplicates are the caller's business.

    Args:
        fit_rules: who they are.
        touch_rules: what they did.
        groups: groups of the touch rules.
        decay: how touches fade.
        cap: whole points at most, of engagement and of the score.
        grades: letters and thresholds; None when the agreement has none.
    """

    __slots__ = (
        "_cap",
        "_digits",
        "_engagement",
        "_first_touch_rule",
        "_fit_rules",
        "_groups",
        "_letters",
        "_levels",
        "_linear",
        "_matching",
        "_takes_away",
        "_touch_rules",
        "_uses_asset",
        "_uses_campaign",
        "_words",
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
        self._touch_rules = tuple(touch_rules)
        self._first_touch_rule = len(self._fit_rules)
        self._groups = tuple(groups)
        self._engagement = Engagement(
            decay or NoDecay(),
            (0,) * self._first_touch_rule + tuple(rule.group for rule in self._touch_rules),
            tuple(NO_CAP if group.cap is None else group.cap * MILLI for group in self._groups),
        )
        self._words = (*(rule.words for rule in self._fit_rules), *(rule.words for rule in self._touch_rules))
        self._linear = decay if isinstance(decay, Linear) else None
        self._cap = cap
        self._levels = Levels(grades.at_least if grades else (), cap)
        self._letters, self._digits = _grade_parts(grades, cap)
        self._uses_asset = any(rule.pattern.assets is not None for rule in self._touch_rules)
        self._uses_campaign = any(rule.pattern.campaigns is not None for rule in self._touch_rules)
        self._takes_away = any(rule.points < 0 for rule in self._touch_rules)
        self._matching: dict[_TouchKey, tuple[int, ...]] = {}

    def hits_for(self, touch: TouchLike, occurred_at: int, touch_id: str) -> tuple[Hit, ...]:
        """The hits of one touch by itself, `repeat` not yet applied; only inbound touches score."""
        return tuple(
            Hit(occurred_at, touch_id, rule, self._touch_rules[rule - self._first_touch_rule].points)
            for rule in self._rules_for(touch)
        )

    def add(
        self, hits: list[Hit], touch: TouchLike, occurred_at: int, touch_id: str, tally: Tally | None = None
    ) -> tuple[Hit, ...]:
        """Put a touch's hits into a lead's hits, in order, and settle the rules that limit repeats.

        Args:
            hits: the lead's; changed.
            touch: what happened.
            occurred_at: microseconds.
            touch_id: id of the touch.
            tally: the sums of these hits, kept in step.

        Returns:
            The touch's own hits as they stand now; 0 points where a repeat does not count.
        """
        rules = self._rules_for(touch)
        if not rules:
            return ()
        limited = False
        for index in rules:
            rule = self._touch_rules[index - self._first_touch_rule]
            insert(hits, Hit(occurred_at, touch_id, index, rule.points))
            if rule.repeat is not None:
                settle(hits, index, rule.points, rule.repeat)
                limited = True
            elif tally is not None and self._linear is not None:
                tally.add(occurred_at, rule.points, rule.group, self._linear)
        if limited:
            if tally is not None:
                tally.forget()
            return tuple(hit for hit in hits if hit[1] == touch_id and hit[0] == occurred_at)
        return self.hits_for(touch, occurred_at, touch_id)

    def hits_of(self, touches: Iterable[tuple[TouchLike, int, str]]) -> list[Hit]:
        """All hits of a lead's whole history of (touch, occurred_at, touch id), in any order."""
        hits = sorted(hit for touch, at, touch_id in touches for hit in self.hits_for(touch, at, touch_id))
        for index, rule in enumerate(self._touch_rules, self._first_touch_rule):
            if rule.repeat is not None:
                settle(hits, index, rule.points, rule.repeat)
        return hits

    def fit(self, profile: Mapping[str, Any]) -> Fit:
        """Who the lead is, by its profile."""
        holding = tuple(index for index, rule in enumerate(self._fit_rules) if rule.holds(profile))
        raw = sum(self._fit_rules[index].points for index in holding)
        return Fit(min(max(raw, 0), _FIT_MOST), raw, holding)

    def score(self, fit: Fit, hits: Sequence[Hit], at: int, tally: Tally | None = None) -> Score:
        """The score at an instant. `hits` are in order; with their `tally` it is found without looking at each."""
        shown = None
        if tally is not None and self._linear is not None and self._covered(tally, hits, at):
            shown = tally.whole_points(at, self._linear, self._engagement.caps)
        return self._shown(fit, _whole(self._engagement.milli(hits, at)) if shown is None else shown)

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
        touch_lines, sums = lines_of(hits, at, self._engagement, words)
        group_lines = over_caps([group.name for group in self._groups], sums, self._engagement.caps)
        milli = self._engagement.capped(sums)
        engagement = bound(bounds, "engagement", milli, self._cap * MILLI)
        total = bound(bounds, "score", fit_milli + engagement, self._cap * MILLI)
        fit_lines = [Line(words[index], index, None, self._fit_rules[index].points * MILLI) for index in fit.rules]
        caps = [line for line in bounds if line.milli < 0]
        floors = [line for line in bounds if line.milli > 0]
        reasons = shared_out([*fit_lines, *touch_lines, *group_lines, *caps, *floors], _whole(total))
        return self._shown(fit, _whole(milli)), reasons

    def signals(self, hits: Iterable[Hit]) -> tuple[str, ...]:
        """The buying signals seen, in words, by first occurrence."""
        found = (self._touch_rules[hit.rule - self._first_touch_rule].signal for hit in hits)
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
        return next_exit(hits, at, levels, self._engagement) if levels else None

    def band(self, fit: Fit, engagement: int, thresholds: tuple[Threshold, ...] = ()) -> int | None:
        """Between which of the levels that `next_crossing` watches the shown engagement lies.

        As long as a lead's fit stays and its touches only bring points, a touch that leaves it in its band can only
        put off the next crossing; so the one found before is a lower bound.

        Returns:
            The band; None where points may also be taken away, so that nothing can be said.
        """
        if self._takes_away:
            return None
        return bisect_right(self._levels.at(fit.points, thresholds), engagement)

    def holds_until(
        self,
        fit: Fit,
        hits: Sequence[Hit],
        at: int,
        band: int,
        *,
        thresholds: tuple[Threshold, ...] = (),
        tally: Tally | None = None,
    ) -> int | None:
        """An instant, later than `at`, before which decay alone does not take the engagement out of its band.

        Args:
            fit: the lead's fit.
            hits: in order.
            at: microseconds.
            band: the band at that instant.
            thresholds: those of the qualified-lead definition.
            tally: the sums of these hits.

        Returns:
            A lower bound; the exact instant where that is near, or cannot be bounded cheaply; None for never.
        """
        if band == 0:
            return None  # nothing lies below, and points only fade
        tally = Tally() if tally is None else tally
        if self._linear is not None and self._covered(tally, hits, at):
            floor = self._levels.at(fit.points, thresholds)[band - 1] * MILLI - MILLI // 2
            groups = tally.falling(at, self._linear, self._engagement.caps)
            held = holds_for(floor * self._linear.factors[3], groups)
            if held is None or held > _NEAR:
                return None if held is None else at + held
        return self.next_crossing(fit, hits, at, thresholds)

    def words(self, rule: int) -> str:
        """A rule in words, by index."""
        return self._words[rule]

    def _rules_for(self, touch: TouchLike) -> tuple[int, ...]:
        if touch.direction != "inbound":
            return ()
        asset = touch.asset if self._uses_asset else None
        campaign = touch.campaign if self._uses_campaign else None
        key = (touch.channel, touch.kind, asset, campaign)
        found = self._matching.get(key)
        if found is None:
            if len(self._matching) >= _REMEMBERED:
                self._matching.clear()
            numbered = enumerate(self._touch_rules, self._first_touch_rule)
            found = self._matching[key] = tuple(index for index, rule in numbered if rule.pattern.fits(*key))
        return found

    def _covered(self, tally: Tally, hits: Sequence[Hit], at: int) -> bool:
        assert self._linear is not None
        return tally.cover(hits, at, self._linear, self._engagement.group_of, len(self._groups))

    def _shown(self, fit: Fit, whole: int) -> Score:
        engagement = min(max(whole, 0), self._cap)
        points = fit[0]
        grade = self._letters[points] + self._digits[engagement]
        return Score(min(self._cap, points + engagement), points, engagement, grade)


def _grade_parts(grades: Grades | None, cap: int) -> tuple[list[str], list[str]]:
    """The first half of the grade by points of fit, and the second half by points of engagement."""
    if grades is None:
        return [NO_GRADE] * (_FIT_MOST + 1), [""] * (cap + 1)
    letters = [grades.letters[grades.place(points)] for points in range(_FIT_MOST + 1)]
    return letters, [str(grades.place(points) + 1) for points in range(cap + 1)]


def _whole(milli: int) -> int:
    return (milli + MILLI // 2) // MILLI
