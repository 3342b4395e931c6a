"""When what was committed reaches the disk: each time, or all at once when many small commits are over."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import apsw
import pytest
from typing_extensions import override

from engine.ports import NewRecord, TopicSpec
from engine.sqlite.log import SqliteLog

NAME = "counting"


class _File(apsw.VFSFile):
    def __init__(self, syncs: list[str], name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        self._syncs, self._name = syncs, name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__("unix", name, flags)

    @override
    def xSync(self, flags: int) -> None:
        self._syncs.append(self._name.rpartition("/")[2])
        super().xSync(flags)


class _Disk(apsw.VFS):
    """Passes everything on, and remembers which files were synced."""

    def __init__(self) -> None:
        self.syncs: list[str] = []
        super().__init__(NAME, "unix")

    @override
    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:
        return _File(self.syncs, name, flags)


@pytest.fixture
def syncs() -> Iterator[list[str]]:
    disk = _Disk()
    apsw.set_default_vfs(NAME)
    yield disk.syncs
    apsw.set_default_vfs("unix")
    disk.unregister()


@pytest.fixture
async def log(syncs: list[str], tmp_path: Path) -> AsyncIterator[SqliteLog]:
    log = SqliteLog(tmp_path / "log.db", clock=lambda: 5, owner="one")
    await log.start()
    await log.create_topics([TopicSpec("t", 1)])
    syncs.clear()
    yield log
    await log.stop()


async def appended(log: SqliteLog, count: int) -> None:
    for _ in range(count):
        await log.append({("t", 0): [NewRecord(b"k", b"v")]})


async def test_every_commit_reaches_the_disk_before_it_is_over(log: SqliteLog, syncs: list[str]) -> None:
    await appended(log, 3)
    assert syncs == ["log.db-wal"] * 3


async def test_commits_in_bulk_reach_the_disk_together_at_the_end(log: SqliteLog, syncs: list[str]) -> None:
    async with log.in_bulk():
        await appended(log, 50)
        assert syncs == []
    assert syncs == ["log.db-wal"]
    await appended(log, 1)
    assert syncs == ["log.db-wal"] * 2


async def failed(log: SqliteLog) -> None:
    async with log.in_bulk():
        await appended(log, 5)
        raise ValueError("a bug")


async def test_commits_in_bulk_reach_the_disk_when_the_work_fails_as_well(log: SqliteLog, syncs: list[str]) -> None:
    with pytest.raises(ValueError, match="a bug"):
        await failed(log)
    assert syncs == ["log.db-wal"]
