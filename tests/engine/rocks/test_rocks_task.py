import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from engine.errors import Fenced, StoreInUse
from engine.memory.log import MemoryLog
from engine.ports import NewRecord, Writes
from engine.rocks.database import Memory
from engine.rocks.folder import Label
from engine.rocks.store import RocksStore
from engine.state import StateStore
from engine.task import Task
from tests.engine.driver import Faulty
from tests.engine.ledger import GROUP, IN, PARTITIONS, Ledger, Wall, batch, made, new, send, values
from tests.support.laws import examples

MEMORY = Memory(16 << 20)


def rocks(folder: Path) -> RocksStore:
    return RocksStore(folder, Label("memory", GROUP.name, 0), MEMORY)


def task_on(log: MemoryLog, store: StateStore | None, ledger: Ledger) -> Task[list[str]]:
    handle = Faulty(log.disk, GROUP, 0, owner="one", clock=Wall(), lease_ttl=10**9)
    handle.on_commit, handle.on_open = [], []
    return Task(group=GROUP, partition=0, partitions=PARTITIONS, log=handle, processor=ledger, store=store)


records = st.lists(
    st.tuples(
        st.sampled_from([b"a", b"b", b"c"]), st.sampled_from(["x", "gone", "due 7", "due 30"]), st.integers(1, 40)
    ),
    max_size=5,
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("records"), records),
        st.tuples(st.just("fenced"), records),
        st.tuples(st.just("time"), st.integers(1, 60)),
        st.tuples(st.just("restart")),
    ),
    max_size=8,
)


async def played(folder: Path | None, what: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """All that a task leaves behind, and was asked for."""
    log, ledger = await made(), Ledger([25])
    task = task_on(log, None if folder is None else rocks(folder), ledger)
    await task.open()
    for one in what:
        match one:
            case ("records" | "fenced", rows):
                await send(log, *(new(text, at, key) for key, text, at in rows))
                if one[0] == "fenced":
                    task.log.on_commit.append(Fenced("by a test"))  # type: ignore[attr-defined]
                    with pytest.raises(Fenced):
                        await task.process(await batch(log, task.positions[IN]))
                    await task.open()
                await task.process(await batch(log, task.positions[IN]))
            case ("time", to):
                await task.advance(to)
            case _:
                await task.close()
                task = task_on(log, None if folder is None else rocks(folder), ledger)
                await task.open()
    keys = list(task.store.keys())
    held = {key: (task.store.get(key), task.deadlines[key]) for key in keys}
    await task.close()
    return held, await values(log), ledger.calls, task.positions, task.time, log.disk.partition("changelog", 0).fold()


@for_all(steps)
@settings(max_examples=examples(40), deadline=None)
def test_a_task_does_the_same_whether_its_states_lie_in_memory_or_on_disk(what: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory() as folder:
        assert asyncio.run(played(Path(folder) / "store", what)) == asyncio.run(played(None, what))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


async def test_a_task_that_is_closed_lets_go_of_its_folder_and_one_that_failed_to_open_as_well(folder: Path) -> None:
    log = await made()
    first, second = task_on(log, rocks(folder), Ledger()), task_on(log, rocks(folder), Ledger())
    await first.open()
    with pytest.raises(StoreInUse):
        await second.open()
    first.log.on_open.append(Fenced("by a test"))  # type: ignore[attr-defined]
    with pytest.raises(Fenced):
        await first.open()
    await first.close()
    await second.open()
    await second.close()


async def test_a_state_without_a_position_record_is_torn_on_disk_as_well(folder: Path) -> None:
    log = await made()
    handle = log.task(GROUP, 0)
    await handle.open()
    await handle.commit(Writes(changelog=[NewRecord(b"a", b"\0" * 8 + b"x")]))
    task = task_on(log, rocks(folder), Ledger())
    with pytest.raises(Exception, match="without a position record"):
        await task.open()
    await task.close()
