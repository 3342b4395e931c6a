"""Up to when nothing more can be recorded, judged by what was seen of a log; `leadstream.looking` says how it is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.decided import within
from engine.ports import GroupSpec
from engine.position import Position
from events.instants import iso
from projections.projection import Projection

EVER = 2**62
"""Later than every instant, in microseconds."""
_TOLD = 3


class Hold(NamedTuple):
    """Something outstanding.

    Attributes:
        since: this instant is not final for it, nor is any later one; microseconds.
        why: what is outstanding, and where.
    """

    since: int
    why: str


class Finality(NamedTuple):
    """Up to when nothing more can be recorded.

    Attributes:
        holds: all that is outstanding.
    """

    holds: Sequence[Hold]

    @property
    def before(self) -> int:
        """Every instant before this one is final, in microseconds; `EVER` where nothing was looked at."""
        return min((hold.since for hold in self.holds), default=EVER)

    def against(self, at: int) -> str:
        """Why an instant is not final, in words, what holds it longest first; empty when it is."""
        found = [hold.why for hold in sorted(self.holds) if hold.since <= at]
        more = f"; and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
        return "; ".join(found[:_TOLD]) + more


class Stand(NamedTuple):
    """Where a task was seen to stand.

    Attributes:
        group: its group.
        partition: its number.
        position: its position record; None when it has never run.
        starts: the first offset that is kept of each of its sources.
    """

    group: GroupSpec
    partition: int
    position: Position | None
    starts: Mapping[str, int]

    @property
    def name(self) -> str:
        """Group and partition, for people."""
        return f"{self.group.name}-{self.partition}"

    def next_offset(self, topic: str) -> int:
        """Where it goes on in one of its sources."""
        known = {} if self.position is None else self.position.offsets
        return max(known.get(topic, 0), self.starts[topic])

    def has_decided(self, topic: str, offset: int) -> bool:
        """Whether a record behind its position is decided all the same."""
        return self.position is not None and within(offset, self.position.ahead.get(topic, ()))


class Unread(NamedTuple):
    """What of a source a task has not come to.

    Attributes:
        stand: the task.
        topic: the source.
        records: how many there are.
        earliest: the least instant at which one of them was recorded, microseconds.
    """

    stand: Stand
    topic: str
    records: int
    earliest: int


def holds_of(stands: Sequence[Stand], unread: Iterable[Unread]) -> Iterator[Hold]:
    """What keeps instants from being final, by where tasks stand and what they have not come to.

    In a task that has never run nothing is due. It holds what is still to come, and that is how far others are.
    """
    latest = max((stand.position.passed for stand in stands if stand.position is not None), default=0)
    for stand in stands:
        if stand.position is None:
            yield Hold(latest, f"{stand.name} has never run")
        else:
            passed = stand.position.passed
            yield Hold(passed, f"{stand.name} has let time pass to {iso(passed)}")
    for stand, topic, records, earliest in unread:
        what = f"{records} record{'s' * (records > 1)} of {topic}-{stand.partition}"
        yield Hold(
            earliest,
            f"{stand.name} has not come to {what} from offset {stand.next_offset(topic)} on, "
            f"the earliest of {iso(earliest)}",
        )


def copied(
    projections: Iterable[Projection], ends: Mapping[str, Sequence[int]], positions: Mapping[tuple[str, int], int]
) -> Iterator[Hold]:
    """What keeps every instant from being final: rows that the tables have not taken.

    Args:
        projections: whose rows.
        ends: of the topics of their views, as they were before the rows were copied.
        positions: how far the tables are.
    """
    for view in (view for projection in projections for view in projection.views):
        for partition, end in enumerate(ends[view.topic]):
            at = positions.get((view.topic, partition), 0)
            if at < end:
                yield Hold(0, f"the tables have {view.topic}-{partition} up to offset {at} of {end}")
