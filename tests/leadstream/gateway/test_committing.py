import asyncio
from collections.abc import Mapping, Sequence

import pytest

from engine.errors import RecordTooLarge, Unavailable
from engine.memory.log import MemoryLog
from engine.ports import NewRecord, TopicSpec
from engine.reading import records_of
from leadstream.gateway.committing import Bounds, Full, GroupCommit

AT = ("inbox", 0)


class Gate(MemoryLog):
    """A log whose appends wait until it is open; counts them."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: 0)
        self.open, self.appends = asyncio.Event(), 0

    async def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
        self.appends += 1
        await self.open.wait()
        await super().append(records)


async def made() -> Gate:
    log = Gate()
    await log.create_topics([TopicSpec("inbox", 1, max_record_bytes=100)])
    return log


def one(value: bytes) -> dict[tuple[str, int], list[NewRecord]]:
    return {AT: [NewRecord(b"k", value)]}


async def values(log: MemoryLog) -> list[bytes | None]:
    return [record.value async for record in records_of(log, *AT)]


async def test_what_comes_during_an_append_goes_with_the_next_one_in_order() -> None:
    log = await made()
    commits = GroupCommit(log)
    tasks = [asyncio.create_task(commits.append(one(b"%d" % number), 1)) for number in range(100)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)
    log.open.set()
    await asyncio.gather(*tasks)
    assert log.appends <= 2
    assert await values(log) == [b"%d" % number for number in range(100)]


async def test_one_that_the_log_refuses_is_told_and_the_others_are_taken() -> None:
    log = await made()
    log.open.set()
    commits = GroupCommit(log)
    sizes = (1, 1, 200, 1)
    found = await asyncio.gather(*(commits.append(one(b"x" * size), size) for size in sizes), return_exceptions=True)
    assert [type(each) for each in found] == [type(None), type(None), RecordTooLarge, type(None)]
    assert len(await values(log)) == 3


async def test_no_more_waits_than_may() -> None:
    log = await made()
    commits = GroupCommit(log, Bounds(group=10, waiting=30))
    tasks: list[asyncio.Task[None]] = []
    for number in range(4):  # the first is under way before the others come
        tasks.append(asyncio.create_task(commits.append(one(b"%d" % number), 10)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    with pytest.raises(Full):
        await commits.append(one(b"more"), 10)
    log.open.set()
    await asyncio.gather(*tasks)
    await commits.append(one(b"later"), 10)
    assert await values(log) == [b"0", b"1", b"2", b"3", b"later"]


async def test_whoever_has_waited_too_long_is_told_and_its_records_are_not_written_later() -> None:
    log = await made()
    commits = GroupCommit(log, Bounds(group=1, patience=0.05))
    under_way = asyncio.create_task(commits.append(one(b"first"), 1))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(commits.append(one(b"second"), 1))
    found = await asyncio.gather(under_way, waiting, return_exceptions=True)
    assert [type(each) for each in found] == [Unavailable, Unavailable]
    log.open.set()
    await commits.append(one(b"third"), 1)
    assert await values(log) == [b"first", b"third"], "what was under way may be written, what only waited is not"
