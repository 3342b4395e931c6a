"""What came before its time: kept with its subject until it can be decided, or for so long at most.

What waits stands in no canonical log: nothing is said of it yet. It follows from the inbox, as answers to commands do.
"""

from bisect import insort
from collections.abc import Sequence

from msgspec import Struct

from events.instants import DAY

WAITS = 7 * DAY
"""How long a fact waits for what has to come first, in microseconds of record time."""
MOST_WAITING = 100
"""So many wait for one subject at most."""
MOST_BYTES = 100_000
"""So many bytes of them."""


class Waiting(Struct, frozen=True, array_like=True, gc=False):
    """A fact that waits, with the record it came by.

    Attributes:
        at: when it happened, microseconds.
        mark: its fingerprint.
        until: how long it waits, microseconds of record time.
        offset: the record's place in the inbox.
        timestamp: when the log took it, microseconds.
        value: its bytes.
        headers: its headers.
    """

    at: int
    mark: int
    until: int
    offset: int
    timestamp: int
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def wait(waiting: list[Waiting], new: Waiting) -> bool:
    """Keep one more, in order of time and, where that is equal, of arrival.

    Returns:
        Whether it waits now; one that comes again waits already. False where there is no room for it.
    """
    if any(each.mark == new.mark for each in waiting):
        return True
    taken = sum(len(each.value) for each in waiting)
    if len(waiting) >= MOST_WAITING or taken + len(new.value) > MOST_BYTES:
        return False
    insort(waiting, new, key=_time)
    return True


def waited(waiting: list[Waiting], due: int) -> list[Waiting]:
    """Take out those that have waited long enough at an instant (microseconds), in order."""
    gone = [each for each in waiting if each.until <= due]
    waiting[:] = [each for each in waiting if each.until > due]
    return gone


def until(waiting: Sequence[Waiting]) -> int | None:
    """When the first of them has waited long enough, microseconds; None where nothing waits."""
    return min((each.until for each in waiting), default=None)


def _time(each: Waiting) -> int:
    return each.at
