import asyncio
from typing import Any

from typing_extensions import override

from engine.errors import Fenced
from engine.memory.task import MemoryTaskLog
from engine.ports import Opened
from tests.engine.driver import QUICK, driving
from tests.engine.ledger import GROUP, IN, new, send, values


class Gated(MemoryTaskLog):
    """A task's handle whose opening waits until it may go on."""

    asked: asyncio.Event
    gate: asyncio.Event

    @override
    async def open(self, *args: Any, **how: Any) -> Opened:
        self.asked.set()
        await self.gate.wait()
        return await super().open(*args, **how)


async def test_a_batch_from_before_that_is_submitted_while_the_task_opens_again_is_dropped() -> None:
    one = await driving()
    await send(one.log, new("x"), new("y"))
    await one.reopened(1)
    first, second = await one.fetched(limit=1), await one.fetched(limit=1)
    assert first is not None
    assert second is not None
    gated = Gated(one.log.disk, GROUP, 0, owner="driver", clock=one.wall, lease_ttl=10**9)
    gated.asked, gated.gate = asyncio.Event(), asyncio.Event()
    one.task.log = gated
    one.runner.submit(first)  # refused: this handle is not open yet
    await gated.asked.wait()
    one.runner.submit(second)
    gated.gate.set()
    await one.reopened(2)
    await one.feed(limit=1)
    await one.until(lambda: one.task.positions == {IN: 2} or one.crashed)
    assert (await values(one.log), one.crashed) == ([b"1:x", b"2:y"], [])
    await one.runner.stop()


async def test_who_has_lost_its_place_unknowingly_does_not_open_again_and_is_not_at_fault() -> None:
    one = await driving()
    await one.reopened(1)
    one.seated = False
    one.faulty.on_commit = [Fenced("another one has opened the task")]
    await send(one.log, new("x"))
    await one.feed()
    await one.until(lambda: one.notes["reopen"] > 3 * QUICK.max_failures)
    assert (one.notes["open"], one.notes["outage"], one.crashed) == (1, 0, [])  # an outage would excuse standing still
    one.seated = True
    await one.reopened(2)
    await one.feed()
    await one.until(lambda: one.task.positions == {IN: 1})
    assert await values(one.log) == [b"1:x"]
    await one.runner.stop()
