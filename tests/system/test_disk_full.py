"""A full disk under the embedded log: said clearly, nothing half written, and on it goes when there is room."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from events.topics import LEAD_INBOX
from leadstream.deployment import opened
from tests.system.disks import Disk, noise
from tests.system.failing_worker import unchecked
from tests.system.homes import Home
from tests.system.upstream import captured, kept, leads_told, put, told

pytestmark = pytest.mark.slow


@pytest.fixture
async def small_home(disk: Disk, tmp_path: Path) -> AsyncIterator[Home]:
    """A deployment whose log lies on the small disk, and nothing else does."""
    home = Home(tmp_path, 2, f"sqlite:///{disk.folder / 'log.db'}", session_timeout=2.0)
    async with opened(home.settings):
        pass
    yield home
    home.close()


async def test_facts_that_find_the_disk_full_are_refused_whole_and_taken_when_there_is_room(
    small_home: Home, disk: Disk, tmp_path: Path
) -> None:
    home, file, names = small_home, tmp_path / "facts.jsonl", [f"lead-{number}" for number in range(300)]
    first = ("early", captured("early"))
    async with opened(home.settings) as log:
        await put(log, home, first)
    file.write_bytes(b"\n".join(captured(name, campaign=noise(name)) for name in names))
    disk.fill(but=200_000)
    said = home.run("publish", file, code=1)
    assert said.splitlines()[-1].startswith(f"leadstream: log {home.settings.log_path}: the disk is full")
    assert len(said.splitlines()) == 1
    async with unchecked(home.settings) as log:
        assert [record.value for record in await kept(log, home, LEAD_INBOX)] == [first[1]]
    disk.free()
    assert "300 accepted, 0 refused" in home.run("publish", file)
    home.run("run", "--until-idle")
    assert {row["lead"] for row in home.rows("view", "leads")} == {"early", *names}


async def test_a_worker_that_finds_the_disk_full_waits_and_goes_on_where_it_was(small_home: Home, disk: Disk) -> None:
    home, names = small_home, [f"lead-{number}" for number in range(300)]
    async with opened(home.settings) as log:
        worker = home.start("worker")
        await put(log, home, ("lead-a", captured("lead-a")))
        await told(log, home, ["lead-a"], worker)
        worker.freeze()
        await put(log, home, *((name, captured(name, campaign=noise(name))) for name in names))
        disk.fill()
        worker.thaw()
        await asyncio.to_thread(worker.wait_for, "the disk is full, nothing was written; make room there")
        assert worker.alive
        disk.free()
        await told(log, home, names, worker)
        assert sorted(await leads_told(log, home)) == sorted(["lead-a", *names])
    assert await asyncio.to_thread(worker.stop) == 0
