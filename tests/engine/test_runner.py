import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial

import pytest

from engine.batch import Batch
from engine.errors import (
    Fenced,
    LogError,
    PoisonBatch,
    RecordTooLarge,
    SkippedBatch,
    TornState,
    Truncated,
    Unavailable,
)
from engine.runner import Policy
from tests.engine.driver import QUICK, Driver, driving
from tests.engine.ledger import IN, Ledger, new, send, values

Drive = Callable[..., Awaitable[Driver]]


@pytest.fixture
async def drive() -> AsyncIterator[Drive]:
    """Makes drivers and stops them in the end."""
    made: list[Driver] = []

    async def make(ledger: Ledger | None = None, policy: Policy = QUICK) -> Driver:
        made.append(await driving(ledger, policy))
        return made[-1]

    yield make
    for one in made:
        await one.runner.stop()


async def test_batches_are_decided_in_order_and_positions_move(drive: Drive) -> None:
    one = await drive()
    await send(one.log, new("x"), new("y"), new("z"))
    await one.feed(limit=1)
    await one.until(lambda: one.task.positions == {IN: 3})
    assert (await values(one.log), one.seeks, one.crashed) == ([b"1:x", b"2:y", b"3:z"], [{IN: 0}], [])


async def test_a_handler_that_fails_once_is_tried_again(drive: Drive) -> None:
    one = await drive(Ledger(failing=1))
    await send(one.log, new("boom"), new("x"))
    await one.feed()
    await one.until(lambda: one.task.positions == {IN: 2})
    assert (await values(one.log), one.notes["handler_failed"], one.crashed) == ([b"1:boom", b"2:x"], 1, [])


async def test_a_handler_that_always_fails_ends_the_worker_and_nothing_is_skipped(drive: Drive) -> None:
    one = await drive(Ledger(failing=10**6))
    await send(one.log, new("x"), new("boom"), new("y"))
    await one.feed()
    await one.until(lambda: one.crashed)
    (crash,) = one.crashed
    assert isinstance(crash, PoisonBatch)
    assert "in @0 offset 1: ValueError(" in str(crash)
    assert "a bug in the handler" in str(crash)
    assert (one.notes["handler_failed"], one.notes["reopen"]) == (QUICK.retries + 1, 0)
    assert (await values(one.log), (await one.log.task(one.task.group, 0).open()).positions) == ([], {IN: 0})
    assert not one.runner.running


async def test_an_outage_never_ends_the_worker(drive: Drive) -> None:
    one = await drive()
    await send(one.log, new("x"))
    outages = 4 * QUICK.max_failures
    one.faulty.on_commit = [Unavailable("no broker")]
    await one.reopened(1)
    one.faulty.on_open = [Unavailable("no broker") for _ in range(outages)]
    await one.feed()
    await one.reopened(2)
    await one.feed()
    await one.until(lambda: one.task.positions == {IN: 1})
    assert (await values(one.log), one.notes["reopen"], one.crashed) == ([b"1:x"], outages + 1, [])


