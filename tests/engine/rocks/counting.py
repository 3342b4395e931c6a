"""Counts events per key on an embedded log, states in RocksDB, to the end of the inbox: `counting.py HOME`."""

import asyncio
import sys
from pathlib import Path

from engine.batch import Batch
from engine.ports import GroupSpec, NewRecord, Record, TopicSpec
from engine.rocks.database import Memory
from engine.rocks.folder import Label
from engine.rocks.store import RocksStore
from engine.sqlite.log import SqliteLog
from engine.task import Task
from engine.transaction import Transaction

GROUP = GroupSpec("counts", ("in",), "states", "dead")
TOPICS = [TopicSpec("in", 1), TopicSpec("out", 1), TopicSpec("dead", 1), TopicSpec("states", 1, compacted=True)]
BATCH = 25


class Counting:
    """The state of a key is how often it came; every third time it goes away and begins anew."""

    def load(self, raw: bytes) -> int:
        return int(raw)

    def dump(self, state: int) -> bytes:
        return b"%d" % state

    async def prepare(self, until: int) -> None:
        pass

    def decide(self, txn: Transaction[int], record: Record, at: int) -> None:
        key = record.key or b""
        count = (txn.get(key) or 0) + 1
        txn.send("out", key, b"%d" % count)
        if count == 3:
            txn.delete(key)
        else:
            txn.put(key, count, at + 10**12 * count)

    def wake(self, txn: Transaction[int], key: bytes, due: int) -> None:
        raise AssertionError("no deadline is due")

    def milestone(self, since: int) -> int | None:
        return None

    def sweep(self, txn: Transaction[int], key: bytes, at: int) -> None:
        raise AssertionError("there are no milestones")

    def finish(self, txn: Transaction[int]) -> None:
        pass


class Clock:
    now = 1_700_000_000_000_000

    def __call__(self) -> int:
        self.now += 1_000
        return self.now


async def started(home: Path) -> SqliteLog:
    log = SqliteLog(home / "log.db", clock=Clock(), owner="counting")
    await log.start()
    await log.create_topics(TOPICS)
    return log


def made(log: SqliteLog, home: Path) -> tuple[Task[int], RocksStore]:
    store = RocksStore(home / "state", Label(log.url, GROUP.name, 0), Memory(16 << 20))
    task = Task(group=GROUP, partition=0, partitions=1, log=log.task(GROUP, 0), processor=Counting(), store=store)
    return task, store


async def counted(home: Path) -> None:
    log = await started(home)
    task, store = made(log, home)
    await task.open()
    print(store.taken, flush=True)
    while (at := task.positions["in"]) < (await log.ends("in"))[0]:
        records, after = await log.read("in", 0, at, BATCH)
        await task.process(Batch("in", 0, at, records, after))
    await task.close()
    await log.stop()


async def fed(home: Path, keys: list[bytes]) -> None:
    log = await started(home)
    await log.append({("in", 0): [NewRecord(key, b"") for key in keys]})
    await log.stop()


if __name__ == "__main__":
    asyncio.run(counted(Path(sys.argv[1])))
