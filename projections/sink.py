"""The sink: copies the rows of the view topics into a store, with the positions in the same transaction.

Order: the ends of the topics of progress are read first and their records are applied last. A progress record is
committed with or after the rows it vouches for, so these lie before the ends of the other topics, which are read later:
`complete_to` never runs ahead of the rows.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TypeVar

from engine.errors import Unavailable
from engine.ports import EventLog, Record
from events.agreement import AgreementPublished, AgreementRetired
from events.codec import Codec
from events.instants import to_us
from events.topics import AGREEMENTS
from projections.catalogue import PROJECTIONS, VIEWS
from projections.progress import decode_progress
from projections.projection import Projection
from projections.rows import decode_key, decode_row
from projections.stores.port import Move, Overtaken, RowChange, Source, StoreUnavailable, ViewStore
from projections.stores.schema import PIPELINES, PROMISES, RATES, RETIRED, SEASONS, STAGES, STATUSES, TERMS, base_table
from projections.views.commitment import pace
from projections.views.times import instant_text
from projections.views.view import View

Reader = Callable[[Record], Iterable[RowChange]]
T = TypeVar("T")
_ACCOUNTS = {"score_cap": 100}
"""What an agreement says that says nothing of accounts (docs/agreement.md)."""


def _view_reader(view: View[object]) -> Reader:
    table = base_table(view).name

    def read(record: Record) -> Iterable[RowChange]:
        key = decode_key(view, record.key or b"")
        if record.value is None:
            return (RowChange(table, key, None),)
        row = decode_row(view, record.value)  # what a former version has written is written anew by this one
        return () if row is None else (RowChange(table, key, row),)

    return read


def _agreement_reader(codec: Codec) -> Reader:
    def read(record: Record) -> Iterable[RowChange]:
        fact = codec.decode(record.value, record.headers).data
        if isinstance(fact, AgreementRetired):
            retired = (fact.name, fact.version)
            yield RowChange(RETIRED.name, retired, (*retired, instant_text(to_us(fact.retired_from))))
        if not isinstance(fact, AgreementPublished):
            return
        statuses = fact.document.get("statuses") or {}
        for place, (status, rules) in enumerate(statuses.items()):
            key = (fact.name, fact.version, place)
            yield RowChange(STATUSES.name, key, (*key, status, (rules or {}).get("means")))
        version = (fact.name, fact.version)
        yield RowChange(TERMS.name, version, (*version, (fact.document.get("accounts") or _ACCOUNTS)["score_cap"]))
        for clause in (fact.document.get("marketing_clauses") or {}).values():
            if "quarter" in clause:
                yield from _promise(fact, clause["quarter"], clause["qualified_leads"])
        yield from _pipeline(fact)

    return read


def _pipeline(fact: AgreementPublished) -> Iterable[RowChange]:
    key, part = (fact.name, fact.version), fact.document.get("pipeline") or {}
    says = tuple(part.get(name) for name in ("timezone", "currency", "year_begins"))
    written = part.get("paces") or {}
    paces = tuple(int(written[name].rstrip("%")) if name in written else None for name in ("green", "yellow"))
    since, is_conditional = instant_text(to_us(fact.effective_from)), fact.document.get("applies_to") is not None
    yield RowChange(PIPELINES.name, key, (*key, since, fact.priority, is_conditional, *says, *paces))
    for currency, rates in (part.get("rates") or {}).items():
        for each in rates:
            dated = (*key, currency, each["from"])
            yield RowChange(RATES.name, dated, (*dated, each["rate"]))
    for season in part.get("seasons") or ():
        begun, months = (*key, season["from"]), season.get("months") or (None,) * 3
        yield RowChange(SEASONS.name, begun, (*begun, *(share and int(share.rstrip("%")) for share in months)))
    for place, (stage, says_of_it) in enumerate((part.get("stages") or {}).items()):
        yield RowChange(STAGES.name, (*key, place), (*key, place, stage, says_of_it["forecast"]))


def _promise(fact: AgreementPublished, quarter: str, promised: int) -> Iterable[RowChange]:
    for week, wanted in pace(quarter, promised):
        key = (fact.name, fact.version, quarter, week)
        yield RowChange(PROMISES.name, key, (*key, wanted, promised))


def _progress_reader(projection: Projection) -> Reader:
    def read(record: Record) -> Iterable[RowChange]:
        if record.value is None:
            return ()
        progress = decode_progress(record.value)
        return (RowChange(projection.clock, (progress.partition,), (progress.partition, progress.complete_to)),)

    return read


async def sink_once(log: EventLog, store: ViewStore, codec: Codec | None = None) -> int:
    """Copy all that is there now.

    Args:
        log: where the topics are.
        store: where the rows go.
        codec: how published agreements are decoded.

    Returns:
        How many rows were written or taken away.

    Raises:
        Unavailable: the log is out of reach.
        StoreError: the store cannot be written.
    """
    return await _copy_all(log, store, codec or Codec())


async def sink(
    log: EventLog,
    store: ViewStore,
    stop: asyncio.Event,
    *,
    codec: Codec | None = None,
    pause: float = 0.5,
    told: Callable[[int], None] | None = None,
    trouble: Callable[[Unavailable | StoreUnavailable], None] | None = None,
) -> None:
    """Copy what comes, until told to stop. An outage of the log or the store lasts as long as it lasts.

    However it ends, nothing uses the store any more when it has.

    Args:
        log: where the topics are.
        store: where the rows go.
        stop: set to end after the running copy.
        codec: how published agreements are decoded.
        pause: seconds between two looks.
        told: told how many rows have changed, when some have.
        trouble: told of an outage at every look.

    Raises:
        StoreBroken: the store is none of ours.
        LogError: the log says more than that it is out of reach.
    """
    while not stop.is_set():
        try:
            rows = await sink_once(log, store, codec)
        except (Unavailable, StoreUnavailable) as exc:
            if trouble is not None:
                trouble(exc)
        else:
            if rows and told is not None:
                told(rows)
        try:
            await asyncio.wait_for(stop.wait(), pause)
        except TimeoutError:
            continue


async def _copy_all(log: EventLog, store: ViewStore, codec: Codec) -> int:
    # Before the ends: what another sink has read since then is no sign of a new log.
    positions = await _aside(store.positions)
    clocks = [(each.progress, await log.ends(each.progress), _progress_reader(each)) for each in PROJECTIONS]
    sources: list[tuple[str, list[int], Reader]] = [(AGREEMENTS, await log.ends(AGREEMENTS), _agreement_reader(codec))]
    sources += [(view.topic, await log.ends(view.topic), _view_reader(view)) for view in VIEWS]
    sources += clocks
    if _is_another(positions, {topic: ends for topic, ends, _ in sources}):
        await _aside(store.reset)
        positions = {}
    for projection in PROJECTIONS:
        starts = await log.starts(projection.progress)
        await _aside(_expect_partitions, store, projection, starts, positions)
    written = 0
    for topic, ends, reader in sources:
        behind = [partition for partition, end in enumerate(ends) if positions.get((topic, partition), 0) < end]
        starts = await log.starts(topic) if behind else []
        for partition in behind:
            source = topic, partition
            begin = positions.get(source, starts[partition])
            written += await _copy(log, store, source, Move(begin, ends[partition]), reader)
    return written


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
    topics = (AGREEMENTS, *(each.progress for each in PROJECTIONS), *(view.topic for view in VIEWS))
    ends = {topic: await log.ends(topic) for topic in topics}
    another = _is_another(positions, ends)
    if another:
        await _aside(store.reset)
    return another


def _is_another(positions: Mapping[Source, int], ends: Mapping[str, list[int]]) -> bool:
    return any(positions.get((topic, p), 0) > end for topic, found in ends.items() for p, end in enumerate(found))


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


async def _copy(log: EventLog, store: ViewStore, source: Source, whole: Move, reader: Reader) -> int:
    """Copy one partition of a topic from the store's position up to an end offset, one transaction per fetch.

    Whoever is overtaken goes on from where the other sink has come to: the position only ever moves towards the end.
    """
    written, (offset, end) = 0, whole
    while offset < end:
        records, after = await log.read(*source, offset)
        if after <= offset:
            break
        changes = [change for record in records if record.offset < end for change in reader(record)]
        after = min(after, end)
        try:
            written += await _aside(store.apply, changes, {source: Move(offset, after)})
            offset = after
        except Overtaken:
            offset = (await _aside(store.positions)).get(source, offset)
    return written


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
