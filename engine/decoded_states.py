"""Decoded states that are kept between batches, so that a key that comes again need not be decoded again."""

from collections.abc import Iterable, Mapping
from typing import Generic

from engine.ports import S

DECODED_BYTES = 16 << 20
"""Bytes of states, as they are stored, that a task keeps decoded as well, unless it is told otherwise."""
_ENTRY = 200
"""Bytes that an entry counts for beside its state: the key, its places in two dictionaries, a size."""


class DecodedStates(Generic[S]):
    """Bounded by what the states take in the store, which is known; decoded they take a multiple of it.

    A transaction takes the states it may change out of `states` and puts them back when it is committed, so the order
    of the dictionary is that of their last use.

    Attributes:
        states: by key; whoever changes it says so by `settle`.

    Args:
        most: bytes that may be kept; when there are more, those used longest ago go until half is left.
    """

    __slots__ = ("_bytes", "_most", "_sizes", "states")

    def __init__(self, most: int) -> None:
        self.states: dict[bytes, S] = {}
        self._sizes: dict[bytes, int] = {}
        self._bytes, self._most = 0, most

    def settle(self, loaded: Mapping[bytes, int], changes: Iterable[tuple[bytes, bytes | None]]) -> None:
        """A transaction is committed, its states are back: keep the bound.

        Args:
            loaded: bytes of the states that were decoded in it.
            changes: the changed keys with their new changelog values; None for a removed state.
        """
        sizes, grown = self._sizes, 0
        for key, size in loaded.items():
            grown += size + _ENTRY - sizes.get(key, 0)
            sizes[key] = size + _ENTRY
        for key, value in changes:
            if value is None:
                grown -= sizes.pop(key, 0)
            else:
                size = len(value) + _ENTRY
                grown += size - sizes.get(key, 0)
                sizes[key] = size
        self._bytes += grown
        if self._bytes > self._most:
            self._let_go()

    def _let_go(self) -> None:
        """Keep those used last that take half of what is allowed; sizes of states that an abort has dropped go too."""
        states, sizes, left = self.states, self._sizes, self._most // 2
        kept: list[bytes] = []
        for key in reversed(states):
            left -= sizes[key]
            if left < 0:
                break
            kept.append(key)
        kept.reverse()
        # A new dictionary would not be known to those who hold this one.
        last = {key: states[key] for key in kept}
        states.clear()
        states.update(last)
        self._sizes = {key: sizes[key] for key in kept}
        self._bytes = sum(self._sizes.values())
