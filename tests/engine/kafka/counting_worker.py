"""A worker that counts: each record raises its key's count by one and leaves the new count in `out`.

Run as `python -m tests.engine.kafka.counting_worker URL NAME [SOURCE ...]`; the topics are NAME-in (or the sources),
NAME-out, NAME-changelog, NAME-dead. COUNTING_PARTITIONS and COUNTING_MAX_POLL_INTERVAL (seconds) in the environment.
"""

import asyncio
import logging
import os
import sys
import tempfile
import time
from collections.abc import Sequence

import faust

from engine.faust_app import TaskApp, build_task_app
from engine.host import Program
from engine.kafka.log import KafkaLog
from engine.ports import GroupSpec, Record, TopicSpec
from engine.transaction import Transaction

PARTITIONS = 4


class Counter:
    """The state of a key is its count as text."""

    def __init__(self, out: str) -> None:
        self._out = out

    def load(self, raw: bytes) -> int:
        return int(raw)

    def dump(self, state: int) -> bytes:
        return b"%d" % state

    async def prepare(self, until: int) -> None: ...

    def decide(self, txn: Transaction[int], record: Record, at: int) -> None:
        assert record.key is not None
        if record.value == b"poison":
            raise ValueError("a record that nobody can take")
        count = (txn.get(record.key) or 0) + 1
        txn.put(record.key, count, None)
        txn.send(self._out, record.key, b"%d" % count)

    def wake(self, txn: Transaction[int], key: bytes, due: int) -> None: ...

    def milestone(self, since: int) -> int | None:
        return None

    def sweep(self, txn: Transaction[int], key: bytes, at: int) -> None: ...

    def finish(self, txn: Transaction[int]) -> None: ...


def group(name: str, sources: Sequence[str] = ()) -> GroupSpec:
    return GroupSpec("count", tuple(sources) or (f"{name}-in",), f"{name}-changelog", f"{name}-dead")


def topics(name: str, sources: Sequence[str] = (), partitions: int = PARTITIONS) -> list[TopicSpec]:
    spec = group(name, sources)
    plain = [*spec.sources, f"{name}-out", spec.dead_letters]
    return [*(TopicSpec(topic, partitions) for topic in plain), TopicSpec(spec.changelog, partitions, compacted=True)]


def now() -> int:
    return time.time_ns() // 1000


def log_of(url: str, name: str) -> KafkaLog:
    return KafkaLog(url, prefix="test-", clock=now, group_id=lambda _: f"{name}-worker")


def app_of(url: str, name: str, sources: Sequence[str] = ()) -> TaskApp:
    partitions = int(os.environ.get("COUNTING_PARTITIONS", PARTITIONS))
    program = Program(group(name, sources), partitions, lambda _: Counter(f"{name}-out"))
    return build_task_app(
        f"{name}-worker",
        log_of(url, name),
        [program],
        clock=now,
        datadir=tempfile.mkdtemp(),
        session_timeout=4.0,
        broker_max_poll_interval=float(os.environ.get("COUNTING_MAX_POLL_INTERVAL", "300")),
    )


def main() -> None:
    url, name, *sources = sys.argv[1:]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    app = app_of(url, name, sources)
    worker = faust.Worker(app, loglevel="INFO", loop=asyncio.new_event_loop(), redirect_stdouts=False, quiet=True)
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
