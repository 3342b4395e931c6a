"""How the points of a touch fade, in exact integer arithmetic.

The value of a hit is its points in thousandths, decayed, rounded half up once. Ages are microseconds; a touch later
than the instant has not decayed. Every value moves towards 0 and never away from it as time goes on.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import gcd, isqrt
from typing import Protocol, cast

from streams.scoring.hits import Hit
from streams.scoring.values import MILLI

_PARTS = 1024
_SCALE = 40
_PRECISION = 256
_GONE_AFTER = 21
"""Half-lives after which 1000 points are less than half a thousandth."""


class Decay(Protocol):
    """A way to fade."""

    @property
    def lifetime(self) -> int | None:
        """Age from which every hit is worth 0; None when nothing fades."""

    def value(self, points: int, age: int) -> int:
        """Thousandths of a point that a hit of that age is worth."""

    def alive(self, hits: Sequence[Hit], at: int) -> Sequence[Hit]:
        """The hits, given in order, that may still be worth something."""

    def values(self, hits: Sequence[Hit], at: int) -> list[int]:
        """Thousandths of a point that each hit is worth at an instant."""

    def sums(self, hits: Sequence[Hit], at: int, group_of: Sequence[int], groups: int) -> list[int]:
        """Thousandths of each group at an instant, before caps. Hits are in order, `group_of` is by rule index."""


@dataclass(frozen=True)
class NoDecay:
    """Points stay for ever."""

    lifetime: None = None

    def value(self, points: int, age: int) -> int:
        """All of the points, at any age."""
        del age
        return points * MILLI

    def alive(self, hits: Sequence[Hit], at: int) -> Sequence[Hit]:
        """All of them."""
        del at
        return hits

    def values(self, hits: Sequence[Hit], at: int) -> list[int]:
        """All of the points of each hit."""
        del at
        return [points * MILLI for _, _, _, points in hits]

    def sums(self, hits: Sequence[Hit], at: int, group_of: Sequence[int], groups: int) -> list[int]:
        """Thousandths of each group."""
        del at
        totals = [0] * groups
        for _, _, rule, points in hits:
            totals[group_of[rule]] += points * MILLI
        return totals


@dataclass(frozen=True)
class Linear:
    """The same share of the first value is lost in every period, until nothing is left.

    Attributes:
        percent: share lost per period, 1..100.
        per_us: the period.
        lifetime: age from which nothing is left.
        factors: s, l, h and w: the value at an age a within the lifetime is (points * (s - l * a) + h) // w.
    """

    percent: int
    per_us: int
    lifetime: int = field(init=False)
    factors: tuple[int, int, int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lifetime", -(-100 * self.per_us // self.percent))
        shared = gcd(100 * self.per_us, self.percent)  # smaller numbers are faster
        whole, percent = 100 * self.per_us // shared, self.percent // shared
        object.__setattr__(self, "factors", (2 * MILLI * whole, 2 * MILLI * percent, whole, 2 * whole))

    def value(self, points: int, age: int) -> int:
        """Thousandths left at that age."""
        if age <= 0:
            return points * MILLI
        scaled, lost, whole, twice = self.factors
        return (points * (scaled - lost * age) + whole) // twice if age < self.lifetime else 0

    def values(self, hits: Sequence[Hit], at: int) -> list[int]:
        """Thousandths left of each hit."""
        scaled, lost, whole, twice = self.factors
        first = at - self.lifetime
        return [
            0 if occurred_at <= first
            else (points * (scaled - lost * (at - occurred_at)) + whole) // twice if occurred_at < at
            else points * MILLI
            for occurred_at, _, _, points in hits
        ]  # fmt: skip

    def sums(self, hits: Sequence[Hit], at: int, group_of: Sequence[int], groups: int) -> list[int]:
        """Thousandths of each group; hits past their lifetime are not looked at."""
        totals = [0] * groups
        scaled, lost, whole, twice = self.factors
        for occurred_at, _, rule, points in self.alive(hits, at):
            age = at - occurred_at
            if age > 0:
                totals[group_of[rule]] += (points * (scaled - lost * age) + whole) // twice
            else:
                totals[group_of[rule]] += points * MILLI
        return totals

    def alive(self, hits: Sequence[Hit], at: int) -> Sequence[Hit]:
        """The hits, given in order, that are not past their lifetime."""
        if not hits or at - hits[0][0] < self.lifetime:
            return hits
        return hits[bisect_left(hits, cast("Hit", (at - self.lifetime + 1,))) :]


def _powers() -> tuple[int, ...]:
    """2 ** (-i / 1024) for i = 0..1024 as integers scaled by 2 ** 40, the same on every machine."""
    root = 1 << (_PRECISION - 1)
    for _ in range(_PARTS.bit_length() - 1):
        root = isqrt(root << _PRECISION)
    power, found = 1 << _PRECISION, []
    for _ in range(_PARTS):
        found.append((power + (1 << (_PRECISION - _SCALE - 1))) >> (_PRECISION - _SCALE))
        power = power * root >> _PRECISION
    return (*found, 1 << (_SCALE - 1))


_POWERS = _powers()


@dataclass(frozen=True)
class HalfLife:
    """Half of the value is lost in every half-life; between 1024 exact points of each the curve is straight.

    That is within a ten-millionth of the ideal curve, and unlike floating point it is the same on every machine.

    Attributes:
        half_us: the half-life.
    """

    half_us: int
    lifetime: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lifetime", _GONE_AFTER * self.half_us)

    def value(self, points: int, age: int) -> int:
        """Thousandths left at that age."""
        if age <= 0:
            return points * MILLI
        halvings, rest = divmod(age, self.half_us)
        if halvings >= _GONE_AFTER:
            return 0
        part, within = divmod(rest * _PARTS, self.half_us)
        scaled = _POWERS[part] * (self.half_us - within) + _POWERS[part + 1] * within
        whole = self.half_us << (_SCALE + halvings)
        return (2 * MILLI * points * scaled + whole) // (2 * whole)

    def values(self, hits: Sequence[Hit], at: int) -> list[int]:
        """Thousandths left of each hit."""
        value = self.value
        return [value(points, at - occurred_at) for occurred_at, _, _, points in hits]

    def alive(self, hits: Sequence[Hit], at: int) -> Sequence[Hit]:
        """The hits, given in order, that are not past their lifetime."""
        return hits[bisect_left(hits, cast("Hit", (at - self.lifetime,))) :]

    def sums(self, hits: Sequence[Hit], at: int, group_of: Sequence[int], groups: int) -> list[int]:
        """Thousandths of each group; hits past their lifetime are not looked at."""
        totals = [0] * groups
        value = self.value
        for occurred_at, _, rule, points in self.alive(hits, at):
            totals[group_of[rule]] += value(points, at - occurred_at)
        return totals
