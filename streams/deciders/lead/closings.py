"""What closes a lead besides its status, what gives it back and what opens it again, as a history of intervals."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

How = Literal[
    "archived", "converted", "erased", "merged", "recycled", "rejected", "reopened", "unconverted", "unmerged"
]

LASTING: frozenset[How] = frozenset({"archived", "converted", "erased", "merged"})
"""From then on nobody has to act on the lead, until that is undone."""

PASSING: frozenset[How] = frozenset({"recycled", "rejected"})
"""They end a cycle and what runs in it; the lead stays open for the next one."""

UNDONE_BY: Mapping[How, How] = {"reopened": "archived", "unconverted": "converted", "unmerged": "merged"}
"""What an opening undoes. A `reopened` lead is also no longer closed by its status, whatever that is."""


class Closing(Struct, frozen=True, array_like=True, gc=False):
    """The lead was closed, given back or opened again.

    Attributes:
        at: occurred_at, microseconds.
        how: what happened to it.
        cycle: the lead's cycle by then, of what gives it back or opens it again; else 0.
    """

    at: int
    how: How
    cycle: int = 0


def add(closings: list[Closing], new: Closing) -> None:
    """Put one in its place by time.

    Of one instant they stand as told, for what is told later follows from what was known before; closings beside one
    another by name, for they do not depend on one another.
    """
    index = len(closings)
    while index and _before(new, closings[index - 1]):
        index -= 1
    closings.insert(index, new)


def _before(new: Closing, old: Closing) -> bool:
    if new.at != old.at:
        return new.at < old.at
    return new.how in LASTING and old.how in LASTING and new.how < old.how


def lasting(closings: Sequence[Closing]) -> list[How]:
    """What closes the lead after all of these, the longest-standing first; empty when it is open."""
    found: list[How] = []
    for closing in closings:
        if closing.how in LASTING:
            if closing.how not in found:
                found.append(closing.how)
        else:
            undone = UNDONE_BY.get(closing.how)
            if undone in found:
                found.remove(undone)
    return found


def spans(closings: Sequence[Closing], how: How) -> list[tuple[int, int | None]]:
    """The intervals in which the lead was closed in one way, each from its closing to its opening, None without one."""
    found: list[tuple[int, int | None]] = []
    since: int | None = None
    for closing in closings:
        if closing.how == how:
            since = closing.at if since is None else since
        elif since is not None and UNDONE_BY.get(closing.how) == how:
            found.append((since, closing.at))
            since = None
    return found if since is None else [*found, (since, None)]


def is_told(closings: Sequence[Closing], how: How, at: int) -> bool:
    """Whether closing the lead in a way at an instant would say nothing new: it is so closed, or that was undone."""
    return how in lasting(closings) or any(each.at >= at and UNDONE_BY.get(each.how) == how for each in closings)
