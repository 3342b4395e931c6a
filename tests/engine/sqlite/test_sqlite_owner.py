"""What a process owes the file when the file was out of reach as it let go."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.errors import Unavailable
from engine.ports import GroupSpec, TopicSpec
from engine.sqlite.log import SqliteLog
from tests.engine.embedded_contract import TTL, Clock

GROUP = GroupSpec("g", ("in",), "changelog", "dead")


async def made(path: Path, clock: Clock) -> SqliteLog:
    log = SqliteLog(path, clock=clock, owner="one", lease_ttl=TTL, patience_seconds=0.05)
    await log.start()
    await log.create_topics([TopicSpec("in", 1), TopicSpec("dead", 1), TopicSpec("changelog", 1, compacted=True)])
    return log


@contextmanager
def outage(path: Path) -> Iterator[None]:
    """Nobody else gets the turn to write."""
    with path.with_name(f"{path.name}.lock").open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


async def test_a_lease_that_could_not_be_given_up_in_an_outage_is_given_up_by_the_next_beat(tmp_path: Path) -> None:
    log = await made(tmp_path / "log.db", Clock())
    seat, task = log.membership(), log.task(GROUP, 0)
    await seat.join("workers", "one")
    await task.open()
    with outage(log.path), pytest.raises(Unavailable):
        await task.close()
    assert await log.owned(GROUP, 0)
    await seat.beat()
    assert not await log.owned(GROUP, 0)
    await log.stop()


async def test_a_lease_taken_again_after_the_outage_is_kept(tmp_path: Path) -> None:
    log = await made(tmp_path / "log.db", Clock())
    seat, task = log.membership(), log.task(GROUP, 0)
    await seat.join("workers", "one")
    await task.open()
    with outage(log.path), pytest.raises(Unavailable):
        await task.close()
    await task.open()
    await seat.beat()
    assert await log.owned(GROUP, 0)
    await task.close()
    await seat.beat()
    assert not await log.owned(GROUP, 0)
    await log.stop()
