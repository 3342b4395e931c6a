"""A small house: an in-memory log with all topics, the projection tasks drained, a store beside it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from engine.drain import drain
from engine.memory.log import MemoryLog
from engine.partitioning import partition_of
from engine.ports import NewRecord, TopicSpec
from engine.position import Position
from engine.recordtime import TASK_HEADER, TIME_HEADER
from engine.state import POSITION
from events.agreement import AgreementPublished
from events.codec import Codec
from events.envelope import Envelope
from events.instants import to_us
from events.topics import AGREEMENTS, LEAD_EVENTS, TOPICS
from projections.catalogue import PROJECTIONS, VIEW_TOPICS
from projections.read import read_view
from projections.sink import sink_once
from projections.stores.layout import OURS
from projections.stores.port import Move, Source, ViewStore
from projections.stores.schema import names, quoted
from projections.stores.sqlite import SqliteStore
from projections.views.view import Cell
from projections.worker import view_programs
from tests.projections.given import minutes, told

NOW = to_us(minutes(1_000_000))
CODEC = Codec()


def record(envelope: Envelope) -> NewRecord:
    """The record as a task of the write side leaves it."""
    at = to_us(envelope.recordedat) if envelope.recordedat is not msgspec.UNSET else to_us(envelope.time)
    headers = ((TIME_HEADER, str(at).encode()), (TASK_HEADER, b"leads"))
    return NewRecord(envelope.subject.encode(), CODEC.encode(envelope), headers)


class House:
    """Attributes: `log`, an in-memory log; `partitions`, its partition count; `store`, a SQLite file or another."""

    def __init__(self, path: Path | str = ":memory:", partitions: int = 1, store: ViewStore | None = None) -> None:
        self.partitions, self.log, self.path = partitions, MemoryLog(clock=lambda: NOW), path
        self.store = SqliteStore(path) if store is None else store

    async def build(self) -> "House":
        await self.log.create_topics(
            [
                TopicSpec(topic.name, topic.partitions or self.partitions, topic.compacted)
                for topic in (*TOPICS, *VIEW_TOPICS)
            ]
        )
        return self

    async def write(self, *envelopes: Envelope, log: str = LEAD_EVENTS) -> None:
        """The write side has decided these facts."""
        for envelope in envelopes:
            partition = partition_of(envelope.subject.encode(), self.partitions)
            await self.log.append({(log, partition): [record(envelope)]})

    async def writer_at(
        self, time: float, partitions: Iterable[int] | None = None, projections: Iterable[str] | None = None
    ) -> None:
        """The write side's tasks stand at a time, in minutes."""
        position = msgspec.json.encode(Position(offsets={}, time=to_us(minutes(time))))
        for partition in range(self.partitions) if partitions is None else partitions:
            for projection in PROJECTIONS:
                if projections is not None and projection.name not in projections:
                    continue
                await self.log.append({(projection.writer, partition): [NewRecord(POSITION, position)]})

    async def publish(
        self,
        name: str,
        *statuses: str,
        version: int = 1,
        means: Mapping[str, str] = MappingProxyType({}),
        **more: Any,
    ) -> None:
        """An agreement with these statuses, which mean working, and others was published."""
        meanings = {**dict.fromkeys(statuses, "working"), **means}
        document = {"statuses": {status: {"means": meaning} for status, meaning in meanings.items()}, **more}
        fact = AgreementPublished(name=name, version=version, effective_from=minutes(0), document=document)
        await self.log.append({(AGREEMENTS, 0): [record(told(fact, lead=name))]})

    async def project(self, limit: int = 5000, until: float | None = None) -> None:
        """The projection tasks read all there is."""
        end = None if until is None else to_us(minutes(until))
        for program in view_programs(self.log, self.partitions):
            await drain(self.log, program, until=end, limit=limit)

    async def show(self, limit: int = 5000) -> None:
        """Projections and sink, to the end."""
        await self.project(limit)
        await sink_once(self.log, self.store)

    def view(self, name: str, **options: Any) -> list[dict[str, Cell]]:
        """Rows of a view without `complete_to`."""
        rows = read_view(self.store, name, **options)
        return [{column: cell for column, cell in row.items() if column != "complete_to"} for row in rows]

    def move_back(self, positions: dict[Source, int]) -> None:
        """Make the store believe it has read less."""
        known = self.store.positions()
        self.store.apply([], {source: Move(known[source], at) for source, at in positions.items()})

    def complete_to(self) -> Cell:
        """How far the answers are complete."""
        return read_view(self.store, "response-times")[0]["complete_to"]

    def tables(self) -> dict[str, list[Any]]:
        """Everything in the store that comes from the log."""
        return {
            table.name: self.store.query(
                f"SELECT {names(table.columns)} FROM {quoted(table.name)} ORDER BY {names(table.columns[: table.key])}"
            )
            for table in OURS.tables.values()
        }


async def house(path: Path | str = ":memory:", partitions: int = 1, store: ViewStore | None = None) -> House:
    """A new house."""
    return await House(path, partitions, store).build()
