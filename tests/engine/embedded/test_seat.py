import asyncio

import pytest

from engine.embedded.seat import Seat
from engine.errors import Unavailable
from engine.memory.disk import MemoryDisk
from engine.memory.log import MemoryLog
from tests.engine.embedded.counting import GROUP, TOPICS
from tests.engine.embedded_contract import Clock


async def logs(*owners: str, lease_ttl: int = 240_000) -> list[MemoryLog]:
    disk, clock = MemoryDisk(), Clock()
    made = [MemoryLog(clock=clock, owner=owner, disk=disk, lease_ttl=lease_ttl) for owner in owners]
    await made[0].create_topics(TOPICS)
    return made


async def test_a_worker_waits_until_the_former_owner_has_let_go() -> None:
    here, there = await logs("here", "there", lease_ttl=600_000_000)
    task = there.task(GROUP, 1)
    await task.open()
    seat = Seat(here, "workers")
    seat.look_every = 0.001
    await seat.wait_until_released([(GROUP, 0), (GROUP, 2)])
    waiting = asyncio.create_task(seat.wait_until_released([(GROUP, 0), (GROUP, 1)]))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    await task.close()
    await waiting


async def test_a_worker_does_not_wait_for_ever() -> None:
    here, there = await logs("here", "there")
    await there.task(GROUP, 1).open()  # and the clock stands still: the lease never expires
    await Seat(here, "workers").wait_until_released([(GROUP, 1)])
    assert await here.owned(GROUP, 1)


async def test_a_seat_that_was_given_up_is_not_taken_again() -> None:
    here, there = await logs("here", "there")
    seat, other = Seat(here, "workers"), Seat(there, "workers")
    assert (await seat.share(2), await other.share(2), await seat.share(2)) == ({0, 1}, {1}, {0})
    await seat.give_up()
    assert (await seat.share(2), await other.share(2)) == (set(), {0, 1})


async def test_beats_go_on_through_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    (here,) = await logs("here")
    seat = Seat(here, "workers")
    assert await seat.share(1) == {0}
    beat = seat._membership.beat
    troubles: list[BaseException] = []

    async def broken() -> None:
        raise Unavailable("no room")

    monkeypatch.setattr(seat._membership, "beat", broken)
    beating = asyncio.create_task(seat.beat_on(troubles.append))
    await asyncio.sleep(0)
    assert [str(trouble) for trouble in troubles] == ["no room"]
    monkeypatch.setattr(seat._membership, "beat", beat)
    here.clock.now += 240_000  # type: ignore[attr-defined]
    assert await seat.share(1) == set()
    async with asyncio.timeout(30):
        while await seat.share(1) != {0}:  # noqa: ASYNC110 - the next beat comes by itself
            await asyncio.sleep(0.01)
    beating.cancel()
