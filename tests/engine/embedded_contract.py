"""What the logs without a broker promise beyond the contract of every log: time, leases, members, ears, no room."""

import asyncio
from typing import Protocol

import pytest
from typing_extensions import override

from engine.embedded.ports import EmbeddedLog
from engine.errors import Fenced, Moved, RecordTooLarge, Truncated, Unavailable, WrongTopic
from engine.ports import Joint, JointLog, NewRecord, TopicSpec, Writes
from tests.engine.log_contract import LogContract
from tests.engine.log_house import CHANGELOG, GROUP, IN, OUT, TOPICS, drain, new, opened, values

TTL = 5_000_000


class Clock:
    """A clock that is set by hand, in microseconds."""

    def __init__(self) -> None:
        self.now = 1_000_000_000_000_000

    def __call__(self) -> int:
        return self.now


class EmbeddedHome(Protocol):
    clock: Clock

    async def log(self, owner: str) -> EmbeddedLog: ...

    async def expire(self, topic: str, partition: int) -> None: ...

    def fill(self, log: EmbeddedLog) -> None: ...

    def make_room(self, log: EmbeddedLog) -> None: ...


def joint_log(log: EmbeddedLog) -> JointLog:
    assert isinstance(log, JointLog)
    return log


class EmbeddedLogContract(LogContract):
    @override
    @pytest.fixture
    async def log(self, home: EmbeddedHome) -> EmbeddedLog:
        log = await home.log("first")
        await log.create_topics(TOPICS)
        return log

    async def test_records_carry_the_time_of_their_append(self, log: EmbeddedLog, home: EmbeddedHome) -> None:
        for step in (0, 7, -5_000_000, 5_000_001):
            home.clock.now += step
            await log.append({(IN, 0): new(b"x")})
        start = home.clock.now - 8
        assert [record.timestamp - start for record in await drain(log, IN)] == [0, 7, 7, 8]

    async def test_a_task_is_owned_while_its_lease_lives(self, log: EmbeddedLog, home: EmbeddedHome) -> None:
        assert not await log.owned(GROUP, 0)
        task = log.task(GROUP, 0)
        await task.open()
        assert (await log.owned(GROUP, 0), await log.owned(GROUP, 1)) == (True, False)
        home.clock.now += TTL - 1
        await task.commit(Writes(changelog=new(b"x")))
        home.clock.now += TTL - 1
        assert await log.owned(GROUP, 0)
        home.clock.now += 1
        assert not await log.owned(GROUP, 0)

    async def test_closing_gives_the_lease_up_at_once_but_not_a_strangers(self, log: EmbeddedLog) -> None:
        former, latter = log.task(GROUP, 0), log.task(GROUP, 0)
        await former.open()
        await latter.open()
        await former.close()
        assert await log.owned(GROUP, 0)
        await latter.close()
        assert not await log.owned(GROUP, 0)

    async def test_an_expired_lease_still_commits_while_nobody_has_taken_it(
        self, log: EmbeddedLog, home: EmbeddedHome
    ) -> None:
        async with opened(log) as task:
            home.clock.now += 10 * TTL
            await task.commit(Writes(outputs={(OUT, 0): new(b"late")}))
            assert await log.owned(GROUP, 0)
        assert values(await drain(log, OUT)) == [b"late"]

    async def test_a_compacted_topic_refuses_a_record_without_a_key(self, log: EmbeddedLog) -> None:
        with pytest.raises(WrongTopic, match="compacted"):
            await log.append({(CHANGELOG, 0): [NewRecord(b"k", b"1"), NewRecord(None, b"2")]})
        assert await drain(log, CHANGELOG) == []

    async def test_a_partition_that_is_not_there_is_refused(self, log: EmbeddedLog) -> None:
        for partition in (-1, 2):
            with pytest.raises(WrongTopic):
                await log.append({(IN, partition): new(b"x")})
            with pytest.raises(WrongTopic):
                await log.read(IN, partition, 0)
        with pytest.raises(WrongTopic):
            await log.create_topics([TopicSpec("none", 0)])

    async def test_a_position_that_retention_has_passed_is_told_not_skipped(
        self, log: EmbeddedLog, home: EmbeddedHome
    ) -> None:
        retained = TopicSpec("retained", 1, retention_ms=1000)
        group = type(GROUP)("retained-group", ("retained",), CHANGELOG, IN)
        await log.create_topics([retained])
        await log.append({("retained", 0): new(b"1")})
        await log.append({("retained", 0): new(b"2")})
        async with opened(log, group) as task:
            await task.commit(Writes(before={"retained": 0}, after={"retained": 1}))
        home.clock.now += 2_000_000
        await log.append({("retained", 0): new(b"3")})
        await home.expire("retained", 0)
        assert (await log.starts("retained"), await log.ends("retained")) == ([2], [3])
        with pytest.raises(Truncated):
            await log.task(group, 0).open()
        assert not await log.owned(group, 0)
        with pytest.raises(Truncated):
            await log.read("retained", 0, 1)
        assert values(await drain(log, "retained")) == [b"3"]

    async def test_an_offset_after_the_end_is_told(self, log: EmbeddedLog) -> None:
        with pytest.raises(Truncated):
            await log.read(IN, 0, 1)

    async def test_tasks_that_commit_jointly_leave_all_and_what_they_told_as_it_was_said(
        self, log: EmbeddedLog
    ) -> None:
        await log.append({(IN, 0): new(b"1"), (IN, 1): new(b"2")})
        handles = [log.task(GROUP, number) for number in (0, 1)]
        positions = [(await handle.open()).positions[IN] for handle in handles]
        marks = await joint_log(log).commit_jointly(
            Joint(
                [
                    (handle, Writes({(OUT, number): new(b"o%d" % number)}, new(b"s"), {IN: at}, {IN: at + 1}))
                    for number, (handle, at) in enumerate(zip(handles, positions, strict=True))
                ],
                told={(IN, 1): new(b"told", b"also")},
                ends={(IN, 1): 1},
                at=2_000_000_000_000_000,
            )
        )
        assert [mark and mark.value for mark in marks] == [b"s", b"s"]
        assert [values(await drain(log, OUT, number)) for number in (0, 1)] == [[b"o0"], [b"o1"]]
        told = (await drain(log, IN, 1))[1:]
        assert [(record.offset, record.timestamp, record.value) for record in told] == [
            (1, 2_000_000_000_000_000, b"told"), (2, 2_000_000_000_000_000, b"also")
        ]  # fmt: skip
        assert [(await log.task(GROUP, number).open()).positions[IN] for number in (0, 1)] == [1, 1]

    @pytest.mark.parametrize("why", ["somebody has written there", "one was fenced", "one is too large"])
    async def test_tasks_that_cannot_commit_jointly_leave_nothing(
        self, log: EmbeddedLog, home: EmbeddedHome, why: str
    ) -> None:
        handles = [log.task(GROUP, number) for number in (0, 1)]
        for handle in handles:
            await handle.open()
        second = [NewRecord(b"o", bytes(2_000_000))] if "large" in why else new(b"o")
        parts = [(handles[0], Writes({(OUT, 0): new(b"o")}, new(b"s"))), (handles[1], Writes({(OUT, 1): second}))]
        if "written" in why:
            await log.append({(IN, 1): new(b"x")})
        if "fenced" in why:
            await (await home.log("second")).task(GROUP, 1).open()
        with pytest.raises((Moved, Fenced, RecordTooLarge)):
            await joint_log(log).commit_jointly(Joint(parts, {(IN, 1): new(b"told")}, {(IN, 1): 0}, 1))
        assert [values(await drain(log, OUT, number)) for number in (0, 1)] == [[], []]
        assert b"told" not in values(await drain(log, IN, 1))
        assert await drain(log, CHANGELOG) == []

    async def test_a_full_disk_is_an_outage_that_ends(self, log: EmbeddedLog, home: EmbeddedHome) -> None:
        await log.append({(IN, 0): new(b"before")})
        task = log.task(GROUP, 0)
        await task.open()
        home.fill(log)
        incompressible = b"".join(bytes([n * n % 251, n % 256, n * 7 % 253]) for n in range(250_000))
        for _ in range(2):
            with pytest.raises(Unavailable, match="full"):
                await log.append({(IN, 0): new(incompressible), (OUT, 0): new(b"small")})
            with pytest.raises(Unavailable, match="full"):
                await task.commit(Writes({(OUT, 0): new(incompressible)}, new(b"s"), {IN: 0}, {IN: 1}))
        assert values(await drain(log, IN)) == [b"before"]
        home.make_room(log)
        await task.commit(Writes({(OUT, 0): new(incompressible)}, new(b"s"), {IN: 0}, {IN: 1}))
        await log.append({(IN, 0): new(b"after")})
        assert values(await drain(log, OUT)) == [incompressible]
        assert values(await drain(log, IN)) == [b"before", b"after"]

    async def test_live_members_share_all_partitions(self, log: EmbeddedLog, home: EmbeddedHome) -> None:
        seats = []
        for name in ("c", "a", "b"):
            seat = (await home.log(name)).membership()
            await seat.join("workers", name)
            seats.append(seat)
        shares = [await seat.assignment(8) for seat in seats]
        assert sorted(partition for share in shares for partition in share) == list(range(8))
        assert {len(share) for share in shares} == {2, 3}
        await seats[0].leave()
        assert (await seats[0].assignment(8), await seats[1].assignment(8)) == (set(), {0, 2, 4, 6})

    async def test_members_of_other_groups_do_not_share(self, log: EmbeddedLog) -> None:
        one, two = log.membership(), log.membership()
        await one.join("workers", "a")
        await two.join("readers", "b")
        assert await one.assignment(3) == await two.assignment(3) == {0, 1, 2}

    async def test_a_member_that_does_not_beat_is_gone_until_it_beats_again(
        self, log: EmbeddedLog, home: EmbeddedHome
    ) -> None:
        one, two = log.membership(), (await home.log("second")).membership()
        await one.join("workers", "first")
        await two.join("workers", "second")
        home.clock.now += TTL - 1
        await one.beat()
        home.clock.now += 1
        assert (await one.assignment(4), await two.assignment(4)) == ({0, 1, 2, 3}, set())
        await two.beat()
        assert (await one.assignment(4), await two.assignment(4)) == ({0, 2}, {1, 3})

    async def test_a_beat_keeps_the_leases_of_its_owner_only(self, log: EmbeddedLog, home: EmbeddedHome) -> None:
        other = await home.log("second")
        seat = log.membership()
        await seat.join("workers", "first")
        kept, lost, closed = (
            log.task(GROUP, 0),
            other.task(GROUP, 1),
            log.task(type(GROUP)("third", (IN,), OUT, OUT), 0),
        )
        for task in (kept, lost, closed):
            await task.open()
        await closed.close()
        home.clock.now += TTL - 1
        await seat.beat()
        home.clock.now += 1
        assert await log.owned(GROUP, 0)
        assert not await log.owned(GROUP, 1)
        assert not await log.owned(type(GROUP)("third", (IN,), OUT, OUT), 0)

    async def test_an_ear_hears_a_commit_of_another_process(self, log: EmbeddedLog, home: EmbeddedHome) -> None:
        other = await home.log("second")
        ear = log.ear()
        heard = asyncio.create_task(ear.wait(30))
        await asyncio.sleep(0)
        assert not heard.done()
        await other.append({(IN, 0): new(b"x")})
        assert await heard
        ear.close()

    async def test_an_ear_hears_what_was_committed_before_it_waits(self, log: EmbeddedLog) -> None:
        ear = log.ear()
        await log.append({(IN, 0): new(b"x")})
        assert await ear.wait(30)
        assert not await ear.wait(0.001)
        ear.close()
