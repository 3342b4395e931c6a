"""Running sums over a lead's hits: the shown engagement without looking at each hit again.

Linear decay takes the same amount from a touch in every microsecond, so the unrounded sum of a group is one straight
line as long as no touch runs out. What people see is the sum of values each rounded by itself; it lies less than one
thousandth a touch below the rounded-up line, which settles the whole points nearly always. Where it does not, the hits
are looked at after all.
"""

from collections.abc import Sequence

from streams.scoring.decay import Linear
from streams.scoring.hits import Hit
from streams.scoring.values import MILLI

_NEVER = -1


class Tally:
    """The sums of one lead's hits, valid between two instants.

    With w the decay's denominator, a hit is worth (high - fall * at) // w thousandths at an instant `at`. Per group
    there are the sums of `high` and `fall` over the hits that are not past their lifetime, and their number.
    """

    __slots__ = ("_counts", "_falls", "_highs", "_since", "_until")

    def __init__(self) -> None:
        self._highs: list[int] = []
        self._falls: list[int] = []
        self._counts: list[int] = []
        self._since, self._until = 0, _NEVER

    def forget(self) -> None:
        """The hits have changed by more than one."""
        self._until = _NEVER

    def cover(self, hits: Sequence[Hit], at: int, decay: Linear, group_of: Sequence[int], groups: int) -> bool:
        """Sum up the hits (in order) anew unless the sums hold at `at`; False where they cannot hold there."""
        if self._since <= at < self._until:
            return True
        alive = decay.alive(hits, at)
        if alive and alive[-1][0] > at:
            return False  # a touch of the near future has not begun to fade
        self._highs, self._falls, self._counts = [0] * groups, [0] * groups, [0] * groups
        ended = len(hits) - len(alive)
        self._since, self._until = hits[ended - 1][0] + decay.lifetime if ended else 0, 1 << 62
        for occurred_at, _, rule, points in alive:
            self.add(occurred_at, points, group_of[rule], decay)
        return True

    def add(self, occurred_at: int, points: int, group: int, decay: Linear) -> None:
        """One more hit."""
        if self._until == _NEVER:
            return
        scaled, lost, whole, _ = decay.factors
        fall = points * lost
        self._highs[group] += points * scaled + fall * occurred_at + whole
        self._falls[group] += fall
        self._counts[group] += 1
        self._since = max(self._since, occurred_at)
        self._until = min(self._until, occurred_at + decay.lifetime)

    def whole_points(self, at: int, decay: Linear, caps: Sequence[int]) -> int | None:
        """The engagement at a covered instant in whole points, rounded half up; None where the sums leave it open."""
        twice = decay.factors[3]
        least = most = 0
        for high, fall, count, cap in zip(self._highs, self._falls, self._counts, caps, strict=True):
            if count:
                top = (high - fall * at) // twice
                most += min(top, cap)
                least += min(top - count + 1, cap)
        shown = (most + MILLI // 2) // MILLI
        return shown if (least + MILLI // 2) // MILLI == shown else None

    def falling(self, at: int, decay: Linear, caps: Sequence[int]) -> list[tuple[int, int, int]]:
        """(least value, fall a microsecond, cap) of each group that falls, in thousandths times w."""
        twice = decay.factors[3]
        return [
            (high - fall * at - count * twice, fall, cap * twice)
            for high, fall, count, cap in zip(self._highs, self._falls, self._counts, caps, strict=True)
            if fall
        ]
