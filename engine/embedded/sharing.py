"""How live members share the partitions of a group: the same answer in every process that sees the same members."""

from collections.abc import Iterable


def share_of(partitions: int, members: Iterable[str], me: str) -> set[int]:
    """The partitions of member `me`: every n-th of them, by its place among the sorted members.

    Shares differ by one partition at most; empty when `me` is not among the members.
    """
    seats = sorted(set(members))
    if me not in seats:
        return set()
    return set(range(seats.index(me), partitions, len(seats)))
