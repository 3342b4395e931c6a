import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.embedded.ports import Ear
from engine.ports import NewRecord, TopicSpec
from engine.sqlite.bell import InotifyEar, PollingEar
from engine.sqlite.log import SqliteLog
from engine.sqlite.store import bell_path


@pytest.fixture
async def log(tmp_path: Path) -> SqliteLog:
    log = SqliteLog(tmp_path / "log.db", clock=lambda: 1, owner="one")
    await log.start()
    await log.create_topics([TopicSpec("t", 1)])
    return log


def ears(log: SqliteLog) -> Iterator[Ear]:
    if sys.platform == "linux":
        yield InotifyEar(bell_path(log.path))
    yield PollingEar(log.path, every_seconds=0.001)


async def test_every_kind_of_ear_hears_each_commit_once(log: SqliteLog) -> None:
    for ear in ears(log):
        assert not await ear.wait(0.001)
        for _ in range(3):
            waiting = asyncio.create_task(ear.wait(30))
            await asyncio.sleep(0.01)
            assert not waiting.done()
            await log.append({("t", 0): [NewRecord(b"k", b"v")]})
            assert await waiting
            assert not await ear.wait(0.005)
        ear.close()


async def test_every_ear_of_many_hears_the_same_commit(log: SqliteLog) -> None:
    listening = [*ears(log), *ears(log)]
    await log.append({("t", 0): [NewRecord(b"k", b"v")]})
    assert all([await ear.wait(30) for ear in listening])
    for ear in listening:
        ear.close()


async def test_a_refused_transaction_does_not_ring(log: SqliteLog) -> None:
    listening = list(ears(log))

    def fail(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await log.store.write(fail)
    assert not any([await ear.wait(0.005) for ear in listening])
    await log.append({("t", 0): [NewRecord(b"k", b"v")]})  # and the log can be written again


async def test_a_reader_is_woken_after_the_commit_can_be_seen(log: SqliteLog) -> None:
    reader = SqliteLog(log.path, clock=lambda: 1, owner="two")
    await reader.start()
    ear = reader.ear()

    async def read() -> int:
        at = 0
        while at < 50:
            found = await reader.read("t", 0, at)
            at = found.next_offset
            if not found.records:
                assert await ear.wait(30)  # without a look in between: a commit heard too early would hang here
        return at

    reading = asyncio.create_task(read())
    for _ in range(50):
        await log.append({("t", 0): [NewRecord(b"k", b"v")]})
        await asyncio.sleep(0)
    assert await reading == 50
