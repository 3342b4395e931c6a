"""A full disk under what a process keeps beside the log, states in RocksDB or tables: it waits and goes on, exactly."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from leadstream.deployment import opened
from leadstream.views_store import open_store
from projections.read import read_view
from tests.support.process import Process, leadstream
from tests.system.disks import Disk, noise
from tests.system.homes import Home, differences
from tests.system.upstream import captured, leads_told, put, told, until

pytestmark = pytest.mark.slow

_STATE_FULL = r"the states in .* cannot be written"
_TABLES_FULL = r"views\.db: the disk is full"


@pytest.fixture
async def home(kind: str, disk: Disk, request: pytest.FixtureRequest, topic_prefix: str) -> AsyncIterator[Home]:
    """A deployment whose data directory lies on the small disk, and whose log does not."""
    folder = disk.folder.parent
    (folder / "data").symlink_to(disk.folder)
    on_kafka = kind == "kafka"
    broker = request.getfixturevalue("kafka_url") if on_kafka else f"sqlite:///{folder / 'log.db'}"
    home = Home(folder, 2, broker, topic_prefix if on_kafka else "", session_timeout=2.0)
    async with opened(home.settings, create=True):
        pass
    yield home
    home.close()


def on_disk(home: Home) -> Process:
    """A worker that keeps its states on the small disk."""
    number = len(home.processes)
    environment = {**home.environment, "LEADSTREAM_STATE": "rocksdb", "LEADSTREAM_LOG_LEVEL": "info"}
    home.processes.append(leadstream("worker", log=home.folder / f"on-disk-{number}.log", env=environment))
    return home.processes[-1]


async def shown(home: Home, leads: set[str]) -> bool:
    """Whether the tables show these leads and no others."""
    if not home.settings.views_path.exists():
        return False
    store = open_store(home.settings)
    try:
        return {row["lead"] for row in read_view(store, "leads")} == leads
    finally:
        store.close()


async def test_a_worker_whose_states_find_the_disk_full_waits_and_loses_nothing(home: Home, disk: Disk) -> None:
    names = [f"lead-{number}" for number in range(1_500)]
    async with opened(home.settings) as log:
        worker = on_disk(home)
        await put(log, home, ("lead-a", captured("lead-a")))
        await told(log, home, ["lead-a"], worker)
        disk.fill()
        for begin in range(0, len(names), 100):
            some = names[begin : begin + 100]
            await put(log, home, *((name, captured(name, campaign=noise(name))) for name in some))
        await asyncio.to_thread(worker.wait_for, _STATE_FULL, 60.0)
        assert worker.alive
        disk.free()
        await told(log, home, names, worker)
        assert sorted(await leads_told(log, home)) == sorted(["lead-a", *names])
    assert await asyncio.to_thread(worker.stop) == 0


async def test_a_projector_whose_tables_find_the_disk_full_waits_and_shows_everything(home: Home, disk: Disk) -> None:
    names = [f"lead-{number}" for number in range(1_500)]
    async with opened(home.settings) as log:
        worker, projector = home.start("worker"), home.start("projector")
        await put(log, home, ("lead-a", captured("lead-a")))
        await until(lambda: shown(home, {"lead-a"}), projector)
        disk.fill()
        await put(log, home, *((name, captured(name, campaign=noise(name))) for name in names))
        await told(log, home, names, worker)
        await asyncio.to_thread(projector.wait_for, _TABLES_FULL, 60.0)
        assert projector.alive
        disk.free()
        await until(lambda: shown(home, {"lead-a", *names}), projector)
        for process in (worker, projector):
            assert await asyncio.to_thread(process.stop) == 0
    assert await differences(home) == []
