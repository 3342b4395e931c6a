"""Two workers that keep their states on disk in one data directory: each has its partitions' folders, or is refused."""

import asyncio
from collections.abc import Iterator

import pytest

from engine.ports import EventLog
from leadstream.deployment import opened
from tests.chaos.soak.cast import STANDING
from tests.support.process import Process, leadstream
from tests.system.conftest import MakeHome
from tests.system.homes import Home, differences
from tests.system.upstream import captured, leads_told, put

pytestmark = pytest.mark.slow

_STEPS, _LEADS = 8, 50
_REFUSED = "every worker needs a data directory of its own"


@pytest.fixture
def home(make_home: MakeHome, kind: str) -> Iterator[Home]:
    home = make_home(kind, partitions=4, session_timeout=2.0)
    yield home
    home.close()


def worker(home: Home) -> Process:
    """One that keeps its states on disk."""
    log = home.folder / f"worker-{len(home.processes)}.log"
    home.processes.append(
        leadstream(
            "worker", log=log, env={**home.environment, "LEADSTREAM_STATE": "rocksdb", "LEADSTREAM_LOG_LEVEL": "info"}
        )
    )
    return home.processes[-1]


class Two:
    """Two workers; whoever was killed or refused is started again."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.workers = [worker(home), worker(home)]

    def mended(self) -> None:
        """Start those that are gone again; nobody may have ended for another reason."""
        for place, process in enumerate(self.workers):
            if not process.alive:
                assert process.returncode == -9 or _REFUSED in process.output(), process.tail()
                self.workers[place] = worker(self._home)

    async def told(self, log: EventLog, names: set[str]) -> None:
        """Wait until all of these leads are told."""
        async with asyncio.timeout(120):
            while not names <= set(await leads_told(log, self._home)):
                self.mended()
                await asyncio.sleep(0.1)


async def test_two_workers_in_one_directory_share_it_by_partition_or_one_is_refused(home: Home) -> None:
    """Partitions wander while they work, because one of them is killed again and again."""
    wanted: list[str] = []
    async with opened(home.settings, create=True) as log:
        two = Two(home)
        for step in range(_STEPS):
            names = [f"lead-{step}-{number}" for number in range(_LEADS)]
            wanted += names
            await put(log, home, *((name, captured(name)) for name in names))
            if step % 2:
                two.workers[step // 2 % 2].kill()
            await two.told(log, set(wanted))
        assert sorted(await leads_told(log, home)) == sorted(wanted)
        assert len(list((home.settings.data_dir / "state").iterdir())) == home.partitions
        two.mended()
        for process in two.workers:
            await asyncio.to_thread(process.wait_for, STANDING, 60.0)
            assert await asyncio.to_thread(process.stop) == 0, process.tail()
    home.run("run", "--until-idle")
    assert await differences(home) == []
