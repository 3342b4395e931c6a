"""The contract of every log. A class per log says how to get at one; the laws are the same for all.

Offsets may have gaps (transaction markers, compaction), so no law counts them.
"""

import pytest

from engine.errors import Fenced, RecordTooLarge, Unavailable, WrongTopic
from engine.ports import EventLog, NewRecord, TopicSpec, Writes
from engine.state import POSITION
from tests.engine.log_house import (
    CHANGELOG,
    DEAD,
    GROUP,
    IN,
    LARGE,
    OTHER,
    OUT,
    PAIR,
    SECOND,
    TOPICS,
    Copy,
    Home,
    contents,
    drain,
    new,
    opened,
    plain,
    values,
)


class LogContract:
    """The laws. A subclass gives the fixture `home`."""

    @pytest.fixture
    async def log(self, home: Home) -> EventLog:
        log = await home.log("first")
        await log.create_topics(TOPICS)
        return log

    async def test_topics_are_made_once_and_told_truly(self, log: EventLog) -> None:
        assert await log.create_topics(TOPICS) == []
        assert await log.create_topics([TopicSpec("new", 1), TOPICS[0]]) == ["new"]
        told = await log.describe_topics([spec.name for spec in TOPICS])
        assert told == {spec.name: spec for spec in TOPICS}

    async def test_what_is_committed_in_bulk_is_there_at_once_and_afterwards(self, log: EventLog, home: Home) -> None:
        async with log.in_bulk(), opened(log) as task:
            await task.commit(Writes(outputs={(OUT, 0): new(b"one")}))
            assert values(await drain(await home.log("second"), OUT)) == [b"one"]
            await task.commit(Writes(outputs={(OUT, 0): new(b"two")}))
        assert values(await drain(await home.log("second"), OUT)) == [b"one", b"two"]

    async def test_a_missing_topic_is_described_as_none_and_refused_by_name(self, log: EventLog) -> None:
        assert await log.describe_topics(["nowhere"]) == {"nowhere": None}
        with pytest.raises(WrongTopic, match="nowhere"):
            await log.append({("nowhere", 0): new(b"x")})
        with pytest.raises(WrongTopic, match="nowhere"):
            await log.ends("nowhere")

    async def test_what_is_appended_is_read_byte_for_byte(self, log: EventLog) -> None:
        records = [
            NewRecord(b"key", b"value"),
            NewRecord(None, b"no key"),
            NewRecord(b"tombstone", None),
            NewRecord(b"", b""),
            NewRecord(
                bytes(range(256)), bytes(range(256)) * 20, (("a", b"1"), ("a", b"2"), ("ü", b"\0\xff"), ("e", b""))
            ),
            NewRecord(None, None),
        ]
        await log.append({(IN, 1): records})
        found = await drain(log, IN, 1)
        assert plain(found) == [(key, value, list(headers)) for key, value, headers in records]
        assert await drain(log, IN, 0) == []

    async def test_a_partition_keeps_the_order_and_time_never_goes_back(self, log: EventLog) -> None:
        for low in range(0, 60, 20):
            await log.append({(IN, p): new(*(b"%d-%d" % (p, n) for n in range(low, low + 20))) for p in (0, 1)})
        for partition in (0, 1):
            found = await drain(log, IN, partition)
            assert values(found) == [b"%d-%d" % (partition, n) for n in range(60)]
            assert [r.offset for r in found] == sorted({r.offset for r in found})
            assert [r.timestamp for r in found] == sorted(r.timestamp for r in found)

    async def test_nothing_appended_is_nothing_read(self, log: EventLog) -> None:
        before = await log.ends(IN)
        await log.append({})
        await log.append({(IN, 0): []})
        assert await log.ends(IN) == before

    async def test_starts_and_ends_span_what_is_read(self, log: EventLog) -> None:
        await log.append({(IN, 0): new(b"1", b"2", b"3")})
        (start, other_start), (end, other_end) = await log.starts(IN), await log.ends(IN)
        found = await drain(log, IN)
        assert (start, other_start) == (found[0].offset, other_end)
        assert end > found[-1].offset
        assert await log.settled(IN) == [end, other_end]
        at_end = await log.read(IN, 0, end)
        assert (at_end.records, at_end.next_offset) == ([], end)

    async def test_a_reader_may_start_at_any_offset_and_stop_at_any_limit(self, log: EventLog) -> None:
        for low in range(0, 30, 10):
            await log.append({(IN, 0): new(*(b"%d" % n for n in range(low, low + 10)))})
        everything = await drain(log, IN)
        for at, record in enumerate(everything):
            for limit in (1, 3, 10, 11, 5000):
                fetched = await log.read(IN, 0, record.offset, limit)
                assert fetched.records == everything[at : at + len(fetched.records)]
                assert 1 <= len(fetched.records) <= limit
                assert fetched.next_offset > fetched.records[-1].offset
                assert all(r.offset >= fetched.next_offset for r in everything[at + len(fetched.records) :])

    async def test_a_reader_gets_through_many_batches(self, log: EventLog) -> None:
        await log.append({(IN, 0): new(*(b"%d" % n for n in range(12_000)))})
        assert values(await drain(log, IN)) == [b"%d" % n for n in range(12_000)]

    async def test_a_record_that_is_too_large_leaves_nothing_of_its_append(self, log: EventLog) -> None:
        with pytest.raises(RecordTooLarge) as refused:
            await log.append({(OUT, 0): new(b"small"), (IN, 0): [*new(b"small"), NewRecord(b"k", b"x" * 1_000_001)]})
        assert (refused.value.topic, refused.value.partition, refused.value.key) == (IN, 0, b"k")
        assert (refused.value.size > 1_000_000, refused.value.limit) == (True, 1_000_000)
        assert not any((await contents(log)).values())

    async def test_a_topic_with_a_larger_limit_takes_larger_records(self, log: EventLog) -> None:
        big = bytes(range(256)) * 12_000
        await log.append({(LARGE, 0): new(big, b"next")})
        assert values(await drain(log, LARGE)) == [big, b"next"]

    async def test_the_latest_value_of_a_key_is_found(self, log: EventLog) -> None:
        assert await log.latest(CHANGELOG, 0, b"a") is None
        await log.append({(CHANGELOG, 0): [NewRecord(b"a", b"1"), NewRecord(b"b", b"2"), NewRecord(b"a", b"3")]})
        await log.append({(CHANGELOG, 0): [NewRecord(b"c", b"4")]})
        assert [await log.latest(CHANGELOG, 0, key) for key in (b"a", b"b", b"c")] == [b"3", b"2", b"4"]
        assert await log.latest(CHANGELOG, 1, b"a") is None
        await log.append({(CHANGELOG, 0): [NewRecord(b"a", None)]})
        assert await log.latest(CHANGELOG, 0, b"a") is None

    async def test_another_process_reads_what_was_appended(self, log: EventLog, home: Home) -> None:
        other = await home.log("second")
        await log.append({(IN, 0): new(b"one")})
        await other.append({(IN, 0): new(b"two")})
        assert values(await drain(other, IN)) == values(await drain(log, IN)) == [b"one", b"two"]

    async def test_a_source_never_consumed_starts_at_its_first_offset(self, log: EventLog) -> None:
        await log.append({(IN, 1): new(b"1")})
        task = log.task(PAIR, 1)
        found = await task.open()
        assert found.positions == {IN: (await log.starts(IN))[1], SECOND: (await log.starts(SECOND))[1]}
        assert {key for key in found.changelog if key[:1] != b"\0"} == set()
        await task.close()

    async def test_a_transaction_leaves_outputs_changelog_and_positions(self, log: EventLog, home: Home) -> None:
        await log.append({(IN, 0): new(b"1", b"2"), (SECOND, 0): new(b"s")})
        end, second = (await log.ends(IN))[0], (await log.starts(SECOND))[0]
        async with opened(log, PAIR) as task:
            await task.commit(
                Writes(
                    outputs={(OUT, 1): [NewRecord(b"o", b"output", (("h", b"v"),))], (DEAD, 0): new(b"dead")},
                    changelog=[NewRecord(b"k", b"state"), NewRecord(POSITION, b"here")],
                    before={IN: (await log.starts(IN))[0]},
                    after={IN: end},
                )
            )
        assert plain(await drain(log, OUT, 1)) == [(b"o", b"output", [("h", b"v")])]
        assert values(await drain(log, DEAD)) == [b"dead"]
        found = await (await home.log("second")).task(PAIR, 0).open()
        assert found.positions == {IN: end, SECOND: second}
        assert (found.changelog[b"k"], found.changelog[POSITION]) == (b"state", b"here")

    async def test_opening_folds_the_changelog_tombstones_included(self, log: EventLog) -> None:
        async with opened(log) as task:
            await task.commit(Writes(changelog=[NewRecord(b"a", b"1"), NewRecord(b"b", b"1"), NewRecord(b"c", b"1")]))
            await task.commit(Writes(changelog=[NewRecord(b"a", b"2"), NewRecord(b"b", None), NewRecord(b"d", b"")]))
            await task.commit(Writes(changelog=[NewRecord(b"e", b"5"), NewRecord(b"e", None), NewRecord(b"c", None)]))
            await task.commit(Writes(changelog=[NewRecord(b"c", b"again")]))
        found = await log.task(GROUP, 0).open()
        own = {key: value for key, value in found.changelog.items() if key[:1] != b"\0"}
        assert own == {b"a": b"2", b"c": b"again", b"d": b""}

    async def test_an_intake_gets_the_whole_changelog_or_what_came_after_the_mark_that_the_log_shows(
        self, log: EventLog
    ) -> None:
        async with opened(log) as task:
            assert await task.commit(Writes(outputs={(OUT, 0): new(b"no state")})) is None
            await task.commit(
                Writes(changelog=[NewRecord(b"a", b"1"), NewRecord(b"b", b"1"), NewRecord(POSITION, b"1")])
            )
            many = [NewRecord(b"%d" % n, b"x" * 200) for n in range(12_000)]
            mark = await task.commit(Writes(changelog=[*many, NewRecord(b"a", None), NewRecord(POSITION, b"2")]))
            assert mark is not None
            while (await log.ends(CHANGELOG))[0] <= mark.offset:  # a commit may be told before it is in sight
                pass
            (shown,) = (await log.read(CHANGELOG, 0, mark.offset, 1)).records
            assert (shown.key, *mark) == (POSITION, shown.offset, shown.timestamp, shown.value)
            last = await task.commit(
                Writes(changelog=[NewRecord(b"b", None), NewRecord(b"c", b"3"), NewRecord(POSITION, b"3")])
            )
        whole = Copy()
        found = await log.task(GROUP, 0).open(whole)
        assert (found.mark, found.changelog[POSITION], b"c" in found.changelog) == (last, b"3", False)
        assert (whole.cleared, len(whole.rows)) == (1, 12_003)
        assert {key: whole.rows[key] for key in (b"a", b"b", b"c")} == {b"a": None, b"b": None, b"c": b"3"}
        tail = Copy(mark)
        assert (await log.task(GROUP, 0).open(tail)).mark == last
        assert (tail.cleared, tail.rows) == (0, {b"b": None, b"c": b"3"})
        nothing = Copy(last)
        assert (await log.task(GROUP, 0).open(nothing)).mark == last
        assert (nothing.cleared, nothing.rows) == (0, {})
        for wrong in (
            mark._replace(value=b"1"),
            mark._replace(timestamp=mark.timestamp + 1),
            mark._replace(offset=mark.offset - 1),
            mark._replace(offset=mark.offset + 1_000_000),
            mark._replace(offset=-1),
        ):
            again = Copy(wrong)
            assert (await log.task(GROUP, 0).open(again)).mark == last
            assert (again.cleared, again.rows) == (1, whole.rows)

    async def test_a_task_goes_on_over_many_transactions_and_openings(self, log: EventLog) -> None:
        at = (await log.starts(IN))[0]
        for turn in range(4):
            await log.append({(IN, 0): new(b"%d" % turn)})
            async with opened(log) as task:
                end = (await task.ends())[IN]
                await task.commit(
                    Writes(
                        outputs={(OUT, 0): new(b"%d" % turn)},
                        changelog=[NewRecord(b"count", b"%d" % turn)],
                        before={IN: at},
                        after={IN: end},
                    )
                )
                at = end
        assert values(await drain(log, OUT)) == [b"0", b"1", b"2", b"3"]
        found = await log.task(GROUP, 0).open()
        assert (found.positions[IN], found.changelog[b"count"]) == (at, b"3")

    async def test_a_record_too_large_in_the_middle_leaves_nothing_of_the_transaction(self, log: EventLog) -> None:
        await log.append({(IN, 0): new(b"1")})
        start, end = (await log.starts(IN))[0], (await log.ends(IN))[0]
        task = log.task(GROUP, 0)
        await task.open()
        outputs = {(OUT, 0): [*new(b"a"), NewRecord(b"k", b"x" * 1_000_001), *new(b"b")], (OUT, 1): new(b"c")}
        with pytest.raises(RecordTooLarge):
            await task.commit(Writes(outputs, [NewRecord(b"k", b"state")], {IN: start}, {IN: end}))
        with pytest.raises(RecordTooLarge):
            await task.commit(
                Writes({(OUT, 0): new(b"a")}, [NewRecord(b"k", b"x" * 1_000_001)], {IN: start}, {IN: end})
            )
        assert values(await drain(log, OUT, 0)) == values(await drain(log, OUT, 1)) == []
        found = await log.task(GROUP, 0).open()
        assert (found.positions[IN], found.changelog.get(b"k")) == (start, None)

    async def test_after_a_refused_record_the_task_is_opened_again_and_commits(self, log: EventLog) -> None:
        task = log.task(GROUP, 0)
        await task.open()
        with pytest.raises(RecordTooLarge):
            await task.commit(Writes(outputs={(OUT, 0): new(b"x" * 1_000_001)}))
        await task.open()
        await task.commit(Writes(outputs={(OUT, 0): new(b"fits")}))
        assert values(await drain(log, OUT)) == [b"fits"]

    async def test_a_position_that_is_not_as_told_leaves_nothing(self, log: EventLog) -> None:
        await log.append({(IN, 0): new(b"1", b"2")})
        start, end = (await log.starts(IN))[0], (await log.ends(IN))[0]
        task = log.task(GROUP, 0)
        await task.open()
        with pytest.raises(Fenced):
            await task.commit(Writes({(OUT, 0): new(b"a")}, [NewRecord(b"k", b"s")], {IN: start + 1}, {IN: end}))
        await task.open()
        await task.commit(Writes(before={IN: start}, after={IN: end}))
        with pytest.raises(Fenced):
            await task.commit(Writes({(OUT, 0): new(b"a")}, [NewRecord(b"k", b"s")], {IN: start}, {IN: end}))
        assert values(await drain(log, OUT)) == []
        found = await log.task(GROUP, 0).open()
        assert (found.positions[IN], found.changelog.get(b"k")) == (end, None)

    async def test_a_missing_topic_among_the_outputs_leaves_nothing(self, log: EventLog) -> None:
        task = log.task(GROUP, 0)
        await task.open()
        with pytest.raises(WrongTopic):
            await task.commit(Writes({(OUT, 0): new(b"a"), ("nowhere", 0): new(b"b")}, [NewRecord(b"k", b"s")]))
        assert values(await drain(log, OUT)) == []
        assert b"k" not in (await log.task(GROUP, 0).open()).changelog

    async def test_opening_fences_the_former_owner(self, log: EventLog, home: Home) -> None:
        await log.append({(IN, 0): new(b"1")})
        start, end = (await log.starts(IN))[0], (await log.ends(IN))[0]
        former, latter = log.task(GROUP, 0), (await home.log("second")).task(GROUP, 0)
        await former.open()
        await former.commit(Writes(changelog=[NewRecord(b"k", b"former")]))
        assert (await latter.open()).changelog[b"k"] == b"former"
        for _ in range(2):
            with pytest.raises(Fenced):
                await former.commit(Writes({(OUT, 0): new(b"x")}, [NewRecord(b"k", b"zombie")], {IN: start}, {IN: end}))
        await latter.commit(Writes({(OUT, 0): new(b"y")}, [NewRecord(b"k", b"latter")], {IN: start}, {IN: end}))
        await former.close()
        await latter.commit(Writes(outputs={(OUT, 0): new(b"z")}))
        await latter.close()
        assert values(await drain(log, OUT)) == [b"y", b"z"]
        found = await log.task(GROUP, 0).open()
        assert (found.positions[IN], found.changelog[b"k"]) == (end, b"latter")

    async def test_a_task_that_is_not_open_is_fenced(self, log: EventLog) -> None:
        task = log.task(GROUP, 0)
        with pytest.raises(Fenced):
            await task.commit(Writes(outputs={(OUT, 0): new(b"x")}))
        await task.open()
        await task.close()
        with pytest.raises(Fenced):
            await task.commit(Writes(outputs={(OUT, 0): new(b"x")}))
        assert values(await drain(log, OUT)) == []

    async def test_two_groups_and_two_partitions_are_independent(self, log: EventLog) -> None:
        await log.append({(IN, p): new(b"1", b"2") for p in (0, 1)})
        starts, ends = await log.starts(IN), await log.ends(IN)
        async with opened(log, GROUP, 0) as one, opened(log, OTHER, 0) as two, opened(log, GROUP, 1) as three:
            await one.commit(Writes({}, [NewRecord(b"k", b"one")], {IN: starts[0]}, {IN: ends[0]}))
            await two.commit(Writes({}, [NewRecord(b"k", b"two")]))
            await three.commit(Writes({}, [NewRecord(b"k", b"three")]))
        found = [await log.task(group, p).open() for group, p in ((GROUP, 0), (OTHER, 0), (GROUP, 1))]
        assert [one.positions[IN] for one in found] == [ends[0], starts[0], starts[1]]
        assert [one.changelog[b"k"] for one in found] == [b"one", b"two", b"three"]

    async def test_the_end_told_to_a_task_counts_all_that_was_appended_before(self, log: EventLog, home: Home) -> None:
        other = await home.log("second")
        async with opened(log) as task:
            for turn in range(3):
                await other.append({(IN, 0): new(b"%d" % turn)})
                assert (await task.ends()) == {IN: (await other.ends(IN))[0]}
        assert len(await drain(log, IN)) == 3

    async def test_being_fenced_is_no_outage(self, log: EventLog) -> None:
        assert not issubclass(Fenced, Unavailable)
        assert not issubclass(Unavailable, Fenced)
        task, other = log.task(GROUP, 0), log.task(GROUP, 0)
        await task.open()
        await other.open()
        with pytest.raises(Fenced):
            await task.commit(Writes(outputs={(OUT, 0): new(b"x")}))
        await other.commit(Writes(outputs={(OUT, 0): new(b"y")}))
