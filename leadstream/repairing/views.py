"""Views that do not fit the log are emptied, and their task goes back to the first fact: it folds them anew."""

from engine.ports import EventLog, NewRecord, Opened, Writes
from engine.reading import latest_values
from engine.repair import placed
from engine.state import POSITION, unpack
from engine.task import Position, decode_position, encode_position
from events.topics import LEAD_EVENTS
from leadstream.repairing.found import Repair
from projections.catalogue import VIEWS
from projections.verify import verify_views
from projections.worker import VIEW_GROUP, StaleState, view_program

_EMPTYING = -1
"""Format of the state while it is emptied: until all is gone no task takes it."""


async def repair_views(log: EventLog, partitions: int, *, dry: bool) -> list[Repair]:
    """Find views that are of another version, stand elsewhere than the log, or are not what the facts say.

    Raises:
        Undecodable: the canonical log holds something that is no fact.
    """
    verified = await verify_views(log, partitions)
    differing = dict.fromkeys(range(partitions), 0)
    for difference in verified.differences:
        differing[difference.partition] += 1
    found = [await _repair(log, partition, partitions, rows, dry=dry) for partition, rows in differing.items()]
    return [repair for repair in found if repair is not None]


async def _repair(log: EventLog, partition: int, partitions: int, rows: int, *, dry: bool) -> Repair | None:
    handle = log.task(VIEW_GROUP, partition)
    try:
        found = await handle.open(anywhere=True)
        start, end = (await log.starts(LEAD_EVENTS))[partition], (await handle.ends())[LEAD_EVENTS]
        wrong = _wrong(log, found, partitions, range(start, end))
        if rows and not wrong:
            wrong = f"{rows} rows other than the facts say"
        if wrong and not dry:
            at = found.positions[LEAD_EVENTS]
            emptying = Position({LEAD_EVENTS: at}, 0, _EMPTYING)
            await handle.commit(Writes(changelog=[NewRecord(POSITION, encode_position(emptying))]))
            for view in VIEWS:
                there = await latest_values(log, view.topic, partition)
                gone = [NewRecord(key, None) for key in there]
                await handle.commit(Writes(outputs={(view.topic, partition): gone}))
            keys = [key for key in found.changelog if key[:1] != b"\0"]
            position = Position({LEAD_EVENTS: start}, 0, VIEW_GROUP.state_format)
            changelog = [*(NewRecord(key, None) for key in keys), NewRecord(POSITION, encode_position(position))]
            await handle.commit(
                Writes(changelog=changelog, before={LEAD_EVENTS: at}, after={LEAD_EVENTS: start}),
            )
    finally:
        await handle.close()
    becomes = "empty; the projector folds them anew"
    return Repair(f"{VIEW_GROUP.name}-{partition}", "views", wrong, becomes, "nothing") if wrong else None


def _wrong(log: EventLog, found: Opened, partitions: int, held: range) -> str:
    """Why the state of the views cannot be gone on from; empty when it can."""
    raw, at = found.changelog.get(POSITION), found.positions[LEAD_EVENTS]
    if raw is None:
        return "no position record" if found.committed or found.changelog else ""
    position = decode_position(raw)
    if position.format != VIEW_GROUP.state_format:
        return "left while they were emptied" if position.format == _EMPTYING else f"format {position.format}"
    if (move := placed(LEAD_EVENTS, at, position.offsets.get(LEAD_EVENTS, at), held)) is not None:
        return f"position {move.found}, the log holds {move.start} to {move.end}"
    load = view_program(log, partitions).make(0).load
    for key, value in found.changelog.items():
        if key[:1] != b"\0":
            try:
                load(unpack(value)[1])
            except StaleState:
                return "written by other versions of the views"
    return ""