async def test_a_task_that_cannot_be_closed_in_order_is_opened_again_all_the_same(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is raised: an error of the store that is no error of ours would end the task, and nobody would know."""
    one = await drive()
    await send(one.log, new("x"))
    await one.reopened(1)
    closing = one.task.store.close

    def close() -> None:
        closing()
        raise RuntimeError("Writer has previous error")

    monkeypatch.setattr(one.task.store, "close", close)
    one.faulty.on_commit = [Unavailable("the disk is full")]
    await one.feed()
    await one.reopened(2)
    await one.feed()
    await one.until(lambda: one.task.positions == {IN: 1})
    assert (await values(one.log), one.crashed, one.notes["close_failed"]) == ([b"1:x"], [], 1)


@pytest.mark.parametrize("error", [Fenced("lost"), TornState("torn"), LogError("odd"), TimeoutError()])
async def test_other_trouble_with_the_log_ends_the_worker_after_five_times_in_a_row(
    drive: Drive, error: BaseException
) -> None:
    one = await drive()
    await one.reopened(1)
    await send(one.log, new("x"))
    one.faulty.on_commit, one.faulty.on_open = [error], [error] * QUICK.max_failures
    await one.feed()
    await one.until(lambda: one.crashed)
    assert (one.crashed, one.notes["reopen"]) == ([error], QUICK.max_failures + 1)


def decided_up_to(one: Driver, offset: int) -> bool:
    return one.task.positions == {IN: offset}


async def test_work_that_succeeds_starts_the_count_anew(drive: Drive) -> None:
    one = await drive()
    await send(one.log, *(new("x") for _ in range(2 * QUICK.max_failures)))
    for opened in range(2 * QUICK.max_failures):
        await one.reopened(opened + 1)
        batch = await one.fetched(limit=1)
        assert batch is not None
        one.runner.submit(batch)
        await one.until(partial(decided_up_to, one, opened + 1))
        one.faulty.on_commit = [Fenced("again")]
        if opened + 1 < 2 * QUICK.max_failures:
            batch = await one.fetched(limit=1)
            assert batch is not None
            one.runner.submit(batch)
    assert one.crashed == []
    assert one.notes["reopen"] == 2 * QUICK.max_failures - 1


@pytest.mark.parametrize("error", [Truncated("gone"), RecordTooLarge("out", 2, 1)])
async def test_what_would_end_the_same_way_ends_at_once(drive: Drive, error: LogError) -> None:
    one = await drive()
    await one.reopened(1)
    await send(one.log, new("x"))
    one.faulty.on_commit = [error]
    await one.feed()
    await one.until(lambda: one.crashed)
    assert (one.crashed, one.notes["reopen"]) == ([error], 0)


async def test_deadlines_fire_when_idle_only_as_far_as_the_clock_less_a_grace(drive: Drive) -> None:
    one = await drive()
    await send(one.log, new("due 2000", 10))
    await one.feed()
    await one.until(lambda: one.task.next_due() == 2000)
    one.wall.now = 2000 + QUICK.grace_us
    await one.turns()
    assert await values(one.log) == [b"1:due 2000"]
    one.wall.now += 1
    await one.until(lambda: one.task.time == 2001)
    assert await values(one.log) == [b"1:due 2000", b"wake"]


async def test_a_backlog_never_fires_what_an_unread_record_would_stop(drive: Drive) -> None:
    one = await drive()
    await send(one.log, new("due 2000", 10))
    await one.feed()
    await one.until(lambda: one.task.next_due() == 2000)
    await send(one.log, new("due 9000", 1500))
    one.wall.now = 5000
    await one.turns()
    assert await values(one.log) == [b"1:due 2000"]
    await one.feed()
    await one.until(lambda: one.task.next_due() == 9000)
    assert await values(one.log) == [b"1:due 2000", b"2:due 9000"]


async def test_what_is_fetched_and_not_yet_decided_holds_time_back(drive: Drive) -> None:
    one = await drive()
    await send(one.log, new("due 2000", 10))
    await one.feed()
    await one.until(lambda: one.task.next_due() == 2000)
    await send(one.log, new("x", 1500))
    batch = await one.fetched()
    one.wall.now = 5000
    await one.turns()
    assert await values(one.log) == [b"1:due 2000"]
    assert batch is not None
    one.runner.submit(batch)
    await one.until(lambda: one.task.time >= 2000)
    assert await values(one.log) == [b"1:due 2000", b"2:x", b"wake"]


async def test_an_idle_task_writes_down_now_and_then_that_its_time_has_passed(drive: Drive) -> None:
    one = await drive(policy=replace(QUICK, position_every_us=500))
    await one.reopened(1)
    one.wall.now = 499 + QUICK.grace_us
    await one.turns()
    assert one.task.time == 0
    one.wall.now += 1
    await one.until(lambda: one.task.time == 500)


async def test_a_batch_submitted_out_of_order_is_refused(drive: Drive) -> None:
    one = await drive()
    await send(one.log, new("x"), new("y"))
    await one.reopened(1)
    first, second = await one.fetched(limit=1), await one.fetched(limit=1)
    assert first is not None
    assert second is not None
    with pytest.raises(SkippedBatch, match="out of order"):
        one.runner.submit(second)
    one.runner.submit(first)
    one.runner.submit(second)
    await one.until(lambda: one.task.positions == {IN: 2})


async def test_a_batch_submitted_twice_is_decided_once(drive: Drive) -> None:
    one = await drive()
    await send(one.log, new("x"))
    await one.reopened(1)
    batch = await one.fetched()
    assert batch is not None
    one.runner.submit(batch)
    one.runner.submit(batch)
    await one.until(lambda: one.task.positions == {IN: 1})
    await one.turns()
    assert (await values(one.log), one.crashed) == ([b"1:x"], [])


async def test_batches_from_before_a_reopening_are_dropped_and_fetched_again(drive: Drive) -> None:
    one = await drive()
    await send(one.log, new("x"), new("y"))
    await one.reopened(1)
    first, second = await one.fetched(limit=1), await one.fetched(limit=1)
    assert first is not None
    assert second is not None
    one.faulty.on_commit = [Fenced("lost")]
    one.runner.submit(first)
    await one.reopened(2)
    assert (await values(one.log), one.runner.fetch_from(IN), one.seeks) == ([], 0, [{IN: 0}, {IN: 0}])
    anew = await one.fetched(limit=1)
    assert anew is not None
    one.runner.submit(second)
    one.runner.submit(anew)
    await one.feed()
    await one.until(lambda: one.task.positions == {IN: 2})
    assert await values(one.log) == [b"1:x", b"2:y"]


async def test_a_fetch_that_does_not_continue_is_not_taken_and_fetched_again(drive: Drive) -> None:
    one = await drive()
    await send(one.log, new("x"), new("y"))
    await one.reopened(1)
    records, after = await one.log.read(IN, 0, 1)
    for got in (1, None):
        assert await one.runner.offer(IN, got, records, after) is None
    assert (one.seeks, one.notes["refetch"], one.runner.fetch_from(IN)) == ([{IN: 0}] * 3, 2, 0)


async def test_fetches_that_never_continue_end_the_worker(drive: Drive) -> None:
    one = await drive()
    await one.reopened(1)
    for _ in range(QUICK.max_failures + 1):
        await one.runner.offer(IN, 5, [], 6)
    assert [type(exc) for exc in one.crashed] == [SkippedBatch]


async def test_there_is_room_for_a_few_batches_only(drive: Drive) -> None:
    one = await drive()
    await send(one.log, *(new("x") for _ in range(5)))
    await one.reopened(1)
    assert one.runner.has_room(IN)
    batches = [await one.fetched(limit=1) for _ in range(QUICK.max_queued)]
    assert not one.runner.has_room(IN)
    for batch in batches:
        assert batch is not None
        one.runner.submit(batch)
    await one.until(lambda: one.runner.has_room(IN))


async def test_a_batch_the_agent_let_go_of_is_found_by_its_offset(drive: Drive) -> None:
    one = await drive()
    await send(one.log, new("x"), new("y"))
    await one.reopened(1)
    batch = await one.fetched()
    assert isinstance(batch, Batch)
    assert one.runner.forgotten(IN, {0}) is None
    assert one.runner.forgotten(IN, {1}) is batch
    one.runner.submit(batch)
    assert one.runner.forgotten(IN, {1}) is None


async def test_a_stop_finishes_the_running_transaction_and_drops_what_is_queued(drive: Drive) -> None:
    one = await drive()
    await send(one.log, new("x"), new("y"))
    await one.reopened(1)
    one.faulty.hold = asyncio.Event()
    await one.feed(limit=1)
    await one.until(lambda: one.runner._busy)
    stopping = asyncio.create_task(one.runner.stop())
    await one.turns()
    assert not stopping.done()
    assert not one.runner.has_room(IN)
    one.faulty.hold.set()
    await stopping
    assert (await values(one.log), one.task.positions, one.crashed) == ([b"1:x"], {IN: 1}, [])
    assert not await one.log.owned(one.task.group, 0)


async def test_a_stop_does_not_wait_for_ever(drive: Drive) -> None:
    one = await drive(policy=replace(QUICK, stop_timeout=0.01))
    await send(one.log, new("x"))
    await one.reopened(1)
    one.faulty.hold = asyncio.Event()
    await one.feed()
    await one.until(lambda: one.runner._busy)
    await one.runner.stop()
    assert (one.notes["stop_timeout"], await values(one.log)) == (1, [])


async def test_a_runner_that_waits_for_the_log_can_be_stopped(drive: Drive) -> None:
    one = await drive(policy=replace(QUICK, first_delay=60, max_delay=60))
    one.faulty.on_open = [Unavailable("no broker")]
    await one.until(lambda: one.notes["reopen"] == 1)
    await one.runner.stop()
    assert (one.notes["open"], one.crashed) == (0, [])
