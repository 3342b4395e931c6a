"""A small program on the engine: counts the records of each key, and says so in a topic. Every mistake shows.

As a process: `counting.py FILE NAME` is a worker on that file until it gets SIGTERM.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Callable

from engine.faust_app import TaskApp, build_task_app
from engine.host import Program
from engine.ports import FaustLog, GroupSpec, Record, TopicSpec
from engine.runner import Policy
from engine.sqlite.log import SqliteLog
from engine.transaction import Transaction

PARTITIONS = 4
GROUP = GroupSpec("counting", ("in",), "counts", "dead")
TOPICS = [
    TopicSpec("in", PARTITIONS),
    TopicSpec("out", PARTITIONS),
    TopicSpec("counts", PARTITIONS, compacted=True),
    TopicSpec("dead", PARTITIONS),
]


class Counting:
    """Implements `engine.ports.Processor`."""

    def load(self, raw: bytes) -> int:
        return int(raw)

    def dump(self, state: int) -> bytes:
        return b"%d" % state

    async def prepare(self, until: int) -> None:
        pass

    def decide(self, txn: Transaction[int], record: Record, at: int) -> None:
        key = record.key or b""
        count = (txn.get(key) or 0) + 1
        txn.put(key, count, None)
        txn.send("out", key, b"%s=%d" % (record.value or b"", count))

    def wake(self, txn: Transaction[int], key: bytes, due: int) -> None:
        pass

    def milestone(self, since: int) -> int | None:
        return None

    def sweep(self, txn: Transaction[int], key: bytes, at: int) -> None:
        pass

    def finish(self, txn: Transaction[int]) -> None:
        pass


def build(log: FaustLog, clock: Callable[[], int]) -> TaskApp:
    policy = Policy(first_delay=0.02, tick=0.02, position_every_us=10**15)
    program = Program(GROUP, PARTITIONS, lambda _: Counting())
    return build_task_app("counting-app", log, [program], clock=clock, policy=policy)


def now() -> int:
    return time.time_ns() // 1000


async def work(path: str, name: str) -> None:
    log = SqliteLog(path, clock=now, owner=name, lease_ttl=1_000_000)
    await log.start()
    app = build(log, now)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await app.start()
    print("started", flush=True)
    while not stop.is_set() and not app.should_stop:  # noqa: ASYNC110 - a crash of the app is not an event
        await asyncio.sleep(0.02)
    failure = app.task_host.failure
    await app.stop()
    await log.stop()
    print(f"stopped {failure!r}", flush=True)
    sys.exit(failure is not None)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2]))
