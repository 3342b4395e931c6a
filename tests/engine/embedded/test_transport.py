import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from engine.embedded.ports import EmbeddedLog
from engine.faust_app import TaskApp
from engine.memory.disk import MemoryDisk
from engine.memory.log import MemoryLog
from engine.ports import EventLog, NewRecord
from engine.sqlite.log import SqliteLog
from tests.engine.embedded.counting import GROUP, PARTITIONS, TOPICS, build, now

TTL = 2_000_000
MakeLog = Callable[[str], Awaitable[EmbeddedLog]]


@pytest.fixture(params=["memory", "sqlite"])
async def make_log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MakeLog]:
    disk = MemoryDisk()
    async with AsyncExitStack() as stack:

        async def make(owner: str) -> EmbeddedLog:
            if request.param == "memory":
                return MemoryLog(clock=now, owner=owner, disk=disk, lease_ttl=TTL)
            log = SqliteLog(tmp_path / "log.db", clock=now, owner=owner, lease_ttl=TTL)
            await log.start()
            stack.push_async_callback(log.stop)
            await log.create_topics(TOPICS)
            return log

        log = await make("reader")
        await log.create_topics(TOPICS)
        yield make


class Workers:
    """Faust apps of this test, stopped at its end."""

    def __init__(self, make_log: MakeLog, stack: AsyncExitStack) -> None:
        self._make_log, self._stack = make_log, stack

    async def start(self, name: str) -> TaskApp:
        app = build(await self._make_log(name), now)
        await app.start()
        self._stack.push_async_callback(app.stop)
        return app


@pytest.fixture
async def workers(make_log: MakeLog) -> AsyncIterator[Workers]:
    async with AsyncExitStack() as stack:
        yield Workers(make_log, stack)


async def publish(log: EventLog, low: int, high: int) -> None:
    for number in range(low, high):
        await log.append({("in", number % PARTITIONS): [NewRecord(b"key-%d" % (number % 12), b"%d" % number)]})


async def outputs(log: EventLog) -> list[tuple[bytes, bytes]]:
    found = []
    for partition in range(PARTITIONS):
        records = (await log.read("out", partition, 0, 100_000)).records
        found += [(record.key or b"", record.value or b"") for record in records]
    return found


def expected(numbers: Iterable[int]) -> Counter[tuple[bytes, bytes]]:
    counts: Counter[int] = Counter()
    found: Counter[tuple[bytes, bytes]] = Counter()
    for number in numbers:
        counts[number % 12] += 1
        found[b"key-%d" % (number % 12), b"%d=%d" % (number, counts[number % 12])] += 1
    return found


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110 - nothing signals what a condition asks for
            await asyncio.sleep(0.01)


async def all_done(log: EventLog, count: int) -> None:
    async def done() -> bool:
        return sum(await log.ends("out")) >= count

    await until(done)
    assert Counter(await outputs(log)) == expected(range(count))


async def shares(apps: list[TaskApp], wanted: list[set[int]]) -> None:
    async def shared() -> bool:
        found = [{tp.partition for tp in app.consumer.assignment()} for app in apps]
        running = [{number for (_, number), runner in app.task_host.runners.items() if runner.running} for app in apps]
        return found == wanted == running

    await until(shared)


async def test_a_worker_decides_all_there_is_and_all_that_comes(make_log: MakeLog, workers: Workers) -> None:
    log = await make_log("publisher")
    await publish(log, 0, 100)
    await workers.start("one")
    await all_done(log, 100)
    await publish(log, 100, 200)
    await all_done(log, 200)


@pytest.mark.slow
async def test_workers_share_the_partitions_as_they_come_and_go(make_log: MakeLog, workers: Workers) -> None:
    log = await make_log("publisher")
    one = await workers.start("one")
    await shares([one], [{0, 1, 2, 3}])
    await publish(log, 0, 60)
    two = await workers.start("two")
    await publish(log, 60, 120)
    await shares([one, two], [{0, 2}, {1, 3}])
    await publish(log, 120, 180)
    await all_done(log, 180)
    await one.stop()
    await shares([two], [{0, 1, 2, 3}])
    await publish(log, 180, 240)
    await all_done(log, 240)
    for app in (one, two):  # they waited for each other: nobody was fenced in the middle of its work
        assert app.task_host.failure is None
        assert not [kind for kind, _ in app.task_host.progress if kind == "reopen"]


@pytest.mark.slow
async def test_more_workers_than_partitions_leave_some_idle_but_ready(make_log: MakeLog, workers: Workers) -> None:
    log = await make_log("publisher")
    apps = [await workers.start(f"{number}") for number in range(PARTITIONS + 1)]
    await shares(apps, [{0}, {1}, {2}, {3}, set()])
    await apps[0].stop()
    await shares(apps[1:], [{0}, {1}, {2}, {3}])
    await publish(log, 0, 60)
    await all_done(log, 60)


async def test_a_task_that_was_fenced_opens_again_and_doubles_nothing(make_log: MakeLog, workers: Workers) -> None:
    log = await make_log("publisher")
    await workers.start("one")
    await publish(log, 0, 60)
    await all_done(log, 60)
    thief = await make_log("thief")
    for partition in range(PARTITIONS):
        task = thief.task(GROUP, partition)
        await task.open()
        await task.close()
    await publish(log, 60, 120)
    await all_done(log, 120)


@pytest.mark.slow
@pytest.mark.parametrize("make_log", ["sqlite"], indirect=True)
async def test_an_outage_is_waited_out(make_log: MakeLog, workers: Workers) -> None:
    log = await make_log("publisher")
    app = await workers.start("one")
    await publish(log, 0, 40)
    await all_done(log, 40)
    host_log = app.task_host.log
    await host_log.stop()
    await publish(log, 40, 80)

    async def noticed() -> bool:
        return ("log_trouble", "") in app.task_host.progress

    await until(noticed)
    await host_log.start()
    await publish(log, 80, 120)
    await all_done(log, 120)
    assert app.task_host.failure is None
