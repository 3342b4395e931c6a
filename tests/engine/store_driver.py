"""Uses a state store as a task does, over a changelog in memory, beside a dictionary that says what is right."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from engine.memory.disk import MemoryDisk
from engine.memory.log import MemoryLog
from engine.ports import GroupSpec, NewRecord, TopicSpec, Writes
from engine.state import POSITION, MemoryStore, StateStore, pack, unpack

GROUP = GroupSpec("states", ("in",), "changelog", "dead")
Change = tuple[bytes, int | None, bytes | None]
"""Key, deadline, state; a state of None removes the key."""


class Clock:
    """Never tells the same time twice, so that records of two logs can be told apart as on a real clock."""

    now = 1_000

    def __call__(self) -> int:
        Clock.now += 1
        return Clock.now


class StoreDriver:
    """A store, the log it copies, and the twin.

    Attributes:
        twin: deadline and state of every key, as committed to the log.
    """

    def __init__(self, make: Callable[[], StateStore], disk: MemoryDisk | None = None) -> None:
        self._make = make
        self.log = MemoryLog(clock=Clock(), disk=disk)
        asyncio.run(
            self.log.create_topics([TopicSpec(n, 1, compacted=n == "changelog") for n in ("in", "changelog", "dead")])
        )
        self.twin: dict[bytes, tuple[int | None, bytes]] = {}
        self._commits = 0
        self.store = make()
        self.task = self.log.task(GROUP, 0)
        self.open()

    def open(self) -> None:
        """What a task does when it opens."""
        self.task = self.log.task(GROUP, 0)
        if isinstance(self.store, MemoryStore):
            self.store.take_all(asyncio.run(self.task.open()).changelog)
            self.store.restored(None)
        else:
            self.store.open()
            self.store.restored(asyncio.run(self.task.open(self.store)).mark)

    def reopen(self) -> None:
        """Another process, the same folder."""
        self.store.close()
        self.store = self._make()
        self.open()

    def commit(self, changes: Sequence[Change], *, told: bool = True) -> None:
        """A transaction; when the store is not told, the process died on the way."""
        for key, due, raw in changes:
            self.store.deadlines.set(key, None if raw is None else due)
        last = {key: (self.store.deadlines[key], raw) for key, _, raw in changes}
        rows = [(key, None if raw is None else pack(due, raw)) for key, (due, raw) in last.items()]
        self._commits += 1
        position = b'{"offsets":{"in":%d},"time":0}' % self._commits
        changelog = [*(NewRecord(key, value) for key, value in rows), NewRecord(POSITION, position)]
        mark = asyncio.run(self.task.commit(Writes(changelog=changelog)))
        for key, value in rows:
            if value is None:
                self.twin.pop(key, None)
            else:
                self.twin[key] = unpack(value)
        if told:
            self.store.commit(rows, mark)
            self.store.deadlines.commit()

    def abort(self, changes: Sequence[Change], fired: int) -> None:
        """A transaction that comes to nothing."""
        for key, due, raw in changes:
            self.store.deadlines.set(key, None if raw is None else due)
        for _ in range(fired):
            if self.store.deadlines.peek() is not None:
                self.store.deadlines.pop()
        self.store.deadlines.abort()

    def fire(self) -> None:
        """The earliest deadline fires, in a transaction of its own, and its key is left without one."""
        expected = min(((due, key) for key, (due, _) in self.twin.items() if due is not None), default=None)
        assert self.store.deadlines.peek() == (expected and expected[0])
        if expected is not None:
            assert self.store.deadlines.pop() == expected
            self.commit([(expected[1], None, self.twin[expected[1]][1])])

    def check(self) -> None:
        """The store holds what the dictionary holds, and nothing else."""
        twin, store = self.twin, self.store
        assert list(store.keys()) == sorted(twin)
        assert len(store) == len(twin)
        assert {key: store.get(key) for key in twin} == {key: raw for key, (_, raw) in twin.items()}
        assert {key: store.deadlines[key] for key in twin} == {key: due for key, (due, _) in twin.items()}
        assert store.get(b"never written") is None
        drained = []
        while (due := store.deadlines.peek()) is not None:
            drained.append(store.deadlines.pop())
            assert drained[-1][0] == due
        assert drained == sorted((due, key) for key, (due, _) in twin.items() if due is not None)
        store.deadlines.abort()

    def act(self, what: tuple[Any, ...]) -> None:
        """One step of a law."""
        match what:
            case ("commit", changes):
                self.commit(changes)
            case ("abort", changes, fired):
                self.abort(changes, fired)
            case ("fire",):
                self.fire()
            case ("die on the way", changes):
                self.commit(changes, told=False)
                self.reopen()
            case ("reopen",):
                self.reopen()
            case ("compact",):
                self.log.compact(GROUP.changelog, 0)
            case _:
                raise AssertionError(what)
