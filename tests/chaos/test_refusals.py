"""Brokers that refuse: produce, commit, coordinator. The position never moves past work, whatever the answer was.

A proxy changes the error codes of answers on their way; what the broker did stands, so an answer may also lie. What a
worker runs (host, tasks, the chained ledger and its view) runs in this process; the oracle looks at all it has left.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from engine.errors import Forbidden
from tests.chaos.inside import Desk, Worker, desk
from tests.support.kafka import KafkaCluster
from tests.support.refusing import Refusal, RefusingProxy, at_the_door, behind_a_door

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(3600)]

PRODUCE, OFFSET_FETCH, FIND_COORDINATOR, INIT_PRODUCER_ID = 0, 9, 10, 22
ADD_PARTITIONS, ADD_OFFSETS, END_TXN, TXN_OFFSET_COMMIT = 24, 25, 26, 28
_COORDINATOR = {"coordinator loading": 14, "coordinator not available": 15, "not coordinator": 16}
_FENCED = {"invalid producer epoch": 47, "invalid transaction state": 48, "producer fenced": 90}
RETRIED: Mapping[int, Mapping[str, int]] = {
    PRODUCE: {"not leader": 6, "not enough replicas": 19, "not enough replicas after append": 20},
    FIND_COORDINATOR: {"coordinator not available": 15},
    INIT_PRODUCER_ID: {**_COORDINATOR, "concurrent transactions": 51},
    ADD_PARTITIONS: {**_COORDINATOR, "concurrent transactions": 51},
    ADD_OFFSETS: {**_COORDINATOR, "concurrent transactions": 51},
    TXN_OFFSET_COMMIT: _COORDINATOR,
    END_TXN: {**_COORDINATOR, "concurrent transactions": 51},
    OFFSET_FETCH: _COORDINATOR,
}
"""Asked again: the task stays open."""
REOPENED: Mapping[int, Mapping[str, int]] = {
    PRODUCE: {"too large": 10, "sequence out of order": 45, **_FENCED},
    INIT_PRODUCER_ID: {"invalid producer epoch": 47},
    ADD_PARTITIONS: {**_FENCED, "invalid producer id mapping": 49},
    ADD_OFFSETS: _FENCED,
    TXN_OFFSET_COMMIT: {"illegal generation": 22, "unknown member": 25, "rebalance in progress": 27, **_FENCED},
    END_TXN: _FENCED,
}
"""The task is opened again from the log, and what was not committed is decided once more."""
ENDED: Mapping[int, Mapping[str, int]] = {
    PRODUCE: {"topic": 29, "cluster": 31},
    FIND_COORDINATOR: {"transactional id": 53},
    INIT_PRODUCER_ID: {"transactional id": 53, "cluster": 31},
    ADD_PARTITIONS: {"topic": 29, "transactional id": 53},
    ADD_OFFSETS: {"group": 30, "transactional id": 53},
    TXN_OFFSET_COMMIT: {"group": 30, "transactional id": 53},
    END_TXN: {"transactional id": 53},
    OFFSET_FETCH: {"group": 30},
}
"""Not authorised: the worker ends and says so."""
_BARRIER = (PRODUCE, ADD_PARTITIONS, END_TXN)
"""The first answer is for the barrier that opens the task; it is let through, so that a batch is refused."""
_ALWAYS = 10**9


@pytest.fixture(scope="module")
def broker() -> Iterator[tuple[KafkaCluster, int]]:
    with behind_a_door() as broker:
        yield broker


@pytest.fixture
async def proxy(broker: tuple[KafkaCluster, int]) -> AsyncIterator[RefusingProxy]:
    async with at_the_door(broker) as proxy:
        yield proxy


@pytest.fixture
async def scene(
    broker: tuple[KafkaCluster, int], proxy: RefusingProxy, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[Desk]:
    scene = await desk(f"kafka://127.0.0.1:{broker[1]}", f"{topic_prefix}refused", tmp_path)
    yield scene
    await scene.close()


async def under(scene: Desk, proxy: RefusingProxy, refusal: Refusal) -> Worker:
    """What became of a worker."""
    proxy.refusals = [refusal]
    await scene.publish()
    async with scene.worker() as worker:
        await scene.outcome(worker)
    proxy.refusals = []
    return worker


def refusals(table: Mapping[int, Mapping[str, int]], times: int) -> list[tuple[str, Refusal]]:
    """All of a table, each for the ledger's task of partition 0."""
    return [
        (f"{api} {why}", Refusal(api, code, "" if api == OFFSET_FETCH else "ledger-0", times, int(api in _BARRIER)))
        for api, codes in table.items()
        for why, code in codes.items()
    ]


async def test_what_can_be_asked_again_is_asked_again(scene: Desk, proxy: RefusingProxy) -> None:
    for what, refusal in refusals(RETRIED, 2):
        worker = await under(scene, proxy, refusal)
        assert (worker.host.failure, worker.reopened) == (None, ""), what
        assert refusal.told == 2, what
    await scene.assert_exact()


async def test_a_task_that_is_refused_for_good_is_opened_again_and_decides_once_more(
    scene: Desk, proxy: RefusingProxy
) -> None:
    for what, refusal in refusals(REOPENED, 1):
        worker = await under(scene, proxy, refusal)
        assert worker.host.failure is None, what
        assert worker.reopened, what
        assert refusal.told == 1, what
    await scene.assert_exact()


async def test_a_worker_without_the_right_ends_and_says_so_and_another_one_goes_on(
    scene: Desk, proxy: RefusingProxy
) -> None:
    for what, refusal in refusals(ENDED, _ALWAYS):
        worker = await under(scene, proxy, refusal)
        assert isinstance(worker.host.failure, Forbidden), f"{what}: {worker.host.failure!r}"
        assert "Authorization" in str(worker.host.failure), what
        assert worker.reopened == "", what
    await scene.assert_exact()
