"""How long a falling engagement stays at or above a level for certain.

Cheaper by far than the exact instant, and enough to know when to look again: a lower bound, in integers.
"""

from collections.abc import Sequence


def holds_for(floor: int, groups: Sequence[tuple[int, int, int]]) -> int | None:
    """For how long a sum of falling groups, each at most its cap, does not come below a floor.

    Each group falls along a straight line, and one above its cap loses nothing that shows. Touches that run out make
    it fall more slowly, so what comes after is later still.

    Args:
        floor: the level.
        groups: (value now, fall a microsecond, cap), all in the unit of the floor; falls are more than 0.

    Returns:
        Microseconds, 0 where it is below already; None when it never comes below.
    """
    passed = 0
    while True:
        total = falling = 0
        next_bend: int | None = None
        for value, fall, cap in groups:
            left = value - fall * passed
            if left > cap:
                total += cap
                bend = passed + (left - cap) // fall + 1
                next_bend = bend if next_bend is None else min(next_bend, bend)
            else:
                total += left
                falling += fall
        if total < floor:
            return max(passed - 1, 0)
        if falling:
            reached = passed + (total - floor) // falling
            if next_bend is None or reached < next_bend:
                return reached
        if next_bend is None:
            return None
        passed = next_bend
