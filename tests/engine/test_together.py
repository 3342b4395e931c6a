from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from engine.decided import Decided, within
from engine.drain import drain
from engine.errors import PoisonBatch, Unavailable
from engine.memory.disk import MemoryDisk
from engine.memory.log import MemoryLog
from engine.memory.task import MemoryTaskLog
from engine.partitioning import partition_of
from engine.ports import EventLog, GroupSpec, Mark, NewRecord, Writes
from engine.reading import records_of
from engine.sqlite.log import SqliteLog
from engine.together import drain_together
from tests.engine.ledger import Wall
from tests.engine.pingpong import Sent, programs, said, topics, twin
from tests.support.laws import examples

sent = st.builds(
    Sent,
    at=st.integers(0, 40),
    group=st.integers(0, 1),
    key=st.integers(0, 3),
    hops=st.integers(0, 5),
    wait=st.sampled_from([0, 0, 1, 3, 17]),
)
stories = st.lists(sent, max_size=25)
instants = st.lists(st.integers(0, 60), max_size=2)


async def filled(log: EventLog, story: Sequence[Sent], partitions: int) -> None:
    await log.create_topics(topics(partitions))
    for number, one in enumerate(story):
        record = one.record(number)
        await log.append({(one.topic, partition_of(record.key or b"", partitions)): [record]})


async def memory(story: Sequence[Sent], partitions: int) -> MemoryLog:
    log = MemoryLog(clock=Wall())
    await filled(log, story, partitions)
    return log


