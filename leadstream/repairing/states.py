"""States of all subjects, folded anew from their canonical facts where the changelog says something else."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from engine.ports import EventLog, NewRecord, Opened, TaskLog, Writes
from engine.position import Position, decode_position, encode_position
from engine.state import POSITION, pack, unpack
from events.codec import Codec
from leadstream.agreements import known_agreements
from leadstream.compared import Compared
from leadstream.folding import Folding, ToldState, foldings
from leadstream.repairing.found import Repair
from streams.agreement.known import Known

CHUNK_BYTES = 4_000_000
"""A transaction of a repair is about so large at most."""


async def repair_states(log: EventLog, partitions: int, secret: bytes, *, dry: bool) -> list[Repair]:
    """Find states that are missing, too many, of another format or not what the facts say; write what the facts say.

    Raises:
        Undecodable: the canonical log holds something that is no fact.
    """
    known = await known_agreements(log, Codec())
    found = [
        await _repair(log, folding, partition, known, dry=dry)
        for folding in foldings(secret)
        for partition in range(partitions)
    ]
    return [repair for repair in found if repair is not None]


async def _repair(log: EventLog, folding: Folding, partition: int, known: Known, *, dry: bool) -> Repair | None:
    group = folding.group
    handle = log.task(group, partition)
    try:
        found = await handle.open(anywhere=True)
        states = await folding.folded(log, partition, Codec(), Compared(), found.changelog)
        raw = found.changelog.get(POSITION)
        latest = max((state.recorded_at for state in states.values()), default=0)
        position = Position(found.positions, latest, group.state_format) if raw is None else decode_position(raw)
        told = {key: folding.told(state, known, key.decode(), position.time) for key, state in states.items()}
        changes = list(_changes(found, told, position.time))
        wrong = [
            *([f"{len(changes)} other than the facts say"] if changes else []),
            *(["no position record"] if raw is None and (found.committed or states) else []),
            *([f"format {position.format}"] if not group.reads(position.format) else []),
        ]
        if wrong and not dry:
            await write(handle, changes, replace(position, format=group.state_format))
    finally:
        await handle.close()
    what = f"states of {len(states)} {folding.subject}s"
    return Repair(f"{group.name}-{partition}", what, ", ".join(wrong), "as the facts say", "nothing") if wrong else None


def _changes(found: Opened, told: dict[bytes, ToldState], time: int) -> Iterator[NewRecord]:
    """What has to be written so that the changelog is what the facts say."""
    for key, state in sorted(told.items()):
        kept = found.changelog.get(key)
        due, raw = (None, None) if kept is None else unpack(kept)
        if raw is None or not state.is_kept_as(raw) or not state.holds(due, time):
            yield NewRecord(key, pack(state.wake, state.beside(raw)))
    for key in sorted(found.changelog):
        if key[:1] != b"\0" and key not in told:
            yield NewRecord(key, None)


async def write(handle: TaskLog, changes: Sequence[NewRecord], position: Position) -> None:
    """Write to the changelog in transactions of bounded size, the position record with the last."""
    chunk, size = list[NewRecord](), 0
    for record in changes:
        chunk.append(record)
        size += len(record.value or b"")
        if size > CHUNK_BYTES:
            await handle.commit(Writes(changelog=chunk))
            chunk, size = [], 0
    await handle.commit(Writes(changelog=[*chunk, NewRecord(POSITION, encode_position(position))]))
