"""The earliest deadline of every key, in order of due; changes can be undone when a batch is aborted."""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import Protocol

_SLACK = 64


class Wakes(Protocol):
    """The earliest deadline of every key, in order of (due, key)."""

    def set(self, key: bytes, due: int | None) -> None:
        """Set or clear the deadline of a key."""
        ...

    def peek(self) -> int | None:
        """The earliest due of all, or None."""
        ...

    def first(self) -> tuple[int, bytes] | None:
        """The earliest (due, key) of all, or None; it stays."""
        ...

    def pop(self) -> tuple[int, bytes]:
        """Take the earliest (due, key) out; call after `peek` said there is one.

        The key's state has to be written in the same transaction: that is what makes it known to the changelog.
        """
        ...

    def of(self, keys: Iterable[bytes]) -> Iterable[int | None]:
        """The deadlines of these keys, in their order."""
        ...

    def commit(self) -> None:
        """Keep all changes since the last commit or abort."""
        ...

    def abort(self) -> None:
        """Take back all changes since the last commit or abort."""
        ...

    def __getitem__(self, key: bytes) -> int | None: ...


class Deadlines:
    """A heap of (due, key) with lazy removal: the dictionary says which entries still hold."""

    def __init__(self, due: dict[bytes, int] | None = None) -> None:
        self._due: dict[bytes, int] = dict(due or {})
        self._heap: list[tuple[int, bytes]] = [(at, key) for key, at in self._due.items()]
        heapify(self._heap)
        self._undo: list[tuple[bytes, int | None]] = []

    def set(self, key: bytes, due: int | None) -> None:
        """Set or clear the deadline of a key."""
        old = self._due.get(key)
        if old == due:
            return
        self._undo.append((key, old))
        self._put(key, due)

    def peek(self) -> int | None:
        """The earliest due of all, or None."""
        heap, due = self._heap, self._due
        while heap and due.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def first(self) -> tuple[int, bytes] | None:
        """The earliest (due, key) of all, or None; it stays."""
        return None if self.peek() is None else self._heap[0]

    def pop(self) -> tuple[int, bytes]:
        """Take the earliest (due, key) out; call after `peek` said there is one."""
        due, key = heappop(self._heap)
        self._undo.append((key, due))
        del self._due[key]
        return due, key

    def of(self, keys: Iterable[bytes]) -> Iterable[int | None]:
        """The deadlines of these keys, in their order."""
        return map(self._due.get, keys)

    def commit(self) -> None:
        """Keep all changes since the last commit or abort."""
        self._undo.clear()
        if len(self._heap) > 2 * len(self._due) + _SLACK:  # entries that hold no more would pile up
            self._heap = [(at, key) for key, at in self._due.items()]
            heapify(self._heap)

    def abort(self) -> None:
        """Take back all changes since the last commit or abort."""
        for key, due in reversed(self._undo):
            self._put(key, due)
        self._undo.clear()

    def __len__(self) -> int:
        return len(self._due)

    def __getitem__(self, key: bytes) -> int | None:
        return self._due.get(key)

    def _put(self, key: bytes, due: int | None) -> None:
        if due is None:
            self._due.pop(key, None)
        else:
            self._due[key] = due
            heappush(self._heap, (due, key))
