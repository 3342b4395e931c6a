"""Puts a task's positions back into what the log holds, after somebody has removed what they stood on.

Nothing here happens by itself. A task that finds its position outside the log, or elsewhere than its state, stops;
a person looks at what would be lost and says so.
"""

from typing import NamedTuple

from msgspec.structs import replace

from engine.ports import EventLog, GroupSpec, NewRecord, Writes
from engine.position import decode_position, encode_position
from engine.state import POSITION


class Moved(NamedTuple):
    """A position that cannot stay, and where it goes.

    Attributes:
        topic: the source.
        found: the position as committed.
        start: the first offset the log holds.
        end: the end of the log.
        to: where it goes: to where the state stands if the log still holds that, else to the first record kept.
        lost: how many offsets no one will ever read, at most as many records; None where the log is another one.
    """

    topic: str
    found: int
    start: int
    end: int
    to: int
    lost: int | None


def placed(topic: str, found: int, state: int, held: range) -> Moved | None:
    """Where a position has to go; None when it is well where it is.

    Args:
        topic: the source.
        found: the position as committed.
        state: the position as the state's own record has it; written in the same transactions, so it knows.
        held: offsets of the log.
    """
    if found == state and held.start <= found <= held.stop:
        return None
    if held.start <= state <= held.stop:
        return Moved(topic, found, held.start, held.stop, state, 0)
    lost = held.start - state if state < held.start else None
    return Moved(topic, found, held.start, held.stop, held.start, lost)


async def repair_positions(log: EventLog, group: GroupSpec, partition: int, *, dry: bool) -> list[Moved]:
    """Find what is wrong with the positions of a task, and put it right unless it is only a look.

    It takes the task over: see to it that nobody runs it. Nothing is found where there is no position record, since
    then there is no state either that a position could fit.

    Raises:
        Unavailable: the log is out of reach.
    """
    handle = log.task(group, partition)
    try:
        found = await handle.open(anywhere=True)
        raw = found.changelog.get(POSITION)
        if raw is None:
            return []
        said, ends = decode_position(raw), await handle.ends()
        state = {topic: said.offsets.get(topic, found.positions[topic]) for topic in group.sources}
        moved = []
        for topic, at in state.items():
            held = range((await log.starts(topic))[partition], ends[topic])
            move = placed(topic, found.positions[topic], at, held)
            if move is not None:
                moved.append(move)
        if moved and not dry:
            after = state | {move.topic: move.to for move in moved}
            whole = {move.topic for move in moved if move.lost is None}  # decided beforehand in another log
            ahead = {topic: ranges for topic, ranges in said.ahead.items() if topic not in whole}
            record = NewRecord(POSITION, encode_position(replace(said, offsets=after, ahead=ahead)))
            before = {move.topic: move.found for move in moved}
            await handle.commit(Writes(changelog=[record], before=before, after={at: after[at] for at in before}))
        return moved
    finally:
        await handle.close()
