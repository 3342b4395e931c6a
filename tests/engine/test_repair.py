"""A repair puts a position where the state stands if the log still holds that, else at the first record kept."""

import pytest

from engine.errors import TornState, Truncated
from engine.memory.log import MemoryLog
from engine.ports import NewRecord, TopicSpec, Writes
from engine.position import Position, encode_position
from engine.repair import Moved, placed, repair_positions
from engine.state import POSITION
from engine.task import Task
from tests.engine.ledger import CHANGELOG, DEAD, GROUP, IN, OUT, PARTITIONS, Ledger, Wall

HELD = range(10, 20)


@pytest.mark.parametrize(
    ("found", "state", "expected"),
    [
        (10, 10, None),
        (20, 20, None),
        (7, 7, Moved(IN, 7, 10, 20, 10, 3)),
        (25, 25, Moved(IN, 25, 10, 20, 10, None)),
        (12, 15, Moved(IN, 12, 10, 20, 15, 0)),
        (18, 15, Moved(IN, 18, 10, 20, 15, 0)),
        (5, 15, Moved(IN, 5, 10, 20, 15, 0)),
        (15, 8, Moved(IN, 15, 10, 20, 10, 2)),
    ],
)
def test_where_a_position_goes_and_what_that_loses(found: int, state: int, expected: Moved | None) -> None:
    assert placed(IN, found, state, HELD) == expected


@pytest.fixture
async def log() -> MemoryLog:
    """Ten records, of which the task has decided four."""
    log = MemoryLog(clock=Wall())
    specs = [TopicSpec(IN, PARTITIONS), TopicSpec(OUT, PARTITIONS), TopicSpec(DEAD, PARTITIONS)]
    await log.create_topics([*specs, TopicSpec(CHANGELOG, PARTITIONS, compacted=True)])
    await log.append({(IN, 0): [NewRecord(b"k", b"%d" % number) for number in range(10)]})
    handle = log.task(GROUP, 0)
    await handle.open()
    await moved(handle, 0, 4)
    await handle.close()
    return log


async def moved(handle: object, before: int, after: int, state: int | None = None) -> None:
    record = NewRecord(POSITION, encode_position(Position({IN: after if state is None else state}, 77)))
    await handle.commit(Writes(changelog=[record], before={IN: before}, after={IN: after}))  # type: ignore[attr-defined]


def task(log: MemoryLog) -> Task[list[str]]:
    return Task(group=GROUP, partition=0, partitions=PARTITIONS, log=log.task(GROUP, 0), processor=Ledger())


def cut(log: MemoryLog, start: int) -> None:
    """Records removed from the beginning, as by retention."""
    part = log.disk.partition(IN, 0)
    part.start = start
    part.records = [record for record in part.records if record.offset >= start]


async def test_nothing_is_wrong_with_a_task_that_can_go_on(log: MemoryLog) -> None:
    assert await repair_positions(log, GROUP, 0, dry=False) == []
    assert await repair_positions(log, GROUP, 1, dry=False) == []


async def test_a_look_changes_nothing_and_a_repair_lets_the_task_go_on(log: MemoryLog) -> None:
    cut(log, 6)
    wrong = [Moved(IN, 4, 6, 10, 6, 2)]
    assert await repair_positions(log, GROUP, 0, dry=True) == wrong
    with pytest.raises(Truncated):
        await task(log).open()
    assert await repair_positions(log, GROUP, 0, dry=False) == wrong
    going_on = task(log)
    await going_on.open()
    assert (going_on.positions, going_on.time) == ({IN: 6}, 77)
    assert await repair_positions(log, GROUP, 0, dry=False) == []


async def test_a_position_that_somebody_moved_goes_back_to_the_state(log: MemoryLog) -> None:
    """Back or on: records would be decided twice or never. The state says what has been decided."""
    handle = log.task(GROUP, 0)
    await handle.open()
    await moved(handle, 4, 9, state=4)
    await handle.close()
    with pytest.raises(TornState):
        await task(log).open()
    assert await repair_positions(log, GROUP, 0, dry=False) == [Moved(IN, 9, 0, 10, 4, 0)]
    going_on = task(log)
    await going_on.open()
    assert going_on.positions == {IN: 4}


async def test_a_position_without_state_is_left_to_whoever_can_make_the_state_anew(log: MemoryLog) -> None:
    handle = log.task(GROUP, 0)
    await handle.open()
    await handle.commit(Writes(changelog=[NewRecord(POSITION, None)]))
    await handle.close()
    assert await repair_positions(log, GROUP, 0, dry=False) == []
    with pytest.raises(TornState):
        await task(log).open()
