"""Which offsets of a source are decided, where they were not decided in the order of offsets.

Live, a task decides from its position on, and the position says it all. A run in virtual time decides in the order of
record time: what tasks send to one another lies at the end of an inbox and is decided before all that is later.
"""

from bisect import bisect_right
from collections.abc import Iterator

FAR = 2**62
"""Later than every offset."""
Ranges = tuple[tuple[int, int], ...]
"""Ranges of offsets, the end of each not included; in order, and apart from one another."""


def within(offset: int, ranges: Ranges) -> bool:
    """Whether an offset lies in one of the ranges."""
    found = bisect_right(ranges, (offset, FAR)) - 1
    return found >= 0 and offset < ranges[found][1]


def beyond(ranges: Ranges, position: int) -> Ranges:
    """What of the ranges lies at or after a position."""
    return tuple((max(start, position), end) for start, end in ranges if end > position)


def without(start: int, end: int, ranges: Ranges) -> Iterator[tuple[int, int]]:
    """What of a stretch of offsets lies in none of the ranges."""
    for first, after in ranges:
        if first >= end:
            break
        if start < min(first, end):
            yield start, first
        start = max(start, after)
    if start < end:
        yield start, end


class Decided:
    """The decided offsets of one source partition.

    Attributes:
        position: every offset before it is decided.
    """

    __slots__ = ("_ends", "_starts", "position")

    def __init__(self, position: int, ahead: Ranges = ()) -> None:
        self.position = position
        self._starts = dict(ahead)
        self._ends = {end: start for start, end in ahead}
        while self.position in self._starts:  # a live task has come up to it meanwhile
            self.position = self._starts.pop(self.position)
            del self._ends[self.position]

    def add(self, start: int, end: int) -> None:
        """Offsets from `start` to before `end` are decided, which none of them was."""
        if start == self.position:
            self.position = self._starts.pop(end, end)
            if self.position != end:
                del self._ends[self.position]
            return
        if (before := self._ends.pop(start, None)) is not None:
            start = before
        if (after := self._starts.pop(end, None)) is not None:
            end = after
        self._starts[start], self._ends[end] = end, start

    @property
    def ahead(self) -> Ranges:
        """What is decided beyond the position."""
        return tuple(sorted(self._starts.items()))
