"""Deadlines in order of due, of which memory holds the next ones only."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from engine.deadlines import Deadlines

NEAR = 5_000
"""How many of the next deadlines are read at once; in memory one takes about 200 bytes with its key."""
_EVERYTHING = b"\xff" * 9
_DUE_BYTES = 8

Entries = Callable[[bytes], Iterator[bytes]]


def entry(due: int, key: bytes) -> bytes:
    """A deadline as bytes that sort by (due, key)."""
    return due.to_bytes(_DUE_BYTES, "big") + key


class RocksDeadlines:
    """Implements `engine.deadlines.Wakes` over committed entries on disk.

    All entries before the horizon are in memory, with what this transaction has changed; the others are read when the
    former are used up. The entries themselves are written by the store, together with the states.

    Args:
        entries: the committed entries from one on, in order.
        committed: the committed deadline of a key.
    """

    def __init__(self, entries: Entries, committed: Callable[[bytes], int | None]) -> None:
        self._entries, self._committed = entries, committed
        self._changed: dict[bytes, int | None] = {}
        self._near = Deadlines()
        self._floor = self._horizon = b""

    def set(self, key: bytes, due: int | None) -> None:
        """Set or clear the deadline of a key."""
        self._changed[key] = due
        self._near.set(key, due if due is not None and entry(due, key) < self._horizon else None)

    def peek(self) -> int | None:
        """The earliest due of all, or None."""
        first = self._near.peek()
        while first is None and self._horizon < _EVERYTHING:
            self._read_on()
            first = self._near.peek()
        return first

    def first(self) -> tuple[int, bytes] | None:
        """The earliest (due, key) of all, or None; it stays."""
        self.peek()
        return self._near.first()

    def pop(self) -> tuple[int, bytes]:
        """Take the earliest (due, key) out; call after `peek` said there is one."""
        due, key = self._near.pop()
        self._changed[key] = None
        return due, key

    def of(self, keys: Iterable[bytes]) -> Iterable[int | None]:
        """The deadlines of these keys, in their order."""
        return map(self.__getitem__, keys)

    def commit(self) -> None:
        """All changes are on disk now."""
        self._changed.clear()
        self._near.commit()
        first = self._near.peek()
        if first is not None:
            self._floor = entry(first, b"")
        elif self._horizon < _EVERYTHING:
            self._floor = self._horizon
        if len(self._near) > 4 * NEAR:
            self._forget()

    def abort(self) -> None:
        """Take back all changes since the last commit or abort: what is on disk counts."""
        self._changed.clear()
        self._forget()

    def __getitem__(self, key: bytes) -> int | None:
        return self._changed[key] if key in self._changed else self._committed(key)

    def _forget(self) -> None:
        """Begin again with what is on disk. Nothing there lies before the floor."""
        self._near, self._horizon = Deadlines(), self._floor

    def _read_on(self) -> None:
        low = self._horizon
        read = list(islice(self._entries(low), NEAR))
        self._horizon = read[-1] + b"\0" if len(read) == NEAR else _EVERYTHING
        for found in read:
            key = found[_DUE_BYTES:]
            if key not in self._changed:
                self._near.set(key, int.from_bytes(found[:_DUE_BYTES], "big"))
        for key, changed in self._changed.items():
            if changed is not None and low <= entry(changed, key) < self._horizon:
                self._near.set(key, changed)
