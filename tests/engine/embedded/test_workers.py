"""Worker processes on one file, killed and frozen while they work: every record is decided exactly once, in order."""

import asyncio
import sys
from collections import Counter
from pathlib import Path

import pytest

from engine.ports import NewRecord, Record
from engine.sqlite.log import SqliteLog
from tests.engine.embedded.counting import GROUP, PARTITIONS, TOPICS, now
from tests.support.process import REPOSITORY, Process

KEYS = 40


def worker(path: Path, name: str, life: int) -> Process:
    argv = [sys.executable, "-m", "tests.engine.embedded.counting", str(path), f"{name}-{life}"]
    return Process(argv, log=path.with_name(f"{name}-{life}.out"), env={"PYTHONPATH": str(REPOSITORY)})


async def everything(log: SqliteLog, topic: str, partition: int) -> list[Record]:
    found: list[Record] = []
    at, end = 0, (await log.ends(topic))[partition]
    while at < end:
        records, at = await log.read(topic, partition, at)
        found += records
    return found


async def progress(log: SqliteLog, beyond: int) -> int:
    async with asyncio.timeout(120):
        while (done := sum(await log.ends("out"))) <= beyond:  # noqa: ASYNC110 - other processes make the progress
            await asyncio.sleep(0.01)
    return done


async def publish(log: SqliteLog, enough: asyncio.Event) -> int:
    """Publish until told to stop; how many records for each key."""
    rounds = 0
    while not enough.is_set():
        batch: dict[tuple[str, int], list[NewRecord]] = {}
        for key in range(KEYS):
            batch.setdefault(("in", key % PARTITIONS), []).append(NewRecord(b"%d" % key, b"%d" % rounds))
        await log.append(batch)
        rounds += 1
        await asyncio.sleep(0.005)
    return rounds


@pytest.mark.slow
async def test_workers_that_are_killed_and_frozen_decide_every_record_exactly_once(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.db", clock=now, owner="publisher")
    await log.start()
    await log.create_topics(TOPICS)
    enough = asyncio.Event()
    publishing = asyncio.create_task(publish(log, enough))
    lives = [1, 1]
    running = [worker(log.path, "left", 1), worker(log.path, "right", 1)]
    try:
        done = -1
        for turn in range(6):
            done = await progress(log, done + 1_000)
            victim = turn % 2
            if turn % 3 == 2:
                # Longer than its lease: given up for dead, it comes back as a zombie. The others go on meanwhile,
                # unless it was stopped inside its turn to write; then all wait for it.
                running[victim].freeze()
                await asyncio.sleep(1.5)
                running[victim].thaw()
                continue
            running[victim].kill()
            lives[victim] += 1
            running[victim] = worker(log.path, ("left", "right")[victim], lives[victim])
        await progress(log, done + 1_000)
        enough.set()
        rounds = await publishing
        await progress(log, rounds * KEYS - 1)
        assert [await asyncio.to_thread(process.stop) for process in running] == [0, 0]
    finally:
        publishing.cancel()
        for process in running:
            process.kill()
    counts: Counter[bytes | None] = Counter()
    for partition in range(PARTITIONS):
        source, made = await everything(log, "in", partition), await everything(log, "out", partition)
        wanted = []
        for record in source:
            counts[record.key] += 1
            wanted.append((record.key, b"%s=%d" % (record.value, counts[record.key])))
        assert [(record.key, record.value) for record in made] == wanted
        assert await everything(log, "dead", partition) == []
        found = await log.task(GROUP, partition).open()
        assert found.positions == {"in": len(source)}
        state = {key: int(value[8:]) for key, value in found.changelog.items() if key[:1] != b"\0"}
        assert state == {key: count for key, count in counts.items() if key in state}
    assert counts == {b"%d" % key: rounds for key in range(KEYS)}
    await log.stop()
