"""The sink: copies the rows of the view topics into a store, with the positions in the same transaction.

Order: the ends of the topics of progress are read first and their records are applied last. A progress record is
committed with or after the rows it vouches for, so these lie before the ends of the other topics, which are read later:
`complete_to` never runs ahead of the rows. Then the ends of the topics of progress are read again: before the first row
of another edition is written, its task says so there, so a partition of which nothing of the kind is known by then has
no such row before the ends that are copied up to. One that has is left alone until all its rows are ours.

Where tables of changed views are built beside the old ones, these stand still, and the new ones are filled in the same
way, with positions and a progress of their own; they are swapped when all partitions say that their rows are ours.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, TypeVar

from engine.errors import Unavailable
from engine.ports import EventLog
from events.codec import Codec
from events.topics import AGREEMENTS
from projections.progress import Progress, decode_progress
from projections.projection import Projection
from projections.sink_portion import ENOUGH, Portion, up_to
from projections.sink_readers import Reader, agreement_reader, beside, progress_change, rebuild_change, view_reader
from projections.stores.layout import OF_THE_AGREEMENTS
from projections.stores.port import Move, Overtaken, RowChange, Source, StoreUnavailable, Swapped, ViewStore
from projections.stores.schema import REBUILDS, next_topic
from projections.upgrading import Upgrading, upgrading

T = TypeVar("T")


async def sink_once(log: EventLog, store: ViewStore, codec: Codec | None = None, *, enough: int = ENOUGH) -> int:
    """Copy all that is there now.

    Args:
        log: where the topics are.
        store: where the rows go.
        codec: how published agreements are decoded.
        enough: records after which a transaction ends.

    Returns:
        How many rows were written or taken away.

    Raises:
        Unavailable: the log is out of reach.
        StoreError: the store cannot be written.
    """
    return await _copy_all(log, store, codec or Codec(), enough)


async def sink(
    log: EventLog,
    store: ViewStore,
    stop: asyncio.Event,
    *,
    codec: Codec | None = None,
    pause: float = 0.5,
    enough: int = ENOUGH,
    told: Callable[[int], None] | None = None,
    trouble: Callable[[Unavailable | StoreUnavailable], None] | None = None,
    rebuilt: Callable[[Upgrading | None], None] | None = None,
) -> None:
    """Copy what comes, until told to stop. An outage of the log or the store lasts as long as it lasts.

    However it ends, nothing uses the store any more when it has.

    Args:
        log: where the topics are.
        store: where the rows go.
        stop: set to end after the running copy.
        codec: how published agreements are decoded.
        pause: seconds between two looks.
        enough: records after which a transaction ends.
        told: told how many rows have changed, when some have.
        trouble: told of an outage at every look.
        rebuilt: told after every copy how far changed views are; None when none is being built.

    Raises:
        StoreBroken: the store is none of ours.
        LogError: the log says more than that it is out of reach.
    """
    while not stop.is_set():
        try:
            rows = await sink_once(log, store, codec, enough=enough)
        except (Unavailable, StoreUnavailable) as exc:
            if trouble is not None:
                trouble(exc)
        else:
            if rows and told is not None:
                told(rows)
            if rebuilt is not None:
                rebuilt(await _aside(upgrading, store))
        try:
            await asyncio.wait_for(stop.wait(), pause)
        except TimeoutError:
            continue


class _Rows(NamedTuple):
    """A topic whose rows are copied.

    Attributes:
        topic: its name.
        source: the name under which its positions are kept.
        ends: up to where it is copied.
        reader: makes changes of its records.
        projection: who writes it; None: not a projection.
        beyond: partitions that are left alone, because their rows may not be ours.
    """

    topic: str
    source: str
    ends: list[int]
    reader: Reader
    projection: Projection | None
    beyond: Collection[int] = ()


class _Clock(NamedTuple):
    """The progress of a projection.

    Attributes:
        projection: which.
        source: the name under which its positions are kept.
        rebuilt: some of its tables are being built; its progress is that of the new ones.
        starts: its first records.
        ends: up to where it is applied.
    """

    projection: Projection
    source: str
    rebuilt: bool
    starts: list[int]
    ends: list[int]


class _Heard(NamedTuple):
    """What a partition has said of its progress since it was last listened to.

    Attributes:
        vouched: what is to be applied when the rows have been copied; None: nothing.
        last: the last word; rows that are copied may be as it says.
    """

    vouched: Progress | None
    last: Progress | None


async def _copy_all(log: EventLog, store: ViewStore, codec: Codec, enough: int) -> int:
    while True:
        try:
            return await _copy_once(log, store, codec, enough)
        except Swapped:
            continue


async def _copy_once(log: EventLog, store: ViewStore, codec: Codec, enough: int) -> int:
    layout, building = store.layout, await _aside(store.building)
    rebuilt = layout.rebuilt(building)
    # Before the ends: what another sink has read since then is no sign of a new log.
    positions = await _aside(store.positions)
    clocks = [await _clock(log, each, rebuilt=each in rebuilt) for each in layout.projections]
    rows = await _rows_to_copy(log, store, building, codec)
    known = {one.topic: one.ends for one in rows} | {one.projection.progress: one.ends for one in clocks}
    if _is_another(positions, known):
        await _aside(store.reset)
        raise Swapped
    for clock in clocks:
        await _aside(_expect_partitions, store, clock.projection, clock.starts, positions)
    heard = {
        (clock.projection.name, partition): said
        for clock in clocks
        for partition, said in (await _listen(log, clock, positions)).items()
    }
    rows = [one._replace(beyond=_beyond(one, heard)) for one in rows]
    written = await _copy_rows(log, store, rows, positions, enough)
    for clock in clocks:
        for partition in range(len(clock.ends)):
            said = heard.get((clock.projection.name, partition))
            written += await _apply_progress(store, clock, partition, said, positions)
    is_filled = bool(building) and await _aside(_all_rebuilt, store, clocks)
    if is_filled:
        written += await _aside(store.swap)
    return written


async def _clock(log: EventLog, projection: Projection, *, rebuilt: bool) -> _Clock:
    topic = projection.progress
    source = next_topic(topic) if rebuilt else topic
    return _Clock(projection, source, rebuilt, await log.starts(topic), await log.ends(topic))


async def _rows_to_copy(log: EventLog, store: ViewStore, building: Collection[str], codec: Codec) -> list[_Rows]:
    """All topics with rows, in order; those of tables that are built beside others into these."""
    read: list[tuple[str, str, Reader, Projection | None]] = [
        (OF_THE_AGREEMENTS, AGREEMENTS, agreement_reader(codec), None)
    ]
    read += [
        (view.name, view.topic, view_reader(view), each) for each in store.layout.projections for view in each.views
    ]
    found = list[_Rows]()
    for part, topic, reader, projection in read:
        source, into = (next_topic(topic), beside(reader)) if part in building else (topic, reader)
        found.append(_Rows(topic, source, await log.ends(topic), into, projection))
    return found


async def _listen(log: EventLog, clock: _Clock, positions: Mapping[Source, int]) -> dict[int, _Heard]:
    """What partitions say that have spoken since their positions; the ends of the rows have been read before."""
    topic, said = clock.projection.progress, dict[int, _Heard]()
    for partition, end in enumerate(await log.ends(topic)):
        offset = positions.get((clock.source, partition), 0)
        if offset >= end:
            continue
        offset = max(offset, clock.starts[partition])
        vouched = last = None
        while offset < end:
            records, after = await log.read(topic, partition, offset)
            for record in records:
                if record.value is not None:
                    last = decode_progress(record.value)
                    vouched = last if record.offset < clock.ends[partition] else vouched
            if after <= offset:
                break
            offset = after
        said[partition] = _Heard(vouched, last)
    return said


def _is_beyond(projection: Projection, said: _Heard | None) -> bool:
    """Whether a partition may hold rows of a later edition, or only some of ours."""
    return said is not None and said.last is not None and said.last.is_beyond(projection.edition)


def _beyond(rows: _Rows, heard: Mapping[tuple[str, int], _Heard]) -> frozenset[int]:
    """The partitions of a topic that are left alone."""
    of, partitions = rows.projection, range(len(rows.ends))
    return frozenset(p for p in partitions if of is not None and _is_beyond(of, heard.get((of.name, p))))


async def _apply_progress(
    store: ViewStore, clock: _Clock, partition: int, said: _Heard | None, positions: Mapping[Source, int]
) -> int:
    """What a partition has said, once the rows that it vouches for are there."""
    source, projection = (clock.source, partition), clock.projection
    if said is None or (not clock.rebuilt and _is_beyond(projection, said)):
        return 0
    begin, end = positions.get(source, clock.starts[partition]), clock.ends[partition]
    change = rebuild_change if clock.rebuilt else progress_change
    changes = [] if said.vouched is None else [change(projection, said.vouched)]
    while begin < end:
        try:
            return await _aside(store.apply, changes, {source: Move(begin, end)})
        except Overtaken:  # by another sink, which has heard as much, or less
            begin = (await _aside(store.positions)).get(source, begin)
    return 0


def _all_rebuilt(store: ViewStore, clocks: Iterable[_Clock]) -> bool:
    """Whether every partition has said, with its rows in the new tables, that all of them are ours."""
    sql = f"SELECT partition, edition, building FROM {REBUILDS.name} WHERE projection = ?"  # noqa: S608 - our identifier
    for clock in clocks:
        if clock.rebuilt:
            edition = clock.projection.edition
            whole = {p for p, of, next_one in store.query(sql, (clock.projection.name,)) if of == edition != next_one}
            if not whole.issuperset(range(len(clock.ends))):
                return False
    return True


async def notice_another_log(log: EventLog, store: ViewStore) -> bool:
    """Begin with empty tables if the log ends before what was read of it: it is another one, or an old copy.

    To be asked before the projection tasks run. Once they have written past what was read, nobody can tell any more.

    Returns:
        Whether it was so.

    Raises:
        Unavailable: the log is out of reach.
        StoreError: the store cannot be read or written.
    """
    positions = await _aside(store.positions)
    layout = store.layout
    topics = (AGREEMENTS, *(each.progress for each in layout.projections), *(view.topic for view in layout.views))
    ends = {topic: await log.ends(topic) for topic in topics}
    another = _is_another(positions, ends)
    if another:
        await _aside(store.reset)
    return another


def _is_another(positions: Mapping[Source, int], ends: Mapping[str, list[int]]) -> bool:
    return any(
        positions.get((name, partition), 0) > end
        for topic, found in ends.items()
        for name in (topic, next_topic(topic))
        for partition, end in enumerate(found)
    )


def _expect_partitions(
    store: ViewStore, projection: Projection, starts: list[int], positions: dict[Source, int]
) -> None:
    """Give each new partition a row in the table of progress, so that none can be forgotten."""
    for partition, start in enumerate(starts):
        source = (projection.progress, partition)
        if source not in positions:
            with suppress(Overtaken):  # another sink has done it, and gone on
                store.apply(
                    [RowChange(projection.clock, (partition,), (partition, None))], {source: Move(start, start)}
                )


async def _copy_rows(
    log: EventLog,
    store: ViewStore,
    rows: Sequence[_Rows],
    positions: Mapping[Source, int],
    enough: int,
) -> int:
    """Copy all topics from the store's positions up to their ends.

    Whoever is overtaken goes on from where the other sink has come to: positions only ever move towards the ends.
    """
    written = 0
    while True:
        try:
            async for portion in _portions(log, rows, positions, enough):
                written += await _aside(portion.write, store)
        except Overtaken:
            positions = await _aside(store.positions)
        else:
            return written


async def _portions(
    log: EventLog,
    rows: Sequence[_Rows],
    positions: Mapping[Source, int],
    enough: int,
) -> AsyncIterator[Portion]:
    """What there is to copy, each time as much as one transaction takes."""
    portion = Portion(enough)
    for one in rows:
        behind = [
            p for p, end in enumerate(one.ends) if positions.get((one.source, p), 0) < end and p not in one.beyond
        ]
        starts = await log.starts(one.topic) if behind else []
        for partition in behind:
            source, end = (one.source, partition), one.ends[partition]
            offset = positions.get(source, starts[partition])
            while offset < end:
                records, after = await log.read(one.topic, partition, offset)
                if after <= offset:
                    break
                portion.add(source, one.reader, up_to(records, end), Move(offset, min(after, end)))
                offset = after
                if portion.is_enough:
                    yield portion
                    portion = Portion(enough)
    if portion:
        yield portion


async def _aside(work: Callable[..., T], *arguments: object) -> T:
    """Ask the store in a thread, so that the loop waits for no database; whoever stops us closes the store next.

    So the thread is never left behind.
    """
    asked = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(asked)
    except asyncio.CancelledError:
        await asyncio.wait([asked])
        raise
