"""Spans of time as blocks, so that an ordinary index finds those that hold an instant.

Time is cut into blocks of 2^36 microseconds (19 hours), two of which make the next larger one, and so on. A span lies
in the smallest block that holds all of it, so whatever holds an instant lies in one of the two dozen blocks that do.
"""

_SMALLEST, _LARGEST = 36, 59
_EARLIER = 1 << 56
"""Microseconds from before the year 1 to 1970: no datetime lies before that."""


def block_of(begin: int, end: int) -> int:
    """The block of a half-open span that is not empty, in microseconds."""
    first, last = begin + _EARLIER, end - 1 + _EARLIER
    level = max((first ^ last).bit_length(), _SMALLEST)
    return (1 << (_LARGEST - level)) + (first >> level)


def blocks_at(at: int) -> tuple[int, ...]:
    """The blocks that hold an instant in microseconds, the smallest one first."""
    return tuple(block_of(at, at + 1) >> up for up in range(_LARGEST - _SMALLEST + 1))
