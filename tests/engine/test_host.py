import asyncio
import gc
import weakref
from collections.abc import Iterator, Mapping

import pytest

from engine.errors import LogError
from engine.host import Host, Program
from engine.memory.log import MemoryLog
from tests.engine.driver import QUICK
from tests.engine.ledger import GROUP, IN, OUT, PAIR, PARTITIONS, SECOND, Ledger, Wall, made


async def seek(partition: int, offsets: Mapping[str, int]) -> None:
    """A transport that has nothing to fetch."""


async def hosting(pair: bool = False) -> tuple[MemoryLog, Host]:
    wall = Wall()
    log = await made(wall)
    program = Program(PAIR if pair else GROUP, PARTITIONS, lambda _: Ledger())
    return log, Host(log, [program], clock=wall, policy=QUICK)


async def running(host: Host, count: int) -> None:
    for _ in range(2000):
        if sum(runner.running for runner in host.runners.values()) == count:
            return
        await asyncio.sleep(0.001)
    raise AssertionError(host.progress)


async def test_a_task_runs_for_every_assigned_partition_of_a_source() -> None:
    log, host = await hosting()
    host.assign([(IN, 0), (IN, 1), (OUT, 0)], seek)
    await running(host, 2)
    assert (host.sources, set(host.runners)) == (frozenset({IN}), {(IN, 0), (IN, 1)})
    assert [await log.owned(GROUP, number) for number in (0, 1)] == [True, True]
    await host.revoke()
    assert [await log.owned(GROUP, number) for number in (0, 1)] == [False, False]
    assert host.runners == {}


async def test_only_named_partitions_are_let_go() -> None:
    log, host = await hosting()
    host.assign([(IN, 0), (IN, 1)], seek)
    await running(host, 2)
    await host.revoke([(IN, 1), (OUT, 0)])
    assert (set(host.runners), await log.owned(GROUP, 0), await log.owned(GROUP, 1)) == ({(IN, 0)}, True, False)
    await host.revoke()


@pytest.fixture
def no_garbage_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_garbage_collector")
async def test_what_is_let_go_of_is_free_at_once_with_all_its_states() -> None:
    _, host = await hosting()
    host.assign([(IN, 0), (IN, 1)], seek)
    await running(host, 2)
    left = [weakref.ref(runner.task.store) for runner in host.runners.values()]
    await host.revoke()
    await asyncio.sleep(0)
    assert [each() for each in left] == [None, None]


async def test_sources_of_one_group_share_one_task_per_partition() -> None:
    _, host = await hosting(pair=True)
    host.assign([(IN, 0), (SECOND, 0)], seek)
    await running(host, 2)
    assert host.runners[IN, 0] is host.runners[SECOND, 0]
    await host.revoke([(SECOND, 0)])
    assert host.runners == {}


async def test_sources_that_were_cut_apart_are_refused() -> None:
    _, host = await hosting(pair=True)
    with pytest.raises(RuntimeError, match="not co-partitioned"):
        host.assign([(IN, 0)], seek)
    assert host.runners == {}


async def test_the_first_crash_is_the_failure_of_the_worker() -> None:
    _, host = await hosting()
    first, second = LogError("first"), LogError("second")
    await host.crash(first)
    await host.crash(second)
    assert host.failure is first


async def test_the_last_note_of_each_kind_and_task_is_kept_with_its_time() -> None:
    _, host = await hosting()
    host.note("committed", task="ledgers-0", records=1)
    host.note("committed", task="ledgers-0", records=2)
    host.note("reopen", task="ledgers-1", why="x")
    assert host.progress == {
        ("committed", "ledgers-0"): {"task": "ledgers-0", "records": 2, "at": 1000},
        ("reopen", "ledgers-1"): {"task": "ledgers-1", "why": "x", "at": 1000},
    }
