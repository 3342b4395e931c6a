"""A bounded memory: what was put in first is forgotten first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """The last values that were put in, by key.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        # No plain dictionary: looking for its first key walks over all that were taken away before it.
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __contains__(self, key: K) -> bool:
        return key in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V | None:
        """What is kept under a key."""
        return self._kept.get(key)

    def put(self, key: K, value: V) -> None:
        """Keep a value; the oldest one goes when there are too many."""
        self._kept[key] = value
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self, key: K) -> None:
        """Take a value away, if it is there."""
        self._kept.pop(key, None)
