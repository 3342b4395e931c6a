"""A lead's standing: its hits with all that is found from them, kept in step touch by touch.

It says what `Scorer` says of the same hits, without looking at all of them again each time.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from streams.scoring.falling import fall_soon
from streams.scoring.hits import Hit, insert, settle, still_counts
from streams.scoring.holding import holds_for
from streams.scoring.patterns import TouchLike
from streams.scoring.score import Scorer
from streams.scoring.tally import Tally
from streams.scoring.values import MILLI, Fit, Score, Threshold

_NOT_SHOWN = -(1 << 62)
_HIGHEST = 1 << 62
_NEAR = 1_000_000
"""Nearer than this (microseconds) the exact instant is worth its price: looking again would bring us here again."""


class Standing:
    """What one lead's score by one version of an agreement rests on.

    Args:
        scorer: the rules.
        thresholds: points that the qualified-lead definition asks for.
        fit: who they are.
        hits: what they did, in order; owned by the standing from now on.

    Attributes:
        scorer: the rules.
        fit: who they are.
        hits: what they did, in order.
    """

    __slots__ = ("_ceiling", "_crossing", "_floor", "_known", "_shown", "_shown_at", "_tally", "_thresholds", "fit",
                 "hits", "scorer")  # fmt: skip

    def __init__(self, scorer: Scorer, thresholds: tuple[Threshold, ...], fit: Fit, hits: list[Hit]) -> None:
        self.scorer, self.fit, self.hits = scorer, fit, hits
        self._thresholds = thresholds
        self._tally = None if scorer.linear is None else Tally(scorer.linear, scorer.engagement)
        self._shown, self._shown_at = Score(0, 0, 0, ""), _NOT_SHOWN
        self._known = False
        self._crossing: int | None = None
        self._floor = self._ceiling = 0

    def learn(self, profile: Mapping[str, Any]) -> None:
        """More is known about who they are."""
        self.fit, self._shown_at, self._known = self.scorer.fit(profile), _NOT_SHOWN, False

    def touched(self, touch: TouchLike, at: int, touch_id: str, *, in_order: bool, now: int) -> Hit | None:
        """They did something.

        Args:
            touch: what.
            at: when, microseconds.
            touch_id: id of the touch.
            in_order: whether nothing known about the lead happened later.
            now: the lead's time, microseconds.

        Returns:
            The first of the touch's own hits as it stands now; 0 points where a repeat does not count. None where no
            rule gives points for it.
        """
        own = self._added(touch, at, touch_id)
        if own is None:
            return None
        self._shown_at = _NOT_SHOWN
        if self._known:  # a touch that leaves the lead in its band only puts the crossing off
            self._known = in_order and self._floor <= self.score(now).engagement < self._ceiling
        return own

    def own(self, at: int, touch_id: str) -> Hit | None:
        """The first hit of a touch."""
        return next((hit for hit in self.hits if hit.touch == touch_id and hit.occurred_at == at), None)

    def score(self, at: int) -> Score:
        """The score at an instant."""
        if self._shown_at != at:
            tally, whole = self._tally, None
            if tally is not None and tally.covers(self.hits, at):
                whole = tally.whole_points(at)
            if whole is None:
                whole = self.scorer.whole_points(self.hits, at)
            self._shown, self._shown_at = self.scorer.shown(self.fit, whole), at
        return self._shown

    def crossing(self, at: int, told: tuple[int, int, int], grade: str) -> int | None:
        """An instant, `at` or later, before which decay alone changes neither grade nor qualification.

        A crossing at `at` itself counts as long as it was not told. The instant is a lower bound where the exact one
        is far away, or touches came in that can only put it off: finding it is by far the dearest question, and who
        looks too early only asks again.

        Args:
            at: microseconds.
            told: score, fit and engagement as told last.
            grade: as told last.

        Returns:
            The instant; None for never.
        """
        if not self._known or (self._crossing is not None and self._crossing < at):
            self._crossing, self._known = self._found(at, told, grade), True
        return self._crossing

    def exact_crossing(self, at: int, told: tuple[int, int, int], grade: str) -> int | None:
        """The instant of which `crossing` gives a lower bound."""
        bound = self.crossing(at, told, grade)
        if bound is None or bound <= at:
            return bound
        return self.scorer.next_crossing(self.fit, self.hits, at, self._thresholds)

    def crosses(self, at: int, told: tuple[int, int, int], grade: str) -> bool:
        """Whether decay alone carries the lead out of its band exactly at `at`, so that it has to be told."""
        if self._known and (self._crossing is None or self._crossing > at):
            return False  # woken for something else
        self._known = False  # what was kept may have been a lower bound
        crosses = self.crossing(at, told, grade) == at
        self._known = self._known and not crosses
        return crosses

    def _added(self, touch: TouchLike, at: int, touch_id: str) -> Hit | None:
        first: Hit | None = None
        scorer, hits, tally = self.scorer, self.hits, self._tally
        rules = scorer.rules_for(touch)
        resettled = False
        for index in rules:
            rule = scorer.touch_rules[index]
            points, repeat = rule.points, rule.repeat
            if hits and hits[-1] >= (at, touch_id, index):
                hit = Hit(at, touch_id, index, points)
                insert(hits, hit)
                if repeat is not None:
                    settle(hits, index, points, repeat)
                    resettled = True
            else:
                if repeat is not None and not still_counts(hits, index, at, repeat):
                    points = 0
                hit = Hit(at, touch_id, index, points)
                hits.append(hit)
            if points and tally is not None and not resettled:
                tally.add(at, points, rule.group)
            first = first or hit
        if resettled:
            if tally is not None:
                tally.forget()
            return self.own(at, touch_id)
        return first

    def _found(self, at: int, told: tuple[int, int, int], grade: str) -> int | None:
        scorer, score = self.scorer, self.score(at)
        is_told = told == score[:3] and grade == score.grade
        if scorer.takes_away:  # nothing can be said of a band
            self._floor = self._ceiling = 0
            crossing = scorer.next_crossing(self.fit, self.hits, at - 1, self._thresholds)
            if crossing == at and is_told:
                crossing = scorer.next_crossing(self.fit, self.hits, at, self._thresholds)
            return crossing
        levels = scorer.levels(self.fit, self._thresholds)
        band = bisect_right(levels, score.engagement)
        self._floor = levels[band - 1] if band else 0
        self._ceiling = levels[band] if band < len(levels) else _HIGHEST
        if is_told or self._floor <= told[2] < self._ceiling:
            return self._holds_until(at)
        return at

    def _holds_until(self, at: int) -> int | None:
        """An instant, later than `at`, before which decay alone does not take the engagement out of its band."""
        if self._floor == 0:
            return None  # nothing lies below, and points only fade
        tally, linear = self._tally, self.scorer.linear
        if tally is not None and linear is not None and tally.covers(self.hits, at):
            floor = self._floor * MILLI - MILLI // 2
            held = holds_for(floor * linear.factors[3], tally.falling(at))
            if held is None or held > _NEAR:
                return None if held is None else at + held
            soon = fall_soon(floor, linear.alive(self.hits, at), at, linear, self.scorer.engagement)
            if soon is not None:
                return soon
        return self.scorer.next_crossing(self.fit, self.hits, at, self._thresholds)
