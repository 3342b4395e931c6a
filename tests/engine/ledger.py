"""A small program for tasks: every key has a list of what happened to it, and one deadline."""

from collections.abc import Callable, Sequence

from engine.batch import Batch
from engine.memory.disk import MemoryDisk
from engine.memory.log import MemoryLog
from engine.ports import GroupSpec, Headers, NewRecord, Record, TopicSpec
from engine.task import Task
from engine.transaction import Transaction

IN, SECOND, OUT, CHANGELOG, DEAD = "in", "second", "out", "changelog", "dead"
GROUP = GroupSpec("ledgers", (IN,), CHANGELOG, DEAD)
PAIR = GroupSpec("ledgers", (IN, SECOND), CHANGELOG, DEAD)
PARTITIONS = 2


class Wall:
    """A clock moved by hand."""

    def __init__(self, now: int = 1_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class Ledger:
    """Remembers `value@time` of every record; `due N` sets a deadline, `boom` fails, `gone` removes the key.

    Attributes:
        calls: what the task asked for, in order; kept outside the state, so aborted work shows as well.
        milestones: instants at which a sweep has to run.
        failing: how many of the next decisions of `boom` fail.
        crashing_at: key at which the next sweep fails.
    """

    def __init__(self, milestones: Sequence[int] = (), failing: int = 0) -> None:
        self.calls: list[str] = []
        self.prepared: list[int] = []
        self.milestones, self.failing, self.crashing_at = sorted(milestones), failing, b""

    def load(self, raw: bytes) -> list[str]:
        return raw.decode().split(",") if raw else []

    def dump(self, state: list[str]) -> bytes:
        return ",".join(state).encode()

    async def prepare(self, until: int) -> None:
        self.prepared.append(until)

    def decide(self, txn: Transaction[list[str]], record: Record, at: int) -> None:
        key, text = record.key or b"", (record.value or b"").decode()
        self.calls.append(f"{text}@{at}")
        if text == "gone":
            txn.delete(key)
            return
        state = txn.get(key)
        state = [] if state is None else state
        state.append(f"{text}@{at}")
        if text == "boom" and self.failing:
            self.failing -= 1
            raise ValueError("a bug in the handler")
        txn.send(OUT, key, f"{len(state)}:{text}".encode())
        txn.put(key, state, int(text[4:]) if text.startswith("due ") else txn.wake_of(key))

    def wake(self, txn: Transaction[list[str]], key: bytes, due: int) -> None:
        self.calls.append(f"wake {key.decode()} {due}")
        state = txn.get(key)
        assert state is not None
        state.append(f"wake@{due}")
        txn.send(OUT, key, b"wake")
        txn.put(key, state, None)

    def milestone(self, since: int) -> int | None:
        return next((at for at in self.milestones if at >= since), None)

    def sweep(self, txn: Transaction[list[str]], key: bytes, at: int) -> None:
        self.calls.append(f"sweep {at} {key.decode()}")
        state = txn.get(key)
        if state is not None and f"swept@{at}" not in state:
            state.append(f"swept@{at}")
            txn.send(OUT, key, b"sweep")
            txn.put(key, state, txn.wake_of(key))
            if self.crashing_at == key:
                self.crashing_at = b""
                raise ValueError("a bug in the sweep")

    def finish(self, txn: Transaction[list[str]]) -> None:
        self.calls.append("finish")


async def made(clock: Callable[[], int] | None = None, disk: MemoryDisk | None = None, owner: str = "one") -> MemoryLog:
    """A log with the topics."""
    log = MemoryLog(clock=clock or Wall(), disk=disk, owner=owner)
    plain = [TopicSpec(name, PARTITIONS) for name in (IN, SECOND, OUT, DEAD)]
    await log.create_topics([*plain, TopicSpec(CHANGELOG, PARTITIONS, compacted=True)])
    return log


async def opened(log: MemoryLog, ledger: Ledger | None = None, group: GroupSpec = GROUP) -> Task[list[str]]:
    task = Task(group=group, partition=0, partitions=PARTITIONS, log=log.task(group, 0), processor=ledger or Ledger())
    await task.open()
    return task


def new(text: str, at: int | None = None, key: bytes = b"a", extra: Headers = ()) -> NewRecord:
    headers = list(extra) if at is None else [*extra, ("ls-time", b"%d" % at)]
    return NewRecord(key, text.encode(), headers)


async def send(log: MemoryLog, *records: NewRecord, topic: str = IN) -> None:
    await log.append({(topic, 0): list(records)})


async def batch(log: MemoryLog, offset: int, limit: int = 5000, topic: str = IN) -> Batch:
    """What is there from an offset on."""
    records, after = await log.read(topic, 0, offset, limit)
    return Batch(topic, 0, offset, records, after)


async def values(log: MemoryLog, topic: str = OUT) -> list[bytes | None]:
    return [record.value for record in (await log.read(topic, 0, 0)).records]


async def all_of(log: MemoryLog, task: Task[list[str]], topic: str = IN) -> None:
    await task.process(await batch(log, task.positions[topic], topic=topic))
