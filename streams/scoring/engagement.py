"""The engagement part of a score: decayed points per group, capped, and added up."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.scoring.decay import Decay
from streams.scoring.hits import Hit

NO_CAP = 1 << 60
"""The cap of a group without one, in thousandths: more than any sum."""


@dataclass(frozen=True)
class Engagement:
    """How hits become one number.

    Attributes:
        decay: how touches fade.
        group_of: group index by rule index.
        caps: thousandths of a point at most, by group; `NO_CAP` without a cap.
    """

    decay: Decay
    group_of: tuple[int, ...]
    caps: tuple[int, ...]

    def milli(self, hits: Sequence[Hit], at: int) -> int:
        """Thousandths of a point at an instant, before the part as a whole is clamped. Hits are in order."""
        return self.capped(self.decay.sums(hits, at, self.group_of, len(self.caps)))

    def capped(self, sums: Sequence[int]) -> int:
        """The total of group sums, each at most its cap."""
        total = 0
        for points, cap in zip(sums, self.caps, strict=True):
            total += points if points < cap else cap  # noqa: FURB136 - the hottest line there is; a call would cost double
        return total
