"""`python -m benchmarks.big_state`: state larger than memory, on one embedded log, in one process.

Every lead gets one event and so a state of about 300 bytes and a deadline; then the process is started again with its
store as it is (it reads the tail of the changelog), and once more without a store (it reads all of it). Each phase is
a process of its own; memory is its greatest resident size.
"""

import argparse
import asyncio
import hashlib
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from engine.batch import Batch
from engine.ports import GroupSpec, NewRecord, Record, TopicSpec
from engine.rocks.database import Memory
from engine.rocks.folder import Label
from engine.rocks.store import RocksStore
from engine.sqlite.log import SqliteLog
from engine.task import Task
from engine.transaction import Transaction

GROUP = GroupSpec("leads", ("inbox",), "states", "dead")
PARTITIONS, BATCH = 4, 5_000
DAY = 86_400_000_000
PHASES = ("fill", "restart", "work", "rebuild")


class Leads:
    """Counts a lead's events; its state is filled up with bytes that do not compress; each event moves its deadline."""

    def __init__(self, state_bytes: int) -> None:
        self.fired, self._padding = 0, bytes(state_bytes - 100)

    def load(self, raw: bytes) -> bytes:
        return raw

    def dump(self, state: bytes) -> bytes:
        return state

    async def prepare(self, until: int) -> None:
        pass

    def decide(self, txn: Transaction[bytes], record: Record, at: int) -> None:
        key = record.key or b""
        state = txn.get(key)
        count = 1 if state is None else int.from_bytes(state[:4], "big") + 1
        digest = hashlib.sha512(key).digest()
        body = digest + digest[:32] + self._padding
        txn.put(key, count.to_bytes(4, "big") + body, at + DAY + int.from_bytes(digest[:4], "big"))

    def wake(self, txn: Transaction[bytes], key: bytes, due: int) -> None:
        state = txn.get(key)
        assert state is not None
        self.fired += 1
        txn.put(key, state, None)

    def milestone(self, since: int) -> int | None:
        return None

    def sweep(self, txn: Transaction[bytes], key: bytes, at: int) -> None:
        raise AssertionError

    def finish(self, txn: Transaction[bytes]) -> None:
        pass


class Clock:
    """Virtual: every reading is a millisecond later."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000_000

    def __call__(self) -> int:
        self.now += 1_000
        return self.now


@dataclass
class Bench:
    home: Path
    leads: int
    state_bytes: int
    budget: int | None

    async def tasks(self, log: SqliteLog) -> list[Task[bytes]]:
        shared = None if self.budget is None else Memory(self.budget << 20)
        made = []
        for partition in range(PARTITIONS):
            label = Label(log.url, GROUP.name, partition)
            store = None if shared is None else RocksStore(self.home / "state" / str(partition), label, shared)
            made.append(
                Task(
                    group=GROUP, partition=partition, partitions=PARTITIONS, log=log.task(GROUP, partition),
                    processor=Leads(self.state_bytes), store=store,
                )
            )  # fmt: skip
            await made[-1].open()
        return made

    async def fed(self, log: SqliteLog, task: Task[bytes], numbers: range | list[int]) -> None:
        """Events of these leads, one each, decided in batches."""
        for low in range(0, len(numbers), BATCH):
            new = [NewRecord(self.key(task.partition, n), b"") for n in numbers[low : low + BATCH]]
            await log.append({("inbox", task.partition): new})
            at = task.positions["inbox"]
            while at < (await log.ends("inbox"))[task.partition]:
                records, after = await log.read("inbox", task.partition, at, BATCH)
                await task.process(Batch("inbox", task.partition, at, records, after))
                at = after

    def key(self, partition: int, number: int) -> bytes:
        """Spread like hashed ids, so that neighbours in time are not neighbours on disk."""
        return hashlib.blake2b(b"%d-%d" % (partition, number), digest_size=16).hexdigest().encode()

    async def run(self, phase: str) -> dict[str, Any]:
        log = SqliteLog(self.home / "log.db", clock=Clock(), owner="bench")
        await log.start()
        await log.create_topics(
            [TopicSpec(n, PARTITIONS, compacted=n == "states") for n in ("inbox", "states", "dead")]
        )
        if phase == "rebuild":
            shutil.rmtree(self.home / "state", ignore_errors=True)
        started = perf_counter()
        tasks = await self.tasks(log)
        opened = perf_counter() - started
        found: dict[str, Any] = {"open_seconds": round(opened, 2), "keys": sum(len(task.store) for task in tasks)}
        found["read_from_changelog"] = sum(getattr(task.store, "taken", len(task.store)) for task in tasks)
        each, started = self.leads // PARTITIONS, perf_counter()
        if phase == "fill":
            for task in tasks:
                await self.fed(log, task, range(each))
            found["events_per_second"] = round(each * PARTITIONS / (perf_counter() - started))
        if phase == "work":
            chance, events = Random(1), min(each // 4, 50_000)
            for task in tasks:
                await self.fed(log, task, [chance.randrange(each) for _ in range(events)])
            found["random_events_per_second"] = round(events * PARTITIONS / (perf_counter() - started))
            started = perf_counter()
            for task in tasks:
                await task.advance(task.next_due() + 60_000_000)
            fired = sum(task.processor.fired for task in tasks)  # type: ignore[attr-defined]
            found |= {"fired": fired, "fired_per_second": round(fired / (perf_counter() - started))}
        for task in tasks:
            await task.close()
        await log.stop()
        found["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        return found


def main(arguments: list[str] | None = None, told: Callable[[str], None] = print) -> dict[str, dict[str, Any]]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.big_state", description=__doc__)
    parser.add_argument("--leads", type=int, default=5_000_000)
    parser.add_argument("--home", type=Path, help="where to work (default: a temporary directory)")
    parser.add_argument("--state-bytes", type=int, default=300)
    parser.add_argument("--budget", type=int, default=256, help="what RocksDB may use, in MiB")
    parser.add_argument("--memory", action="store_true", help="keep the states in memory, to compare")
    parser.add_argument("--phases", nargs="*", choices=PHASES, default=PHASES)
    parser.add_argument("--phase", choices=PHASES, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.phase:
        found = asyncio.run(
            Bench(given.home, given.leads, given.state_bytes, None if given.memory else given.budget).run(given.phase)
        )
        told(json.dumps(found))
        return {given.phase: found}
    results = {}
    with tempfile.TemporaryDirectory(dir=given.home) as home:
        for phase in given.phases:
            command = [sys.executable, "-m", "benchmarks.big_state", "--leads", str(given.leads), "--home", home]
            command += ["--state-bytes", str(given.state_bytes), "--budget", str(given.budget), "--phase", phase]
            command += ["--memory"] if given.memory else []
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            results[phase] = json.loads(done.stdout)
            told(f"{phase:8} {results[phase]}")
    return results


if __name__ == "__main__":
    main()
