"""Scoring rules, ready to be evaluated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from streams.scoring.patterns import TouchPattern


@dataclass(frozen=True, slots=True)
class FitRule:
    """Points for what is known about person and company.

    Attributes:
        points: whole points, may be negative.
        holds: tests a profile.
        words: the test for people.
    """

    points: int
    holds: Callable[[Mapping[str, Any]], bool]
    words: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """How often touches may bring a rule's points again, in the order of (occurred_at, touch id).

    A touch counts when fewer than `most` counted ones lie in the window that ends with it.

    Attributes:
        most: touches that count within the window.
        window_us: the window's length in microseconds, its far end left out; None for ever.
    """

    most: int
    window_us: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Touch rules that share a cap.

    Attributes:
        name: as the agreement calls it; empty for rules without a group.
        cap: whole points at most; None without a cap.
    """

    name: str
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class TouchRule:
    """Points for something the prospect did.

    Attributes:
        points: whole points of a fresh touch, may be negative.
        pattern: which inbound touches.
        group: index of its group.
        repeat: how often it may count; None for every time.
        signal: the buying signal in words; None when it is none.
        words: the rule for people.
    """

    points: int
    pattern: TouchPattern
    group: int
    words: str
    repeat: Repeat | None = None
    signal: str | None = None
