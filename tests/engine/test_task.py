from dataclasses import replace

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from engine.batch import Batch
from engine.errors import Fenced, RecordTooLarge, SkippedBatch, TornState
from engine.letters import RETRIED_HEADER, Outcome, decode_outcome
from engine.ports import NewRecord
from engine.position import decode_position
from engine.state import POSITION, unpack
from engine.task import FAR
from tests.engine.ledger import (
    CHANGELOG,
    DEAD,
    GROUP,
    IN,
    OUT,
    PAIR,
    SECOND,
    Ledger,
    Wall,
    all_of,
    batch,
    made,
    new,
    opened,
    send,
    values,
)
from tests.support.laws import examples


async def test_a_batch_is_decided_committed_and_remembered() -> None:
    log = await made()
    await send(log, new("x", 10), new("y", 20, b"b"), new("z", 30))
    task = await opened(log)
    await all_of(log, task)
    assert await values(log) == [b"1:x", b"1:y", b"2:z"]
    assert (task.positions, task.time) == ({IN: 3}, 30)
    again = await opened(log)
    assert (again.positions, again.time, again.store.get(b"a"), again.store.get(b"b")) == (
        {IN: 3}, 30, b"x@10,z@30", b"y@20"
    )  # fmt: skip


async def test_deadlines_survive_a_restart() -> None:
    log = await made()
    await send(log, new("due 50", 10), new("x", 10, b"b"))
    await all_of(log, await opened(log))
    ledger = Ledger()
    task = await opened(log, ledger)
    assert task.next_due() == 50
    await task.advance(51)
    assert ledger.calls == ["wake a 50", "finish"]


async def test_a_deadline_fires_before_a_later_record_and_not_before_one_of_its_own_time() -> None:
    log, ledger = await made(), Ledger()
    await send(log, new("due 50", 10), new("at", 50), new("after", 51))
    await all_of(log, await opened(log, ledger))
    assert ledger.calls == ["due 50@10", "at@50", "wake a 50", "after@51", "finish"]


async def test_deadlines_and_milestones_fire_in_order_of_time_and_a_milestone_first() -> None:
    log, ledger = await made(), Ledger(milestones=[5, 20, 30, 40])
    await send(log, new("due 30", 10), new("due 20", 10, b"b"), new("due 25", 10, b"c"), new("end", 40))
    task = await opened(log, ledger)
    await all_of(log, task)
    assert ledger.calls == [
        "due 30@10", "due 20@10", "due 25@10",
        "sweep 20 a", "sweep 20 b", "sweep 20 c", "wake b 20", "wake c 25",
        "sweep 30 a", "sweep 30 b", "sweep 30 c", "wake a 30", "end@40", "finish",
    ]  # fmt: skip
    assert task.next_due() == 40
    await task.advance(41)
    assert ledger.calls[-4:] == ["sweep 40 a", "sweep 40 b", "sweep 40 c", "finish"]
    assert task.next_due() == FAR


async def test_no_milestone_is_lost_or_swept_twice_however_time_is_cut() -> None:
    log, ledger = await made(), Ledger(milestones=[5, 6, 7])
    await send(log, new("x", 1))
    task = await opened(log, ledger)
    await all_of(log, task)
    ledger.calls.clear()
    for to in (5, 5, 6, 7, 7, 8, 9):
        await task.advance(to)
    assert [call for call in ledger.calls if call != "finish"] == ["sweep 5 a", "sweep 6 a", "sweep 7 a"]


async def test_milestones_side_by_side_are_all_swept_at_once() -> None:
    log, ledger = await made(), Ledger(milestones=[5, 6, 7])
    await send(log, new("x", 1))
    task = await opened(log, ledger)
    await all_of(log, task)
    await task.advance(8)
    assert ledger.calls == ["x@1", "finish", "sweep 5 a", "sweep 6 a", "sweep 7 a", "finish"]


async def test_a_record_from_before_partition_time_moves_no_time_and_keeps_its_own() -> None:
    log, ledger = await made(), Ledger()
    await send(log, new("x", 50), new("due 20", 10), new("y", 40), new("w", 50), new("z", 51))
    task = await opened(log, ledger)
    await all_of(log, task)
    assert ledger.calls == ["x@50", "due 20@10", "y@40", "w@50", "wake a 20", "z@51", "finish"]
    assert task.time == 51


async def test_time_that_does_not_pass_still_fires_what_is_overdue() -> None:
    log, ledger = await made(), Ledger()
    await send(log, new("x", 50), new("due 20", 10))
    task = await opened(log, ledger)
    await all_of(log, task)
    await task.advance(3)
    assert (ledger.calls[-2:], task.time) == (["wake a 20", "finish"], 50)


