"""Proof that the views are a fold of the log: folds it again, all at once, and compares byte for byte."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.ports import EventLog
from engine.position import decode_position
from engine.reading import latest_values, records_of
from engine.state import POSITION
from events.codec import Codec
from events.envelope import Envelope
from projections.catalogue import OF_LEADS, PROJECTIONS
from projections.folding import (
    Change,
    detail_changes,
    journal_entry,
    partial_changes,
    place_of,
    plus,
    project_all,
    routes_of,
)
from projections.projection import Projection
from projections.views.view import Aggregate, Cells, Counters, Detail, Journal, View

Rows = dict[str, dict[bytes, bytes]]
"""Topic -> record key -> record value, of one partition."""


class StillMoving(Exception):
    """The projection tasks wrote while they were verified; stop them, or try again when they rest."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what the facts say. None: there is no row.

    Attributes:
        topic: the view's topic.
        partition: its partition.
        key: the row's key.
        expected: what the fold says.
        found: what the topic holds.
    """

    topic: str
    partition: int
    key: bytes
    expected: bytes | None
    found: bytes | None


@dataclass(slots=True)
class Verified:
    """What was compared.

    Attributes:
        facts: facts folded.
        rows: rows compared.
        behind: facts that the projections have not read yet, which were left out.
        rebuilding: partitions whose views are of another edition, which were left out: a projector rebuilds them.
        differences: rows that differ.
    """

    facts: int = 0
    rows: int = 0
    behind: int = 0
    rebuilding: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)


class Fold:
    """The facts of one partition, in order, folded from nothing.

    Args:
        views: of one projection.
    """

    def __init__(self, views: Sequence[View[Any]]) -> None:
        self._views, self._routes = views, routes_of(views)
        self._rows: defaultdict[str, list[Any]] = defaultdict(lambda: [None] * len(views))
        self._journals = [(view.topic, journal_entry(view)) for view in views if isinstance(view, Journal)]
        self._entries: Rows = {topic: {} for topic, _ in self._journals}

    def add(self, envelope: Envelope) -> None:
        """Fold one fact."""
        for topic, entry in self._journals:
            written = entry(envelope)
            if written is not None and written[1] is not None:
                self._entries[topic][written[0]] = written[1]
        routes = self._routes.get(type(envelope.data))
        if routes is not None:
            project_all(self._rows[envelope.subject], routes, envelope)

    def rows(self, partition: int) -> Rows:
        """All rows of all views of this partition."""
        made: Rows = {view.topic: {} for view in self._views} | self._entries
        for view in self._views:
            for key, value in self._changes(view, partition):
                if value is not None:
                    made[view.topic][key] = value
        return made

    def _changes(self, view: View[Any], partition: int) -> Iterable[Change]:
        if isinstance(view, Detail):
            changes, place = detail_changes(view), place_of(view, self._views)
            for subject, rows in self._rows.items():
                yield from changes(subject, None, rows[place])
        elif isinstance(view, Aggregate):
            sums: dict[Cells, Counters] = {}
            place = place_of(view, self._views)
            for rows in self._rows.values():
                for group, counters in ({} if rows[place] is None else view.contributions(rows[place])).items():
                    sums[group] = plus(sums[group], counters) if group in sums else counters
            change = partial_changes(view)
            yield from (change(partition, group, counters) for group, counters in sums.items())


def expected_rows(partition: int, facts: Iterable[Envelope], projection: Projection = OF_LEADS) -> Rows:
    """The rows that the facts of one partition of a canonical log, in order, have to lead to."""
    fold = Fold(projection.views)
    for envelope in facts:
        fold.add(envelope)
    return fold.rows(partition)


async def verify_views(log: EventLog, partitions: int, codec: Codec | None = None) -> Verified:
    """Compare the view topics with a fold of the canonical logs, up to where the projections have read.

    Raises:
        StillMoving: a projection task wrote meanwhile.
        Undecodable: a canonical log holds something that is no fact.
    """
    done = Verified()
    for projection in PROJECTIONS:
        for partition in range(partitions):
            await _verify_partition(log, projection, partition, codec or Codec(), done)
    return done


async def _verify_partition(
    log: EventLog, projection: Projection, partition: int, codec: Codec, done: Verified
) -> None:
    upto, edition = await _position(log, projection, partition)
    if edition != projection.edition:
        done.rebuilding.append(f"{projection.name}-{partition}")
        return
    fold = Fold(projection.views)
    async for record in records_of(log, projection.log, partition):
        if record.offset >= upto:
            done.behind += 1
            continue
        fold.add(codec.decode(record.value, record.headers))
        done.facts += 1
    for topic, expected in fold.rows(partition).items():
        found = await latest_values(log, topic, partition)
        done.rows += len(expected)
        for key in sorted(expected.keys() | found.keys()):
            if expected.get(key) != found.get(key):
                done.differences.append(Difference(topic, partition, key, expected.get(key), found.get(key)))
    if await _position(log, projection, partition) != (upto, edition):
        raise StillMoving(f"{projection.state}-{partition}: the projection task wrote while it was verified")


async def _position(log: EventLog, projection: Projection, partition: int) -> tuple[int, int]:
    """Where the state stands, and its edition; a state that is still to come will be of ours."""
    raw = await log.latest(projection.state, partition, POSITION)
    if raw is None:
        return 0, projection.edition
    position = decode_position(raw)
    return position.offsets.get(projection.log, 0), position.format
