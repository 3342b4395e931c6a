"""Real processes on one file: nothing is lost, nothing is half there."""

import asyncio
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from engine.errors import Unavailable
from engine.ports import NewRecord, Record, TopicSpec
from engine.sqlite.log import SqliteLog
from tests.support.process import REPOSITORY, Process

APPENDER = REPOSITORY / "tests" / "engine" / "sqlite" / "appender.py"


def start(path: Path, name: str, count: int, size: int = 100) -> Process:
    argv = [sys.executable, APPENDER, path, name, str(count), str(size)]
    return Process([str(a) for a in argv], log=path.with_name(f"{name}.out"), env={"PYTHONPATH": str(REPOSITORY)})


async def make(path: Path, *, patience_seconds: float = 10.0) -> SqliteLog:
    log = SqliteLog(path, clock=lambda: 1, owner="test", patience_seconds=patience_seconds)
    await log.start()
    await log.create_topics([TopicSpec("t", 2)])
    return log


async def everything(log: SqliteLog, partition: int) -> list[Record]:
    found: list[Record] = []
    at = 0
    while at < (await log.ends("t"))[partition]:
        records, at = await log.read("t", partition, at)
        found += records
    return found


def names(records: list[Record]) -> Counter[bytes | None]:
    return Counter(record.key for record in records)


async def test_two_processes_that_append_at_once_lose_nothing(tmp_path: Path) -> None:
    log = await make(tmp_path / "log.db")
    with start(log.path, "a", 150) as one, start(log.path, "b", 150) as two:
        assert [await asyncio.to_thread(process.wait, 60) for process in (one, two)] == [0, 0]
    wanted = [f"{name}:{number}".encode() for name in "ab" for number in range(150)]
    first, second = await everything(log, 0), await everything(log, 1)
    assert names(first) == Counter(wanted * 2)
    assert names(second) == Counter(wanted)
    assert [record.offset for record in first] == list(range(600))
    for name in (b"a:", b"b:"):
        own = [int(record.key[2:]) for record in second if record.key and record.key.startswith(name)]
        assert own == list(range(150))
    await log.stop()


@pytest.mark.slow
async def test_a_killed_process_leaves_whole_transactions_and_all_it_was_told_are_durable(tmp_path: Path) -> None:
    log = await make(tmp_path / "log.db")
    told: set[bytes] = set()
    for turn in range(20):
        name = f"k{turn}"
        # Large records make the write itself the likeliest place to die; another time, after some appends.
        with start(log.path, name, 0, size=200_000 if turn % 2 else 100) as process:
            await asyncio.to_thread(process.wait_for, rf"did {turn % 5}$")
            process.kill()
            told |= {
                f"{name}:{number}".encode() for number in re.findall(r"^did (\d+)$", process.output(), re.MULTILINE)
            }
    first, second = names(await everything(log, 0)), names(await everything(log, 1))
    assert set(first.values()) == {2}
    assert set(second.values()) == {1}
    assert set(first) == set(second)
    assert told <= set(first)
    assert len(set(first) - told) <= 20  # at most the one each was about to tell
    await log.append({("t", 0): [NewRecord(b"after", b"1")]})
    await log.stop()


async def test_a_process_frozen_in_its_turn_is_named_and_those_that_wait_go_on_when_it_ends(tmp_path: Path) -> None:
    log = await make(tmp_path / "log.db", patience_seconds=0.3)
    holder = (
        "import fcntl, os, sys, time\n"
        "handle = os.open(sys.argv[1], os.O_RDWR)\n"
        "fcntl.flock(handle, fcntl.LOCK_EX)\n"
        "os.pwrite(handle, b'%-12d' % os.getpid(), 0)\n"
        "print('holds', flush=True)\n"
        "time.sleep(600)\n"
    )
    with Process([sys.executable, "-c", holder, f"{log.path}.lock"], log=tmp_path / "holder.out") as process:
        await asyncio.to_thread(process.wait_for, "holds")
        process.freeze()
        with pytest.raises(Unavailable, match=f"process {process.pid} "):
            await log.append({("t", 0): [NewRecord(b"k", b"v")]})
        assert await everything(log, 0) == []  # readers are not held up
        log.store._open[1]._patience = 60  # type: ignore[index]
        waiting = asyncio.create_task(log.append({("t", 0): [NewRecord(b"k", b"v")]}))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        process.kill()
        await waiting
    assert len(await everything(log, 0)) == 1
    await log.stop()
