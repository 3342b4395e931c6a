"""Whether a subject's state has room for one more fact: it has to fit a record of the changelog, whatever is in it."""

from collections.abc import Callable

OUTSIDE_BYTES = 750_000
"""The most a state may take by what anyone may send."""
TASK_BYTES = 850_000
"""The most it may take by what our own tasks say: whoever fills a subject from outside must not silence those who ask
it. The rest of a record is for what a last fact brings about."""
_GROWTH_TIMES, _GROWTH, _GROWTH_MOST = 3, 10_000, 150_000
"""What a fact adds at most by itself; what no subject keeps of it may be as large as the inbox takes."""


class Room:
    """Upper bounds of the sizes of states, so that the exact size is seldom taken.

    What is refused is decided by the exact size alone and does not depend on which bounds are remembered.
    """

    def __init__(self) -> None:
        self._bounds: dict[bytes, int] = {}

    def is_left(self, key: bytes, added: int, most: int, measure: Callable[[], int]) -> bool:
        """Whether a state stays within so many bytes after a fact; if it does, the fact is counted.

        Args:
            key: the subject.
            added: bytes of the fact.
            most: bytes the state may take.
            measure: the exact size of the state before the fact.
        """
        growth, known = min(_GROWTH_TIMES * added, _GROWTH_MOST) + _GROWTH, self._bounds.get(key)
        if known is None or known + growth > most:
            known = measure()
        fits = known + growth <= most
        self._bounds[key] = known + growth if fits else known
        return fits

    def forget(self, key: bytes) -> None:
        """The state has changed by more than facts that were counted."""
        self._bounds.pop(key, None)

    def clear(self) -> None:
        """States may have changed elsewhere."""
        self._bounds.clear()
