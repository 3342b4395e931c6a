from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

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
from engine.ports import EventLog, GroupSpec, Joint, Mark, NewRecord, Writes
from engine.reading import records_of
from engine.sqlite.log import SqliteLog
from engine.together import drain_together
from tests.engine.ledger import Wall
from tests.engine.pingpong import Sent, programs, said, topics, twin
from tests.support.laws import examples

T = TypeVar("T")
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
falls = st.tuples(st.integers(1, 40), st.booleans())
WAYS = [pytest.param(False, id="jointly"), pytest.param(True, id="apart")]


async def filled(log: EventLog, story: Sequence[Sent], partitions: int) -> None:
    await log.create_topics(topics(partitions))
    for number, one in enumerate(story):
        record = one.record(number)
        await log.append({(one.topic, partition_of(record.key or b"", partitions)): [record]})


async def memory(story: Sequence[Sent], partitions: int) -> MemoryLog:
    log = MemoryLog(clock=Wall())
    await filled(log, story, partitions)
    return log


losses = st.tuples(st.integers(1, 30), st.booleans(), st.booleans())


class Stumbles:
    """Fails at the n-th thing a program does, and never again."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise ValueError("a bug in the handler")


@pytest.mark.parametrize("apart", WAYS)
@given(stories, instants, st.integers(0, 60), st.integers(1, 7), st.integers(1, 5))
async def test_groups_decide_as_if_one_thing_happened_after_the_other(
    apart: bool, story: list[Sent], milestones: list[int], until: int, limit: int, partitions: int
) -> None:
    log = await memory(story, partitions)
    end = await drain_together(log, programs(partitions, milestones), until=until, limit=limit, apart=apart)
    assert await said(log, partitions) == twin(story, milestones, until)
    assert end == max([until, *(one.at for one in story)])


@given(stories, instants, st.integers(1, 7), st.integers(1, 5), st.lists(falls, max_size=4), st.booleans())
async def test_a_run_that_was_killed_goes_on_to_the_same_end(
    story: list[Sent], milestones: list[int], limit: int, partitions: int, falls: list[tuple[int, bool]], apart: bool
) -> None:
    log = await memory(story, partitions)
    for after, one in falls:
        failing = programs(partitions, milestones, Stumbles(after))
        try:
            await drain_together(log, failing, until=60, limit=limit, apart=one)
        except PoisonBatch:
            continue
    await drain_together(log, programs(partitions, milestones), until=60, limit=limit, apart=apart)
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
            return await self._torn(lambda: commit(writes))

        made.commit = torn  # type: ignore[method-assign]
        return made

    @override
    async def commit_jointly(self, joint: Joint) -> list[Mark | None]:
        return await self._torn(lambda: super(Torn, self).commit_jointly(joint))

    async def _torn(self, commit: Callable[[], Awaitable[T]]) -> T:
        self._left -= 1
        if self._left or self._took_effect:
            found = await commit()
            if self._left:
                return found
        raise Unavailable("by a test")


@given(stories, instants, st.integers(1, 5), st.lists(losses, max_size=4))
async def test_a_commit_that_was_lost_or_whose_answer_was_changes_nothing(
    story: list[Sent], milestones: list[int], partitions: int, losses: list[tuple[int, bool, bool]]
) -> None:
    log = await memory(story, partitions)
    for after, took_effect, apart in losses:
        torn = Torn(log.disk, after, took_effect)
        with suppress(Unavailable):
            await drain_together(torn, programs(partitions, milestones), until=60, limit=2, apart=apart)
    await drain_together(log, programs(partitions, milestones), until=60)
    assert await said(log, partitions) == twin(story, milestones, 60)


@given(stories, st.integers(1, 5), st.integers(1, 60), st.booleans())
async def test_after_a_killed_run_tasks_that_read_in_order_of_arrival_lose_and_double_nothing(
    story: list[Sent], partitions: int, after: int, apart: bool
) -> None:
    log = await memory(story, partitions)
    try:
        await drain_together(log, programs(partitions, (), Stumbles(after)), limit=2, apart=apart)
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
@given(stories, st.integers(1, 5), st.integers(1, 40), st.booleans())
async def test_it_is_the_same_on_the_embedded_log(story: list[Sent], partitions: int, after: int, apart: bool) -> None:
    with TemporaryDirectory() as folder:
        log = SqliteLog(Path(folder) / "log", clock=Wall(), owner="one")
        await log.start()
        try:
            await filled(log, story, partitions)
            with suppress(PoisonBatch):
                await drain_together(log, programs(partitions, [30], Stumbles(after)), until=60, limit=2, apart=apart)
            await drain_together(log, programs(partitions, [30]), until=60, limit=2, apart=apart)
            assert await said(log, partitions) == twin(story, [30], 60)
        finally:
            await log.stop()


@pytest.mark.parametrize("apart", WAYS)
@given(stories, st.integers(1, 5), st.integers(1, 5))
async def test_the_same_again_leaves_the_same_bytes(
    apart: bool, story: list[Sent], partitions: int, limit: int
) -> None:
    one, two = [await memory(story, partitions) for _ in range(2)]
    for log in (one, two):
        await drain_together(log, programs(partitions, [20]), limit=limit, apart=apart)
    assert one.disk.partitions == two.disk.partitions


@given(stories, st.integers(1, 5), st.integers(1, 5))
async def test_what_stands_in_inboxes_and_outputs_does_not_depend_on_who_commits_with_whom(
    story: list[Sent], partitions: int, limit: int
) -> None:
    one, two = [await memory(story, partitions) for _ in range(2)]
    await drain_together(one, programs(partitions, [20]), limit=limit)
    await drain_together(two, programs(partitions, [20]), limit=limit, apart=True)
    for topic in ("ping-in", "pong-in", "ping-out", "pong-out", "dead"):
        for partition in range(partitions):
            there, here = (log.disk.partition(topic, partition).records for log in (one, two))
            assert [record[2:] for record in here] == [record[2:] for record in there]


async def test_all_is_one_transaction_where_the_log_can_do_that() -> None:
    log, transactions = await memory([Sent(at, 0, at % 4, 5, 0) for at in range(30)], 2), list[Joint]()
    commit = log.commit_jointly

    async def counted(joint: Joint) -> list[Mark | None]:
        transactions.append(joint)
        return await commit(joint)

    log.commit_jointly = counted  # type: ignore[method-assign]
    await drain_together(log, programs(2))
    assert len(transactions) <= 2
    told = [record for rows in transactions[0].told.values() for record in rows]
    assert len(told) == sum(len(log.disk.partition(topic, number).records) - sent
                            for topic, sent in (("ping-in", 15), ("pong-in", 0)) for number in range(2))  # fmt: skip


@given(stories, st.integers(1, 5), st.integers(1, 30))
async def test_whoever_writes_to_the_inboxes_meanwhile_is_heard_and_nothing_is_lost_or_doubled(
    story: list[Sent], partitions: int, after: int
) -> None:
    log, left = await memory(story, partitions), after
    more = Sent(60, 1, 1, 2, 0)

    def outside() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            log.disk.append({("pong-in", partition_of(b"k1", partitions)): [more.record(999)]}, 1_000)

    await drain_together(log, programs(partitions, (), outside), limit=3, until=60)
    lines = [line for lines in (await said(log, partitions)).values() for line in lines]
    inboxes = [
        (record.value or b"").decode()
        for topic in ("ping-in", "pong-in")
        for partition in range(partitions)
        async for record in records_of(log, topic, partition)
    ]
    assert sorted(line.partition("heard ")[2].rpartition(" as ")[0] for line in lines if "heard" in line) == sorted(
        inboxes
    )


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