async def test_advancing_moves_no_position_and_writes_the_time_down() -> None:
    log = await made()
    await send(log, new("x", 10))
    task = await opened(log)
    await task.advance(77)
    raw = await log.latest(CHANGELOG, 0, POSITION)
    assert raw is not None
    assert (decode_position(raw).time, decode_position(raw).offsets) == (77, {IN: 0})
    again = await opened(log)
    assert (again.time, again.positions) == (77, {IN: 0})


async def test_a_handler_that_fails_leaves_nothing_even_though_it_changed_the_hot_state() -> None:
    log, ledger = await made(), Ledger(failing=1)
    await send(log, new("due 90", 10))
    task = await opened(log, ledger)
    await all_of(log, task)
    before = (await values(log), await values(log, CHANGELOG), dict(task.positions), task.time)
    await send(log, new("due 30", 20), new("gone", 20, b"b"), new("boom", 31))
    with pytest.raises(ValueError, match="a bug"):
        await all_of(log, task)
    assert (await values(log), await values(log, CHANGELOG), dict(task.positions), task.time) == before
    assert (task.next_due(), task.store.get(b"a")) == (90, b"due 90@10")
    await all_of(log, task)
    assert task.store.get(b"a") == b"due 90@10,due 30@20,wake@30,boom@31"


async def test_a_refused_commit_leaves_the_task_as_it_was() -> None:
    log = await made()
    await send(log, new("due 90", 10), new("x" * 999_990, 20))
    task = await opened(log)
    await task.process(await batch(log, 0, limit=1))
    with pytest.raises(RecordTooLarge):
        await task.process(await batch(log, 1))
    assert (task.positions, task.time, task.next_due()) == ({IN: 1}, 10, 90)


async def test_a_fenced_task_writes_nothing_and_its_follower_decides_the_same() -> None:
    log = await made()
    await send(log, new("x", 10), new("y", 20))
    first = await opened(log)
    second = await opened(await made(disk=log.disk, owner="two"))
    with pytest.raises(Fenced):
        await all_of(log, first)
    with pytest.raises(Fenced):
        await first.advance(99)
    assert await values(log) == []
    await all_of(log, second)
    assert await values(log) == [b"1:x", b"2:y"]


@pytest.mark.parametrize("offset", [2, 9])
async def test_a_hole_before_a_batch_is_not_stepped_over(offset: int) -> None:
    log = await made()
    await send(log, new("x"), new("y"), new("z"))
    task = await opened(log)
    await task.process(await batch(log, 0, limit=1))
    with pytest.raises(SkippedBatch, match="position is 1"):
        await task.process(Batch(IN, 0, offset, [], offset + 1))
    assert task.positions == {IN: 1}


async def test_a_batch_from_before_what_was_read_is_not_taken() -> None:
    log = await made()
    await send(log, new("x"), new("y"), new("z"))
    task = await opened(log)
    await task.process(await batch(log, 0, limit=2))
    with pytest.raises(SkippedBatch, match="position is 2"):
        await task.process(Batch(IN, 0, 0, [], 1))


async def test_a_batch_given_again_goes_on_from_where_the_task_stands() -> None:
    log = await made()
    await send(log, new("x"), new("y"), new("z"))
    task = await opened(log)
    await task.process(await batch(log, 0, limit=2))
    await task.process(await batch(log, 0))
    await task.process(await batch(log, 0))
    assert (task.positions, await values(log)) == ({IN: 3}, [b"1:x", b"2:y", b"3:z"])


async def test_a_batch_of_gaps_alone_moves_the_position() -> None:
    log = await made()
    await send(log, new("x"), new("y"))
    task = await opened(log)
    await task.process(Batch(IN, 0, 0, [], 2))
    assert (task.positions, await values(log)) == ({IN: 2}, [])


async def test_changelog_and_committed_positions_that_differ_are_refused() -> None:
    log = await made()
    await send(log, new("x"), new("y"))
    await all_of(log, await opened(log))
    log.disk.positions[GROUP.name, IN, 0] = 1
    with pytest.raises(TornState, match=r"changelog is at .*2.*committed .*1"):
        await opened(log)


async def test_state_without_a_position_record_is_refused() -> None:
    log = await made()
    await log.append({(CHANGELOG, 0): [NewRecord(b"a", b"\0" * 8)]})
    with pytest.raises(TornState, match="without a position"):
        await opened(log)


