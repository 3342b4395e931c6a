"""Up to when nothing more can be recorded: what makes an answer as known at an instant final.

A fact's record time is that of its cause. What one task tells another one carries it, so a conversion that was recorded
at nine opens its opportunity at nine, whenever the other task comes to decide it. That every task has let time pass an
instant is therefore not enough: a word of before may still be under way.

Before an instant t all is recorded and shown, when three looks find so, in this order:

1. The position records of all tasks. All that was due by t has fired in each (`Position.passed`).
2. The ends of all inboxes, and what lies unread between those positions and these ends. None of it is of t or before.
3. The ends of the canonical logs, and then how far the projections have read them. Whatever is unread was recorded
   after t. Once the tables are copied to the ends that the views have by then, they hold all of it.

Why in this order. Suppose a task commits something of t or before after its position was looked at, a fact or a word to
another task; take the first such commit. It was not a deadline: those by t had fired, and what a later record sets is
recorded no earlier than that record. So a record of t or before was decided in it, which lay unread at the position
that was looked at. Had the record been there when the ends of the inboxes were, the second look had found it. So it was
written after those ends were looked at, and so after all positions were. Upstream writes nothing that is of a past that
some task has left behind already. So another task has written it, after its own position was looked at: an earlier such
commit than the first one. Hence there is none, what is recorded by t was there before the third look, and that one
finds it.

Were the ends of the inboxes looked at before the positions, a word could be written between the two looks by a task
whose position then says that it is done: nobody would see it. Were the ends of the logs, it is the fact that a task
writes between them. Ends are those of `EventLog.settled`: what was committed with a position that was seen lies before
them. Projections say what they have read after that, so that what they have read meanwhile keeps nothing open.

A clock that a source moves back binds nobody here: history that is imported, and dead letters that are tried again,
keep the record time of their past (docs/council.md says so).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from engine.ports import EventLog, GroupSpec, Record
from engine.position import decode_position
from engine.recordtime import BadTime, record_time
from engine.state import POSITION
from events.codec import Codec
from leadstream.finality import EVER, Finality, Stand, Unread, copied, holds_of
from projections.catalogue import PROJECTIONS
from projections.projection import Projection
from projections.sink import sink_once
from projections.stores.port import ViewStore
from projections.views.times import recorded_at
from projections.worker import shapes_of
from streams.programs import LEADS, SUBJECTS

SPEAKING = (LEADS, *(each.group for each in SUBJECTS))
"""All task groups whose facts have record times. Agreements are not among them: tasks do not let time pass an instant
by which a command that nobody has decided yet may change what governs."""
_codec = Codec()


async def finality(
    log: EventLog,
    writers: Sequence[GroupSpec],
    readers: Sequence[GroupSpec],
    recorded: Callable[[Record], int],
) -> Finality:
    """Look at the log; see above for the order.

    Args:
        log: the log.
        writers: all task groups that speak to one another.
        readers: task groups that read their canonical logs, and have to have come to all that is final.
        recorded: when a record of a canonical log was recorded, in microseconds.

    Raises:
        LogError: the log cannot be read.
    """
    stands = await _stands(log, writers)
    inboxes = await _ends(log, writers)
    unread = [each for stand in stands for each in await _unread(log, stand, inboxes, _time_of)]
    logs = await _ends(log, readers)
    reading = await _stands(log, readers)
    behind = [each for stand in reading for each in await _unread(log, stand, logs, recorded)]
    return Finality(list(holds_of(stands, [*unread, *behind])))


async def finality_of(log: EventLog, store: ViewStore, projections: Sequence[Projection]) -> Finality:
    """Bring the tables up to date, and say up to when they hold all that can be recorded.

    Args:
        log: the deployment's.
        store: the tables.
        projections: whose rows are asked for.

    Raises:
        LogError: the log cannot be read.
        StoreError: the tables cannot be read or written.
    """
    found = await finality(log, SPEAKING, [shapes_of(each).group for each in projections], _recorded)
    ends = {view.topic: await log.settled(view.topic) for each in projections for view in each.views}
    await sink_once(log, store)
    positions = await asyncio.to_thread(store.positions)
    return Finality([*found.holds, *copied(projections, ends, positions)])


async def up_to_date(log: EventLog, store: ViewStore, known_at: int | None) -> Finality | None:
    """Bring the tables up to date; up to when all is known, where it is asked by what was known at an instant.

    Raises:
        LogError: the log cannot be read.
        StoreError: the tables cannot be read or written.
    """
    if known_at is not None:
        return await finality_of(log, store, PROJECTIONS)
    await sink_once(log, store)
    return None


async def finality_alone(log: EventLog, group: GroupSpec) -> Finality:
    """Up to when all is decided by a group that nobody but upstream speaks to; of its facts, without any views.

    Raises:
        LogError: the log cannot be read.
    """
    return await finality(log, [group], (), _recorded)


def _recorded(record: Record) -> int:
    return recorded_at(_codec.decode(record.value, record.headers))


def _time_of(record: Record) -> int:
    """When a record of an inbox was recorded; one that will be a dead letter for its time keeps nothing open."""
    try:
        return record_time(record)
    except BadTime:
        return EVER


async def _stands(log: EventLog, groups: Sequence[GroupSpec]) -> list[Stand]:
    found = list[Stand]()
    for group in groups:
        starts = {topic: await log.starts(topic) for topic in group.sources}
        for partition in range(len(starts[group.sources[0]])):
            raw = await log.latest(group.changelog, partition, POSITION)
            position = None if raw is None else decode_position(raw)
            found.append(Stand(group, partition, position, {topic: starts[topic][partition] for topic in starts}))
    return found


async def _ends(log: EventLog, groups: Sequence[GroupSpec]) -> dict[str, list[int]]:
    return {topic: await log.settled(topic) for group in groups for topic in group.sources}


async def _unread(
    log: EventLog, stand: Stand, ends: Mapping[str, Sequence[int]], time_of: Callable[[Record], int]
) -> list[Unread]:
    """What a task has not come to of its sources, up to their ends."""
    found = list[Unread]()
    for topic in stand.group.sources:
        offset, end = stand.next_offset(topic), ends[topic][stand.partition]
        count, earliest = 0, EVER
        while offset < end:
            records, after = await log.read(topic, stand.partition, offset)
            for record in records:
                if record.offset < end and not stand.has_decided(topic, record.offset):
                    count, earliest = count + 1, min(earliest, time_of(record))
            if after <= offset:
                break
            offset = after
        if earliest < EVER:
            found.append(Unread(stand, topic, count, earliest))
    return found
