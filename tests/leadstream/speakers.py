"""Three task groups that speak to one another, their readers, and a log that lets them work between two looks at it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from typing_extensions import override

from engine.batch import Batch
from engine.memory.log import MemoryLog
from engine.ports import Fetched, GroupSpec, NewRecord, Record, TopicSpec
from engine.recordtime import TASK_HEADER, TIME_HEADER, record_time
from engine.task import Task
from engine.transaction import Transaction
from leadstream.finality import Finality
from leadstream.looking import finality

NAMES = "abc"
WRITERS = tuple(GroupSpec(name, (f"{name}-in",), f"{name}-state", "dead") for name in NAMES)
READERS = tuple(GroupSpec(f"{name}-views", (f"{name}-log",), f"{name}-view-state", "dead") for name in NAMES)


class Say(NamedTuple):
    """Somebody outside tells a group something.

    Attributes:
        to: the group.
        path: whom it tells of it, and they the next.
        wait: when a deadline is due that the last one sets, from the record time on; some have passed already.
        then: whom that one tells when it has passed, and they the next.
    """

    to: int
    path: str
    wait: int | None = None
    then: str = ""


ALL = len(NAMES)
"""Who does something, when all do it one after the other."""


class Do(NamedTuple):
    """Something happens: a writer takes a record, or lets time pass; a reader reads all; or the wall clock goes on."""

    what: Literal["decide", "tick", "read", "wait"]
    who: int


FARTHEST = 3
"""How often a word is told on at most, before a deadline and after it."""
Step = Say | Do | None
"""None: nothing happens until the next look at the log."""


class Speaker:
    """The program of a writer: each thing it hears or is woken by is a fact, and is told on along its path."""

    def __init__(self, name: str) -> None:
        self._name = name

    def load(self, raw: bytes) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(raw)
        return state

    def dump(self, state: dict[str, Any]) -> bytes:
        return json.dumps(state).encode()

    async def prepare(self, until: int) -> None: ...

    def decide(self, txn: Transaction[dict[str, Any]], record: Record, at: int) -> None:
        path, wait, then = json.loads(record.value or b"")
        state = txn.get(b"k") or {"recorded": 0, "due": []}
        state["recorded"] = max(state["recorded"], at)
        if path:
            self._tell(txn, path, (wait, then), at)
        elif wait is not None:
            state["due"].append([max(at + wait, 1), then])
        self._keep(txn, state)

    def wake(self, txn: Transaction[dict[str, Any]], key: bytes, due: int) -> None:
        state = txn.get(key)
        assert state is not None
        state["recorded"] = max(state["recorded"], due)
        state["due"].sort()
        _, then = state["due"].pop(0)
        if then:
            self._tell(txn, then, (None, ""), state["recorded"])
        self._keep(txn, state)

    def milestone(self, since: int) -> int | None:
        return None

    def sweep(self, txn: Transaction[dict[str, Any]], key: bytes, at: int) -> None: ...

    def finish(self, txn: Transaction[dict[str, Any]]) -> None: ...

    def _keep(self, txn: Transaction[dict[str, Any]], state: dict[str, Any]) -> None:
        txn.send(f"{self._name}-log", b"k", b"", ((TIME_HEADER, b"%d" % state["recorded"]),))
        txn.put(b"k", state, min((due for due, _ in state["due"]), default=None))

    def _tell(self, txn: Transaction[dict[str, Any]], path: str, last: tuple[int | None, str], at: int) -> None:
        headers = ((TIME_HEADER, b"%d" % at), (TASK_HEADER, b"x"))
        txn.send(f"{path[0]}-in", b"k", json.dumps([path[1:], *last]).encode(), headers)


class Listener(Speaker):
    """The program of a reader: it keeps nothing but its position."""

    @override
    def decide(self, txn: Transaction[dict[str, Any]], record: Record, at: int) -> None: ...


class Stage(MemoryLog):
    """A log on which steps are taken before each look at it."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.now = 100
        super().__init__(clock=lambda: self.now)
        self._steps = iter(steps)
        self._acting = False
        self.writers: list[Task[Any]] = []
        self.readers: list[Task[Any]] = []

    async def begin(self) -> "Stage":
        topics = [TopicSpec(f"{name}-{kind}", 1) for name in NAMES for kind in ("in", "log")]
        states = [TopicSpec(group.changelog, 1, compacted=True) for group in (*WRITERS, *READERS)]
        await self.create_topics([*topics, *states, TopicSpec("dead", 1)])
        self.writers = [self._task(group, Speaker(group.name)) for group in WRITERS]
        self.readers = [self._task(group, Listener(group.name)) for group in READERS]
        for task in (*self.writers, *self.readers):
            await task.open()
        return self

    async def act(self, steps: Iterator[Step]) -> None:
        """Take steps up to the next pause."""
        self._acting = True
        for step in steps:
            if step is None:
                break
            await self._take(step)
        self._acting = False

    async def look(self) -> Finality:
        """What is found while steps are taken between any two requests."""
        return await finality(self, WRITERS, READERS, record_time)

    async def end(self) -> None:
        """Everything is decided, fired and read."""
        self._steps = iter(())
        await self.act(self._steps)
        self._acting = True
        self.now += 1_000
        for _ in range(2 * FARTHEST + 2):  # time passes where all is read
            for writer in self.writers:
                while await self._decide(writer):
                    pass
            await self._take(Do("tick", ALL))
        await self._take(Do("read", ALL))
        self._acting = False

    async def facts(self) -> list[tuple[int, int, int]]:
        """Of each fact its log, its offset and when it was recorded."""
        found = []
        for number, name in enumerate(NAMES):
            records = (await self.read(f"{name}-log", 0, 0)).records
            found += [(number, record.offset, record_time(record)) for record in records]
        return found

    @override
    async def latest(self, topic: str, partition: int, key: bytes) -> bytes | None:
        await self._between()
        return await super().latest(topic, partition, key)

    @override
    async def settled(self, topic: str) -> list[int]:
        await self._between()
        return await super().settled(topic)

    @override
    async def read(self, topic: str, partition: int, offset: int, limit: int = 5000) -> Fetched:
        await self._between()
        return await super().read(topic, partition, offset, limit)

    async def _between(self) -> None:
        if not self._acting:
            await self.act(self._steps)

    def _task(self, group: GroupSpec, program: Speaker) -> Task[Any]:
        return Task(group=group, partition=0, partitions=1, log=self.task(group, 0), processor=program)

    async def _take(self, step: Say | Do) -> None:
        match step:
            case Say(to):
                await self.append({(f"{NAMES[to]}-in", 0): [NewRecord(b"k", json.dumps(step[1:]).encode())]})
            case Do("wait", more):
                self.now += 1 + more
            case Do(what, who):
                for number in range(len(NAMES)) if who == ALL else (who,):
                    await self._do(what, number)

    async def _do(self, what: str, who: int) -> None:
        writer, reader = self.writers[who], self.readers[who]
        if what == "decide":
            await self._decide(writer)
        elif what == "tick":
            if writer.positions == await writer.log.ends():
                await writer.advance(self.now)
        else:
            while await self._decide(reader):
                pass

    async def _decide(self, task: Task[Any]) -> bool:
        """Take one record; whether there was one."""
        (source,) = task.group.sources
        offset = task.positions[source]
        records, _ = await super().read(source, 0, offset, 1)
        if records:
            await task.process(Batch(source, 0, offset, records[:1], records[0].offset + 1))
        return bool(records)