async def test_a_position_without_its_changelog_is_refused() -> None:
    log = await made()
    await send(log, new("x"), new("y"))
    await all_of(log, await opened(log))
    log.disk.partitions[CHANGELOG, 0].records.clear()
    with pytest.raises(TornState):
        await opened(log)


async def test_notes_of_the_engine_in_the_changelog_are_no_state() -> None:
    log = await made()
    await log.append({(CHANGELOG, 0): [NewRecord(b"\0barrier", b"b")]})
    assert len((await opened(log)).store) == 0


async def test_a_record_with_a_bad_time_is_a_dead_letter_and_the_rest_goes_on() -> None:
    log = await made(Wall(1_000))
    bad = NewRecord(b"a", b"x", [("ls-time", b"tomorrow")])
    await send(log, new("x", 10), bad, new("y", 20))
    task = await opened(log)
    await all_of(log, task)
    assert (await values(log), await values(log, DEAD), task.time) == ([b"1:x", b"2:y"], [b"x"], 20)


async def test_letters_that_were_put_back_are_told_to_be_mended_with_what_they_became_or_not_at_all() -> None:
    log = await made(Wall(1_000))
    group = replace(GROUP, outcomes=SECOND)
    again = [
        NewRecord(b"a", b"x", [("ls-time", at), (RETRIED_HEADER, b"0-%d" % n)]) for n, at in enumerate((b"5", b"no"))
    ]
    await send(log, *again, new("y", 20))
    task = await opened(log, group=group)
    await all_of(log, task)
    assert (await values(log), await values(log, DEAD)) == ([b"1:x", b"2:y"], [b"x"])
    assert [decode_outcome(value or b"") for value in await values(log, SECOND)] == [
        Outcome("0-0", "mended", "ledgers")
    ]
    await all_of(log, await opened(log, group=group))
    assert len(await values(log, SECOND)) == 1


async def test_each_source_has_its_own_position_and_all_share_one_time() -> None:
    log = await made()
    await send(log, new("x", 30), topic=SECOND)
    await send(log, new("y", 10), new("z", 40))
    ledger = Ledger()
    task = await opened(log, ledger, PAIR)
    await all_of(log, task, SECOND)
    assert task.positions == {IN: 0, SECOND: 1}
    await all_of(log, task)
    assert (task.positions, task.time) == ({IN: 2, SECOND: 1}, 40)
    again = await opened(log, ledger, PAIR)
    assert (again.positions, again.store.get(b"a")) == ({IN: 2, SECOND: 1}, b"x@30,y@10,z@40")


async def test_a_removed_key_is_gone_from_the_changelog_and_after_a_restart() -> None:
    log = await made()
    await send(log, new("due 90", 10), new("gone", 20))
    task = await opened(log)
    await all_of(log, task)
    assert (await log.latest(CHANGELOG, 0, b"a"), task.next_due()) == (None, FAR)
    assert len((await opened(log)).store) == 0


async def test_the_processor_is_told_how_far_the_records_of_a_batch_reach() -> None:
    wall, ledger = Wall(500), Ledger()
    log = await made(wall)
    await send(log, new("x"))
    wall.now = 900
    await send(log, new("y"))
    task = await opened(log, ledger)
    await all_of(log, task)
    await task.advance(950)
    assert ledger.prepared == [900, 950]


texts = st.one_of(st.sampled_from(["x", "gone"]), st.integers(1, 60).map(lambda due: f"due {due}"))
records = st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), texts, st.integers(1, 50)), max_size=12)


@for_all(records, st.lists(st.integers(1, 4), max_size=12), st.booleans())
@settings(max_examples=examples(60), deadline=None)
async def test_how_records_are_cut_into_batches_and_restarts_between_them_change_nothing(
    sent: list[tuple[bytes, str, int]], cuts: list[int], restarting: bool
) -> None:
    ends = []
    for limits in ([5000], cuts):
        log = await made()
        await send(log, *(new(text, at, key) for key, text, at in sent))
        task, sizes = await opened(log), iter(limits)
        while task.positions[IN] < len(sent):
            await task.process(await batch(log, task.positions[IN], limit=next(sizes, 3)))
            task = await opened(log) if restarting else task
        await task.advance(100)
        found = (await log.task(GROUP, 0).open()).changelog
        ends.append((await values(log, OUT), found))
    assert ends[0] == ends[1]
    assert all(unpack(raw)[0] is None for key, raw in ends[0][1].items() if key[:1] != b"\0")
