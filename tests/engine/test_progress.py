import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from engine.errors import Unavailable
from engine.progress import Look, Observer, Seen, Sight, looks_of
from engine.watchdog import LOOP, STALLED_EXIT, Limits
from tests.engine.driver import QUICK
from tests.engine.hosted import Hosted
from tests.engine.ledger import GROUP, IN, Ledger, Wall

LIMITS = Limits(told=1.0, ended=4.0, restoring=8.0)
NAME = "in-0 of ledgers"

Start = Callable[..., Awaitable[Hosted]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Makes hosts, and lets go of everything in the end."""
    made: list[Hosted] = []

    async def make(*partitions: int, ledger: Ledger | None = None, wall: Wall | None = None) -> Hosted:
        policy = replace(QUICK, stop_timeout=0.01)
        made.append(Hosted(wall or Wall(), policy, LIMITS, ledger or Ledger()))
        await made[-1].begin(*partitions)
        return made[-1]

    yield make
    for one in made:
        await one.host.revoke()


def open_tasks(one: Hosted) -> Callable[[], bool]:
    return lambda: all(runner.running for runner in one.host.runners.values())


async def test_a_partition_is_told_once_then_ends_the_process_when_its_commit_hangs(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    one = await start(0, 1)
    await one.until(open_tasks(one))
    one.log.troubles["commit"].append(asyncio.Event())
    await one.send(0, "x", "y")
    await one.until(lambda: one.dog.seen.rounds == 0 and one.host.runners[IN, 0]._busy)
    for _ in range(7):
        await one.round()
    told = [record.message for record in caplog.records if record.message.startswith("stalled:")]
    assert told == [f"stalled: {NAME} has not moved for 1 s: stands at 0 of 2, what was fetched is not decided"]
    assert set(one.dog.verdict.stalled) == {NAME}
    assert one.ended == []
    await one.round(2)
    for _ in range(16):
        await one.round()
    assert set(one.ended) == {STALLED_EXIT}


class Hanging(Ledger):
    """Its batch hangs where a program may wait: before it decides."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def prepare(self, until: int) -> None:
        await self.gate.wait()


async def test_a_partition_whose_handler_hangs_is_stalled_and_moves_again_when_it_returns(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = Hanging()
    one = await start(0, ledger=ledger)
    await one.send(0, "x")
    await one.until(lambda: one.host.runners[IN, 0]._busy)
    for _ in range(7):
        await one.round()
    assert set(one.dog.verdict.stalled) == {NAME}
    ledger.gate.set()
    await one.until(lambda: one.position(0) == 1)
    await one.round()
    assert (one.dog.verdict.stalled, caplog.messages[-1]) == ({}, f"moves again: {NAME}")


async def test_a_loop_that_a_handler_holds_is_noticed_from_the_other_thread(start: Start) -> None:
    one = await start(0)
    await one.until(open_tasks(one))
    await one.round()
    for _ in range(30):  # nobody looks: the loop is held
        one.seconds += LIMITS.period
        one.dog.judge()
    assert (set(one.dog.verdict.stalled), set(one.ended)) == ({LOOP}, {STALLED_EXIT})


async def test_records_that_are_not_fetched_are_noticed(start: Start) -> None:
    one = await start(0, 1)
    await one.until(open_tasks(one))
    await one.send(1, "x")
    for _ in range(7):
        await one.round()
    (stall,) = one.dog.verdict.stalled.values()
    assert (stall.look.name, stall.look.about) == ("in-1 of ledgers", "stands at 0 of 1, nothing is fetched")


async def test_a_healthy_idle_worker_is_never_stalled(start: Start) -> None:
    one = await start(0, 1)
    await one.send(0, "x", "due 2000")
    await one.until(lambda: one.position(0) == 2)
    for _ in range(100):
        await one.round()
    assert (one.dog.verdict.stalled, one.ended) == ({}, [])


async def test_a_deadline_that_is_due_and_does_not_fire_is_noticed(start: Start) -> None:
    wall = Wall()
    one = await start(0, wall=wall)
    await one.send(0, "due 2000")
    await one.until(lambda: one.position(0) == 1)
    await one.round()
    one.log.troubles["commit"].append(hanging := asyncio.Event())
    wall.now = 10_000
    await one.until(lambda: one.host.runners[IN, 0]._busy)
    for _ in range(7):
        await one.round()
    assert set(one.dog.verdict.stalled) == {"time of ledgers-0"}
    hanging.set()
    await one.until(lambda: one.host.runners[IN, 0].task.time > 2000)
    await one.round()
    assert one.dog.verdict.stalled == {}


async def test_an_outage_is_told_and_ends_nothing(start: Start) -> None:
    one = await start(0)
    await one.until(open_tasks(one))
    await one.send(0, "x")
    one.log.forced = {name: Unavailable("no broker") for name in ("ends", "commit", "open")}
    await one.until(lambda: one.host.tallies["ledgers-0"].notes["outage"] > 3)
    for _ in range(200):
        await one.round()
    assert (set(one.dog.verdict.stalled), one.ended, one.dog.seen.reachable) == ({NAME}, [], False)
    one.log.forced = {}
    await one.until(lambda: one.position(0) == 1)
    await one.round()
    assert (one.dog.verdict.stalled, one.dog.seen.reachable) == ({}, True)


async def test_a_log_that_reads_but_takes_no_writes_is_an_outage_too(start: Start) -> None:
    one = await start(0)
    await one.until(open_tasks(one))
    await one.send(0, "x")
    one.log.forced["commit"] = Unavailable("not enough replicas")
    await one.until(lambda: one.host.tallies["ledgers-0"].notes["outage"] > 3)
    for _ in range(60):
        before = one.host.tallies["ledgers-0"].notes["outage"]
        await one.until(lambda before=before: one.host.tallies["ledgers-0"].notes["outage"] > before)  # type: ignore[misc]
        await one.round()
    assert (set(one.dog.verdict.stalled), one.ended) == ({NAME}, [])


async def test_an_answer_that_never_comes_counts_as_an_outage(start: Start) -> None:
    one = await start(0)
    await one.until(open_tasks(one))
    one.log.troubles["ends"].append(asyncio.Event())
    seen = await Observer(one.host, clock=Wall(), patience=0.001).look()
    assert not seen.reachable


async def test_records_of_a_partition_that_no_process_owns_are_told_by_those_that_live(start: Start) -> None:
    one = await start(0)
    await one.until(open_tasks(one))
    await one.send(1, "x")
    for _ in range(60):
        await one.round()
    assert (one.dog.seen.unowned, set(one.dog.verdict.stalled), one.ended) == ((("ledgers", 1),), {"ledgers-1"}, [])
    other = one.log.task(GROUP, 1)
    await other.open()
    for _ in range(5):
        await one.round()
    assert (one.dog.seen.unowned, one.dog.verdict.stalled) == ((), {})


async def test_a_process_that_owns_nothing_while_nobody_does_ends_because_its_join_may_hang(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    one = await start()
    await one.send(1, "x")
    for _ in range(7):
        await one.round()
    assert (set(one.dog.verdict.stalled), one.ended) == ({"ledgers-1"}, [])
    assert caplog.messages[-1].endswith("it has records, and no process owns it; this one owns nothing")
    for _ in range(20):
        await one.round()
    assert set(one.ended) == {STALLED_EXIT}


async def test_a_process_that_is_given_something_now_and_then_does_not_end_when_it_owns_nothing(start: Start) -> None:
    """As in a storm of rebalances: its join does not hang."""
    one = await start()
    await one.send(1, "x")
    for _ in range(12):
        await one.begin(0)
        await one.host.revoke()
        for _ in range(10):
            await one.round()
    assert (set(one.dog.verdict.stalled), one.ended) == ({"ledgers-1"}, [])


async def test_a_process_that_waits_beside_an_owner_or_in_an_outage_does_not_end(start: Start) -> None:
    one = await start()
    await one.send(1, "x")
    await one.round()
    one.log.forced["ends"] = Unavailable("no broker")
    for _ in range(200):
        await one.round()
    assert one.ended == []
    one.log.forced.clear()
    await one.log.task(GROUP, 1).open()
    for _ in range(60):
        await one.round()
    assert (one.dog.verdict.stalled, one.ended) == ({}, [])


async def test_a_partition_that_stands_still_is_told_though_others_move(start: Start) -> None:
    one = await start(0, 1)
    await one.until(open_tasks(one))
    one.log.troubles["commit"].append(asyncio.Event())
    await one.send(0, "x")
    await one.until(lambda: one.host.runners[IN, 0]._busy)
    for count in range(1, 31):
        await one.send(1, "x")
        await one.until(lambda count=count: one.position(1) == count)  # type: ignore[misc]
        await one.round()
    assert (set(one.dog.verdict.stalled), set(one.ended)) == ({NAME}, {STALLED_EXIT})


async def test_an_empty_partition_needs_no_owner(start: Start) -> None:
    one = await start(0)
    await one.until(open_tasks(one))
    for _ in range(10):
        await one.round()
    assert one.dog.seen.unowned == ()


async def test_counts_go_on_when_a_partition_comes_back(start: Start) -> None:
    one = await start(0)
    await one.send(0, "x")
    await one.until(lambda: one.position(0) == 1)
    await one.host.revoke()
    await one.begin(0)
    await one.send(0, "y", "z")
    await one.until(lambda: one.host.runners[IN, 0].running and one.position(0) == 3)
    tally = one.host.tallies["ledgers-0"]
    assert (tally.records, tally.commits, tally.notes["open"]) == (3, 2, 2)


def sight(**other: Any) -> Sight:
    known: dict[str, Any] = {
        "group": "g", "partition": 0, "open": True, "positions": {"a": 3, "b": 5}, "ends": {"a": 7, "b": 5},
        "waiting": frozenset(), "time": 0, "due": False, "committing": False, "commits": 0, "still": 0, "excuses": 0,
    }  # fmt: skip
    return Sight(**{**known, **other})


def look(task: Sight, name: str) -> Look:
    return next(one for one in looks_of(Seen(1, (task,))) if one.name == name)


def test_each_source_of_a_task_is_judged_by_itself() -> None:
    assert [look(sight(), f"{topic}-0 of g").work for topic in ("a", "b")] == [True, False]
    moved = sight(positions={"a": 3, "b": 6})
    assert look(moved, "a-0 of g").mark == look(sight(), "a-0 of g").mark
    assert look(moved, "b-0 of g").mark != look(sight(), "b-0 of g").mark


def test_work_that_moves_no_position_is_progress_of_all_sources() -> None:
    swept = sight(still=1)
    assert all(look(swept, f"{topic}-0 of g").mark != look(sight(), f"{topic}-0 of g").mark for topic in ("a", "b"))


def test_a_task_that_is_not_open_has_that_to_do() -> None:
    opening = look(sight(open=False, positions={}), "b-0 of g")
    assert (opening.work, opening.opening, opening.about) == (
        True, True, "stands at no known offset of 5, its task is not open",
    )  # fmt: skip


def test_the_lag_is_never_negative() -> None:
    assert (sight().lag("a"), sight(ends={"a": 1}).lag("a")) == (4, 0)
