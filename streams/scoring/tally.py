"""Running sums over a lead's hits: the shown engagement without looking at each hit again.

Linear decay takes the same amount from a touch in every microsecond, so the unrounded sum of a group is one straight
line as long as no touch runs out. What people see is the sum of values each rounded by itself; it lies less than one
thousandth a touch below the rounded-up line, which settles the whole points nearly always. Where it does not, the hits
are looked at after all.
"""

from collections.abc import Sequence

from streams.scoring.decay import Linear
from streams.scoring.engagement import Engagement
from streams.scoring.hits import Hit
from streams.scoring.values import MILLI

_NEVER = -1
_ALWAYS = 1 << 62
_HALF = MILLI // 2


class _Line:
    """A group's hits that are not past their lifetime: (high - fall * t) // w thousandths before the cap.

    Here t counts from the tally's origin: from 1970 on the products would not fit a machine word.
    """

    __slots__ = ("cap", "count", "fall", "high")

    def __init__(self, cap: int) -> None:
        self.high, self.fall, self.count, self.cap = 0, 0, 0, cap


class Tally:
    """The sums of one lead's hits, valid between two instants.

    Args:
        decay: of the engagement.
        engagement: its groups and caps.
    """

    __slots__ = ("_decay", "_engagement", "_line_of", "_lines", "_origin", "_since", "_until")

    def __init__(self, decay: Linear, engagement: Engagement) -> None:
        self._decay, self._engagement = decay, engagement
        self._line_of: dict[int, _Line] = {}
        self._lines: list[_Line] = []
        self._origin, self._since, self._until = 0, 0, _NEVER

    def forget(self) -> None:
        """The hits have changed by more than one."""
        self._until = _NEVER

    def covers(self, hits: Sequence[Hit], at: int) -> bool:
        """Sum up the hits (in order) anew unless the sums hold at `at`; False where they cannot hold there."""
        if self._since <= at < self._until:
            return True
        decay = self._decay
        alive = decay.alive(hits, at)
        if alive and alive[-1][0] > at:
            return False  # a touch of the near future has not begun to fade
        self._line_of, self._lines, self._origin = {}, [], at
        ended = len(hits) - len(alive)
        self._since, self._until = hits[ended - 1][0] + decay.lifetime if ended else 0, _ALWAYS
        group_of = self._engagement.group_of
        for occurred_at, _, rule, points in alive:
            if points:
                self.add(occurred_at, points, group_of[rule])
        return True

    def add(self, occurred_at: int, points: int, group: int) -> None:
        """One more hit."""
        if self._until == _NEVER:
            return
        line = self._line_of.get(group)
        if line is None:
            line = self._line_of[group] = _Line(self._engagement.caps[group])
            self._lines.append(line)
        scaled, lost, whole, _ = self._decay.factors
        fall = points * lost
        line.high += points * scaled + fall * (occurred_at - self._origin) + whole
        line.fall += fall
        line.count += 1
        self._since = max(self._since, occurred_at)
        until = occurred_at + self._decay.lifetime
        self._until = min(self._until, until)

    def whole_points(self, at: int) -> int | None:
        """The engagement at a covered instant in whole points, rounded half up; None where the sums leave it open."""
        twice, passed = self._decay.factors[3], at - self._origin
        least = most = 0
        for line in self._lines:
            cap, top = line.cap, (line.high - line.fall * passed) // twice
            low = top - line.count + 1
            most += top if top < cap else cap  # noqa: FURB136 - a call would cost double, here as in `capped`
            least += low if low < cap else cap  # noqa: FURB136
        shown = (most + _HALF) // MILLI
        return shown if (least + _HALF) // MILLI == shown else None

    def falling(self, at: int) -> list[tuple[int, int, int]]:
        """(least value, fall a microsecond, cap) of each group that falls, in thousandths times w."""
        twice, passed = self._decay.factors[3], at - self._origin
        return [
            (line.high - line.fall * passed - line.count * twice, line.fall, line.cap * twice)
            for line in self._lines
            if line.fall
        ]
