"""How long small answers are left to gather before the next request: as short as the work they bring about allows.

A transaction costs milliseconds, however few records it has. Asking again at once would spend a whole core on a
thousand records a second; a fixed pause makes everybody wait as long as the slowest machine needs. So the pause
follows from the processor time that the last answer has cost: the work may take a certain share of one core. On an
idle machine that is a few milliseconds, and it grows by itself when transactions get dearer. Under load answers are
large, and there is no pause at all.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gather:
    """The bounds of the pause. Durations in seconds.

    Attributes:
        share: how much of one core small answers may keep busy.
        least: pause at least this long after a small answer.
        longest: and never longer than this.
        small: an answer below this many bytes is small.
    """

    share: float = 0.35
    least: float = 0.005
    longest: float = 0.05
    small: int = 64 << 10


class Gathering:
    """The pauses after one broker's answers. Instants and processor time are given, in seconds."""

    def __init__(self, gather: Gather) -> None:
        self._gather = gather
        self._at = self._cpu = 0.0
        self._pausing = False

    def answered(self, size: int, now: float, cpu: float) -> None:
        """An answer of so many bytes has come."""
        self._at, self._cpu, self._pausing = now, cpu, 0 < size < self._gather.small

    def pause(self, now: float, cpu: float) -> float:
        """How long to wait from now on; 0 to ask at once. To be asked again after the wait: work goes on meanwhile.

        The first record after a quiet time never waits.
        """
        if not self._pausing:
            return 0.0
        gather = self._gather
        whole = min(max((cpu - self._cpu) / gather.share, gather.least), gather.longest)
        return max(0.0, self._at + whole - now)
