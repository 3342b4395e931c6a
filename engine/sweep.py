"""A milestone on its way through every key of a task, slice by slice."""

from time import perf_counter

from engine.ports import Processor, S
from engine.transaction import Transaction

_LOOK = 15


class Sweep:
    """Takes every key there was when a milestone passed through the program, in byte order.

    It may need several transactions. Where it stands is kept in memory only: after a crash it begins anew, and finds
    that the first keys have nothing more to say.

    Attributes:
        at: the milestone, microseconds.
    """

    __slots__ = ("_committed", "_keys", "_reached", "at")

    def __init__(self, at: int, keys: list[bytes]) -> None:
        self.at, self._keys = at, keys
        self._committed = self._reached = 0

    def run(self, processor: Processor[S], txn: Transaction[S], until: float) -> bool:
        """Go on until all keys are done, or, after one at least, until `perf_counter()` reaches `until`.

        Returns:
            Whether all are done.
        """
        keys, first = self._keys, self._reached
        for index in range(first, len(keys)):
            if not index & _LOOK and index > first and perf_counter() > until:
                self._reached = index
                return False
            processor.sweep(txn, keys[index], self.at)
        self._reached = len(keys)
        return True

    @property
    def next_key(self) -> bytes | None:
        """Whose turn it is; None when all are done."""
        return self._keys[self._reached] if self._reached < len(self._keys) else None

    def step(self, processor: Processor[S], txn: Transaction[S]) -> None:
        """Take the next key."""
        processor.sweep(txn, self._keys[self._reached], self.at)
        self._reached += 1

    def commit(self) -> bool:
        """What was done is done; whether that was all."""
        self._committed = self._reached
        return self._committed == len(self._keys)

    def abort(self) -> None:
        """Go back to where the last commit left it."""
        self._reached = self._committed
