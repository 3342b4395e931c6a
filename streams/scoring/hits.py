"""Hits: touches that a rule gives points for, kept per lead in order of (occurred_at, touch id, rule index)."""

from bisect import insort
from collections import deque
from typing import NamedTuple

from streams.scoring.rules import Repeat


class Hit(NamedTuple):
    """One touch that one rule matches.

    Attributes:
        occurred_at: when the touch happened, microseconds.
        touch: id of the touch.
        rule: index of the rule.
        points: whole points when fresh; 0 where the rule's `repeat` does not count this touch.
    """

    occurred_at: int
    touch: str
    rule: int
    points: int


def insert(hits: list[Hit], hit: Hit) -> None:
    """Put a hit in its place."""
    insort(hits, hit)


def still_counts(hits: list[Hit], rule: int, at: int, repeat: Repeat) -> bool:
    """Whether one more hit of a rule counts at `at`, after all these hits."""
    left, earliest = repeat.most, None if repeat.window_us is None else at - repeat.window_us
    for occurred_at, _, of_rule, points in reversed(hits):
        if earliest is not None and occurred_at <= earliest:
            return True
        if of_rule == rule and points:
            left -= 1
            if left == 0:
                return False
    return True


def settle(hits: list[Hit], rule: int, points: int, repeat: Repeat) -> None:
    """Give each hit of a rule its points anew, as if all had come in order. Hits that stay are not replaced."""
    counted: deque[int] = deque()
    most, window = repeat.most, repeat.window_us
    for position, hit in enumerate(hits):
        if hit.rule != rule:
            continue
        if window is not None:
            while counted and counted[0] <= hit.occurred_at - window:
                counted.popleft()
        now = points if len(counted) < most else 0
        if now:
            counted.append(hit.occurred_at)
        if now != hit.points:
            hits[position] = Hit(hit.occurred_at, hit.touch, rule, now)
