"""Views that do not fit the log are emptied, and their task goes back to the first fact: it folds them anew."""

import msgspec

from engine.ports import EventLog, NewRecord, Opened, Writes
from engine.position import Position, decode_position, encode_position
from engine.reading import latest_values
from engine.repair import placed
from engine.state import POSITION, unpack
from leadstream.repairing.found import Repair
from projections.catalogue import PROJECTIONS
from projections.projection import Projection
from projections.verify import verify_views
from projections.worker import Shapes, shapes_of

_EMPTYING = -1
"""Format of the state while it is emptied: until all is gone no task takes it."""


async def repair_views(log: EventLog, partitions: int, *, dry: bool) -> list[Repair]:
    """Find views that are of another version, stand elsewhere than the log, or are not what the facts say.

    Raises:
        Undecodable: the canonical log holds something that is no fact.
    """
    verified = await verify_views(log, partitions)
    differing: dict[tuple[str, int], int] = {}
    for difference in verified.differences:
        place = difference.topic, difference.partition
        differing[place] = differing.get(place, 0) + 1
    found = list[Repair]()
    for projection in PROJECTIONS:
        for partition in range(partitions):
            rows = sum(differing.get((view.topic, partition), 0) for view in projection.views)
            repair = await _repair(log, projection, partition, rows, dry=dry)
            found += [] if repair is None else [repair]
    return found


async def _repair(log: EventLog, projection: Projection, partition: int, rows: int, *, dry: bool) -> Repair | None:
    shapes, source = shapes_of(projection), projection.log
    handle = log.task(shapes.group, partition)
    try:
        found = await handle.open(anywhere=True)
        start, end = (await log.starts(source))[partition], (await handle.ends())[source]
        wrong = _wrong(shapes, found, range(start, end))
        if rows and not wrong:
            wrong = f"{rows} rows other than the facts say"
        if wrong and not dry:
            at = found.positions[source]
            emptying = Position({source: at}, 0, _EMPTYING)
            await handle.commit(Writes(changelog=[NewRecord(POSITION, encode_position(emptying))]))
            for view in projection.views:
                there = await latest_values(log, view.topic, partition)
                gone = [NewRecord(key, None) for key in there]
                await handle.commit(Writes(outputs={(view.topic, partition): gone}))
            keys = [key for key in found.changelog if key[:1] != b"\0"]
            position = Position({source: start}, 0, shapes.group.state_format)
            changelog = [*(NewRecord(key, None) for key in keys), NewRecord(POSITION, encode_position(position))]
            await handle.commit(
                Writes(changelog=changelog, before={source: at}, after={source: start}),
            )
    finally:
        await handle.close()
    becomes = "empty; the projector folds them anew"
    return Repair(f"{projection.name}-{partition}", "views", wrong, becomes, "nothing") if wrong else None


def _wrong(shapes: Shapes, found: Opened, held: range) -> str:
    """Why the state of the views cannot be gone on from; empty when it can."""
    source = shapes.projection.log
    raw, at = found.changelog.get(POSITION), found.positions[source]
    if raw is None:
        return "no position record" if found.committed or found.changelog else ""
    position = decode_position(raw)
    if position.format < shapes.group.state_format:
        return ""  # the projector rebuilds them, also those that were left half emptied or half written
    if position.format > shapes.group.state_format:
        return f"edition {position.format}, made by a newer program"
    if (move := placed(source, at, position.offsets.get(source, at), held)) is not None:
        return f"position {move.found}, the log holds {move.start} to {move.end}"
    for key, value in found.changelog.items():
        if key[:1] != b"\0":
            try:
                shapes.decode(unpack(value)[1])
            except msgspec.DecodeError:
                return "written by other versions of the views"
    return ""