class Stumbles:
    """Fails at the n-th thing a program does, and never again."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise ValueError("a bug in the handler")


@given(stories, instants, st.integers(0, 60), st.integers(1, 7), st.integers(1, 5))
async def test_groups_decide_as_if_one_thing_happened_after_the_other(
    story: list[Sent], milestones: list[int], until: int, limit: int, partitions: int
) -> None:
    log = await memory(story, partitions)
    end = await drain_together(log, programs(partitions, milestones), until=until, limit=limit)
    assert await said(log, partitions) == twin(story, milestones, until)
    assert end == max([until, *(one.at for one in story)])


@given(stories, instants, st.integers(1, 7), st.integers(1, 5), st.lists(st.integers(1, 40), max_size=4))
async def test_a_run_that_was_killed_goes_on_to_the_same_end(
    story: list[Sent], milestones: list[int], limit: int, partitions: int, falls: list[int]
) -> None:
    log = await memory(story, partitions)
    for after in falls:
        try:
            await drain_together(log, programs(partitions, milestones, Stumbles(after)), until=60, limit=limit)
        except PoisonBatch:
            continue
    await drain_together(log, programs(partitions, milestones), until=60, limit=limit)
    assert await said(log, partitions) == twin(story, milestones, 60)


class Torn(MemoryLog):
    """Every so many commits one of them is lost, or its answer."""

    def __init__(self, disk: MemoryDisk, every: int, took_effect: bool) -> None:
        super().__init__(clock=Wall(), disk=disk)
        self._left, self._took_effect = every, took_effect

    @override
    def task(self, group: GroupSpec, partition: int) -> MemoryTaskLog:
        made = super().task(group, partition)
        commit = made.commit

        async def torn(writes: Writes) -> Mark | None:
            self._left -= 1
            if self._left or self._took_effect:
                mark = await commit(writes)
                if self._left:
                    return mark
            raise Unavailable("by a test")

        made.commit = torn  # type: ignore[method-assign]
        return made


@given(stories, instants, st.integers(1, 5), st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=4))
async def test_a_commit_that_was_lost_or_whose_answer_was_changes_nothing(
    story: list[Sent], milestones: list[int], partitions: int, losses: list[tuple[int, bool]]
) -> None:
    log = await memory(story, partitions)
    for after, took_effect in losses:
        with suppress(Unavailable):
            await drain_together(Torn(log.disk, after, took_effect), programs(partitions, milestones), until=60)
    await drain_together(log, programs(partitions, milestones), until=60)
    assert await said(log, partitions) == twin(story, milestones, 60)


@given(stories, st.integers(1, 5), st.integers(1, 60))
async def test_after_a_killed_run_tasks_that_read_in_order_of_arrival_lose_and_double_nothing(
    story: list[Sent], partitions: int, after: int
) -> None:
    log = await memory(story, partitions)
    try:
        await drain_together(log, programs(partitions, (), Stumbles(after)))
    except PoisonBatch:
        for _ in range(20):
            for program in programs(partitions):
                await drain(log, program, limit=3)
    heard = [line.split()[2:5] for lines in (await said(log, partitions)).values() for line in lines if "heard" in line]
    inboxes = [
        (record.value or b"").decode().split()
        for topic in ("ping-in", "pong-in")
        for partition in range(partitions)
        async for record in records_of(log, topic, partition)
    ]
    assert sorted(heard) == sorted(inboxes)


@settings(max_examples=examples(20))
@given(stories, st.integers(1, 5), st.integers(1, 40))
async def test_it_is_the_same_on_the_embedded_log(story: list[Sent], partitions: int, after: int) -> None:
    with TemporaryDirectory() as folder:
        log = SqliteLog(Path(folder) / "log", clock=Wall(), owner="one")
        await log.start()
        try:
            await filled(log, story, partitions)
            with suppress(PoisonBatch):
                await drain_together(log, programs(partitions, [30], Stumbles(after)), until=60)
            await drain_together(log, programs(partitions, [30]), until=60)
            assert await said(log, partitions) == twin(story, [30], 60)
        finally:
            await log.stop()


@given(stories, st.integers(1, 5), st.integers(1, 5))
async def test_the_same_again_leaves_the_same_bytes(story: list[Sent], partitions: int, limit: int) -> None:
    one, two = [await memory(story, partitions) for _ in range(2)]
    for log in (one, two):
        await drain_together(log, programs(partitions, [20]), limit=limit)
    assert one.disk.partitions == two.disk.partitions


async def test_what_comes_from_outside_meanwhile_is_decided_as_well() -> None:
    log, late = await memory([Sent(5, 0, 0, 0, 0)], 2), Sent(3, 1, 1, 2, 0).record(9)

    async def one_more(number: int) -> None:
        await log.append({("pong-in", partition_of(b"k1", 2)): [late._replace(value=b"n%d 2 0" % number)]})

    told: list[int] = []

    def progress(group: str, records: int) -> None:
        told.append(records)
        if len(told) == 1:
            log.disk.append({("pong-in", partition_of(b"k1", 2)): [late]}, 1_000)

    await one_more(1)
    await drain_together(log, programs(2), progress=progress)
    lines = [line for lines in (await said(log, 2)).values() for line in lines]
    assert len([line for line in lines if "heard n1" in line]) == 3
    assert len([line for line in lines if "heard n9" in line]) == 3


async def test_a_failure_names_the_record_and_nothing_has_moved_past_it() -> None:
    log = await memory([Sent(1, 0, 0, 0, 0), Sent(2, 1, 1, 0, 0)], 1)
    with pytest.raises(PoisonBatch, match=r"^pong-in-0 offset 0: ValueError.*nothing was skipped"):
        await drain_together(log, programs(1, (), Stumbles(2)))


async def test_a_time_that_is_not_believed_makes_a_dead_letter() -> None:
    log = await memory([Sent(1, 0, 0, 0, 0)], 1)
    await log.append({("ping-in", 0): [NewRecord(b"k0", b"n1 0 0", [("ls-time", b"soon")])]})
    await drain_together(log, programs(1))
    letters = (await log.read("dead", 0, 0)).records
    assert [dict(each.headers)["dlq.reason"] for each in letters] == [b"bad_time"]
    assert await said(log, 1) == {"ping k0": ["1 heard n0 0 0 as 1"]}


@given(st.lists(st.integers(0, 30), unique=True))
def test_offsets_decided_in_any_order_are_known(order: list[int]) -> None:
    decided, done = Decided(3), set(range(3))
    for offset in order:
        if offset >= 3:
            decided.add(offset, offset + 1)
            done.add(offset)
    assert {at for at in range(40) if at < decided.position or within(at, decided.ahead)} == done
    assert decided.position not in done
    again = Decided(decided.position, decided.ahead)
    assert (again.position, again.ahead) == (decided.position, decided.ahead)
