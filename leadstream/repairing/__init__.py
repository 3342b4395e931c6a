"""What `leadstream repair` finds and mends: positions, states of leads, and views that do not fit the log."""

from collections.abc import Sequence

from engine.ports import EventLog, GroupSpec
from engine.repair import Moved, repair_positions
from leadstream.repairing.found import Repair
from leadstream.repairing.states import repair_states
from leadstream.repairing.views import repair_views
from streams.programs import AGREEMENTS_GROUP, LEADS, SUBJECTS

__all__ = ["Repair", "repair_all"]


async def repair_all(log: EventLog, partitions: int, secret: bytes, *, dry: bool) -> list[Repair]:
    """Find all that is wrong, and put it right unless it is only a look. Nobody may be running a task meanwhile.

    States come first: a position without a state is nothing a task could go on from.

    Raises:
        Undecodable: the canonical log holds something that is no fact.
        LogError: the log cannot be read or written.
    """
    found = await repair_states(log, partitions, secret, dry=dry)
    groups: Sequence[tuple[GroupSpec, int]] = (
        (AGREEMENTS_GROUP, 1),
        (LEADS, partitions),
        *((each.group, partitions) for each in SUBJECTS),
    )
    for group, count in groups:
        for partition in range(count):
            moved = await repair_positions(log, group, partition, dry=dry)
            found += [_told(f"{group.name}-{partition}", move) for move in moved]
    return found + await repair_views(log, partitions, dry=dry)


def _told(task: str, moved: Moved) -> Repair:
    lost = "unknown: the log is another one" if moved.lost is None else f"{moved.lost} records at most"
    return Repair(
        task,
        f"position in {moved.topic}",
        f"{moved.found}, the log holds {moved.start} to {moved.end}",
        str(moved.to),
        "nothing" if moved.lost == 0 else lost,
    )
