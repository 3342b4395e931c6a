"""Composition root of the read side: the projection task, which turns facts into rows of the view topics.

One task per partition and canonical log keeps the base rows of every subject in it, and the partition's partial rows of
the views that count. Rows go out once per key and batch, in the task's transaction, with the state they were made from.
"""

import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from engine.errors import UnknownState
from engine.host import Program
from engine.ports import EventLog, GroupSpec, Record
from engine.transaction import Transaction
from events.codec import Codec
from events.topics import DEAD_LETTERS
from projections.catalogue import OF_LEADS, PROJECTIONS
from projections.folding import (
    BaseRows,
    added,
    detail_changes,
    journal_entry,
    keeps_rows,
    partial_changes,
    place_of,
    plus,
    project_all,
    routes_of,
)
from projections.parts import PART_BYTES, part_key, split
from projections.progress import Heard, LogWriter, Writer, progress_record
from projections.projection import Projection
from projections.rebuild import Rebuilding, Silent
from projections.views.view import Aggregate, Cells, Counters, Detail, Journal, View


class StaleState(UnknownState):
    """The stored state belongs to other versions of the views; it has to be folded anew from the canonical log."""


def _subject(views: Sequence[View[Any]], layout: int) -> Any:
    """The type of the base rows of one subject; a view that keeps none has an empty place."""
    types = tuple(type(view.initial) | None if keeps_rows(view) else None for view in views)
    rows: Any = tuple.__class_getitem__(types)
    fields = [("rows", rows)]
    return msgspec.defstruct("Subject", fields, frozen=True, array_like=True, gc=False, tag=layout, module=__name__)


class PartialRow(Struct, frozen=True, array_like=True, gc=False):
    """Counters of one group of a view that counts; or the instant the partition is complete to."""

    counters: Counters


class PartOfRows(Struct, frozen=True, array_like=True, gc=False):
    """A piece of the bytes of base rows that one record cannot hold; the first one says how many `parts` there are."""

    parts: int
    piece: bytes


class Shapes:
    """What the states of a projection look like, and how its views are folded; made once a projection.

    Attributes:
        projection: which.
        group: its task group.
        layout: stands in every state: a state of other views, or of other versions of them, is never taken for ours.
        empty: base rows before any fact.
        Subject: type of the base rows of one subject.
        Partial: type of a partial row.
        Part: type of a part of base rows.
    """

    def __init__(self, projection: Projection) -> None:
        views = projection.views
        self.projection = projection
        self.group = GroupSpec(
            name=projection.name, sources=(projection.log,), changelog=projection.state, dead_letters=DEAD_LETTERS,
            state_format=projection.edition,
        )  # fmt: skip
        self.layout = zlib.crc32(",".join(f"{view.name}={view.version}" for view in views).encode())
        self.empty: BaseRows = (None,) * len(views)
        self.routes = routes_of(views)
        self.Subject: Any = _subject(views, self.layout)
        self.Partial = _tagged(PartialRow, "Partial", -self.layout)
        self.Part = _tagged(PartOfRows, "Part", ~self.layout)
        self.decode: Callable[[bytes], State] = msgspec.msgpack.Decoder(self.Subject | self.Partial | self.Part).decode
        self.details = [
            (place_of(view, views), view.topic, detail_changes(view)) for view in views if isinstance(view, Detail)
        ]
        self.walked = sorted({place_of(each, views) for each in views if isinstance(each, Detail) and each.changed})
        self.journals = [(view.topic, journal_entry(view)) for view in views if isinstance(view, Journal)]
        self.aggregates = [
            (i, place_of(view, views), view, partial_changes(view))
            for i, view in enumerate(views)
            if isinstance(view, Aggregate)
        ]

    def clock(self, time: int) -> tuple[bytes, bytes]:
        """Key and bytes of the state that says up to when a partition was told to be complete, in microseconds."""
        return PROGRESS, _encode(self.Partial((time,)))


def _tagged(base: type[Struct], name: str, tag: int) -> Any:
    return msgspec.defstruct(name, [], bases=(base,), frozen=True, array_like=True, gc=False, tag=tag, module=__name__)


State = Any
"""The base rows of a subject, a part of them, or a partial row."""
Sums = dict[Cells, Counters]
_SUBJECT, _PARTIAL = b"s", b"p"
PROGRESS = b"t"
"""Key of the state that keeps up to when the partition was told to be complete, in microseconds; 0: nothing was."""
_encode = msgspec.msgpack.Encoder().encode
_group_key = msgspec.json.Encoder().encode


@lru_cache
def shapes_of(projection: Projection) -> Shapes:
    """The shapes of a projection."""
    return Shapes(projection)


class _Work:
    """A subject's base rows within a batch: as they were, and as they are; and of some all in between."""

    __slots__ = ("between", "key", "new", "old", "parts")

    def __init__(self, key: bytes, old: BaseRows, parts: int) -> None:
        self.key, self.old, self.new, self.parts = key, old, list(old), parts
        self.between: dict[int, list[Any]] = {}

    def passing(self, place: int) -> None:
        """A fact comes: what it finds, unless that is the first one, lies in between."""
        row = self.new[place]
        if row is not self.old[place]:
            between = self.between.setdefault(place, [])
            if not between or between[-1] is not row:
                between.append(row)

    def way(self, place: int) -> Sequence[Any]:
        """The base rows between the first and the last one, where they are kept."""
        between = self.between.get(place)
        if between is None:
            return ()
        return between if between[-1] is not self.new[place] else between[:-1]


class ViewsProcessor:
    """The program of one projection task.

    Args:
        shapes: of the projection.
        partition: the task's partition number.
        writer: tells how far the write side is.
        codec: decodes the facts.
        longest: bytes of a lead's base rows that one record takes; longer ones are kept in parts.
    """

    def __init__(self, shapes: Shapes, partition: int, writer: Writer, codec: Codec, longest: int = PART_BYTES) -> None:
        self._shapes, self._partition, self._longest = shapes, partition, longest
        self._writer, self._decode = writer, codec.decode
        self._work: dict[str, _Work] = {}
        self._heard: Heard | None = None
        self._measured: dict[int, tuple[State, bytes]] = {}

    def load(self, raw: bytes) -> State:
        """State from its bytes.

        Raises:
            StaleState: it was written by other versions of the views.
        """
        try:
            return self._shapes.decode(raw)
        except msgspec.DecodeError as exc:
            raise StaleState(f"{self._shapes.group.changelog}: written by other versions of the views ({exc})") from exc

    def dump(self, state: State) -> bytes:
        """State to bytes; equal states give equal bytes."""
        measured = self._measured.pop(id(state), None)
        return _encode(state) if measured is None else measured[1]

    async def prepare(self, until: int) -> None:
        """Start a batch; ask how far the writer is, unless an earlier answer still waits for facts to be read."""
        del until
        self._work.clear()
        self._measured.clear()
        if self._heard is None:
            self._heard = await self._writer.heard(self._partition)

    def decide(self, txn: Transaction[State], record: Record, at: int) -> None:
        """Fold one fact into the base rows of its lead.

        Raises:
            Undecodable: the canonical log holds something that is no fact; the worker must not go past it.
            StaleState: a part of the lead's base rows is missing.
        """
        del at
        envelope = self._decode(record.value, record.headers)
        for topic, entry in self._shapes.journals:
            written = entry(envelope)
            if written is not None:
                txn.send(topic, *written)
        routes = self._shapes.routes.get(type(envelope.data))
        if routes is None:
            return
        work = self._work.get(envelope.subject)
        if work is None:
            key = _SUBJECT + envelope.subject.encode()
            work = self._work[envelope.subject] = self._work_on(txn, key)
        else:
            for place in self._shapes.walked:
                work.passing(place)
        project_all(work.new, routes, envelope)

    def _work_on(self, txn: Transaction[State], key: bytes) -> _Work:
        state, shapes = txn.get(key), self._shapes
        if isinstance(state, shapes.Subject):
            return _Work(key, state.rows, 1)
        if not isinstance(state, PartOfRows):
            return _Work(key, shapes.empty, 0)
        pieces = [state.piece]
        for number in range(1, state.parts):
            part = txn.get(part_key(key, number))
            if not isinstance(part, PartOfRows):
                raise StaleState(f"{shapes.group.changelog}: part {number} of {state.parts} of a lead is missing")
            pieces.append(part.piece)
        return _Work(key, shapes.decode(b"".join(pieces)).rows, state.parts)

    def wake(self, txn: Transaction[State], key: bytes, due: int) -> None:
        """Views have no deadlines."""

    def milestone(self, since: int) -> int | None:
        """Nothing happens to views by itself."""
        del since
        return None

    def sweep(self, txn: Transaction[State], key: bytes, at: int) -> None:
        """Nothing happens to views by itself."""

    def finish(self, txn: Transaction[State]) -> None:
        """Write what changed: rows, partial rows, and how far the partition is complete."""
        sums: list[Sums] = [{} for _ in self._shapes.empty]
        for subject, work in self._work.items():
            self._write_subject(txn, subject, work, sums)
        for i, _, view, change in self._shapes.aggregates:
            for group, counters in sums[i].items():
                if any(counters):
                    txn.send(view.topic, *change(self._partition, group, self._count(txn, view, group, counters)))
        self._write_progress(txn)

    def _write_subject(self, txn: Transaction[State], subject: str, work: _Work, sums: list[Sums]) -> None:
        old, new = work.old, work.new
        changed = False
        for i, topic, changes in self._shapes.details:
            if new[i] is not old[i]:
                changed = True
                for key, value in changes(subject, old[i], new[i], work.way(i) if work.between else ()):
                    txn.send(topic, key, value)
        for i, place, view, _ in self._shapes.aggregates:
            if new[place] is not old[place]:
                changed, groups = True, sums[i]
                for group, counters in added(view, old[place], new[place]).items():
                    known = groups.get(group)
                    groups[group] = counters if known is None else plus(known, counters)
        if changed:
            self._keep(txn, work)

    def _keep(self, txn: Transaction[State], work: _Work) -> None:
        """Keep a lead's base rows, whole where a record takes them; parts that are as they were stay where they are."""
        state = self._shapes.Subject(tuple(work.new))
        raw = _encode(state)
        if len(raw) <= self._longest:
            parts = 1
            txn.put(work.key, state, None)
            self._measured[id(state)] = state, raw  # so that it is encoded once; it is held, so its id is its own
        else:
            pieces = split(raw, self._longest)
            parts = len(pieces)
            for number, piece in enumerate(pieces):
                key, part = part_key(work.key, number), self._shapes.Part(parts if number == 0 else 0, piece)
                if txn.get(key) != part:
                    txn.put(key, part, None)
        for number in range(parts, work.parts):
            txn.delete(part_key(work.key, number))

    def _count(self, txn: Transaction[State], view: Aggregate[Any], group: Cells, counters: Counters) -> Counters:
        """Add to the partition's counters of a group; the total."""
        key = _PARTIAL + view.name.encode() + b"\x1f" + _group_key(group)
        state = txn.get(key)
        total = plus(state.counters, counters) if isinstance(state, PartialRow) else counters
        if any(total):
            txn.put(key, self._shapes.Partial(total), None)
        else:
            txn.delete(key)
        return total

    def _write_progress(self, txn: Transaction[State]) -> None:
        heard, time, projection = self._heard, 0, self._shapes.projection
        if heard is not None and txn.positions[projection.log] >= heard.end:
            self._heard, time = None, heard.time
        state = txn.get(PROGRESS)
        if isinstance(state, PartialRow) and state.counters[0] >= time:
            return
        # The first transaction tells of nothing but the edition, so that who waits for all partitions knows of it.
        txn.put(PROGRESS, self._shapes.Partial((time,)), None)
        txn.send(projection.progress, *progress_record(self._partition, time, projection.edition))


def view_programs(
    log: EventLog,
    partitions: int,
    codec: Codec | None = None,
    projections: Sequence[Projection] = PROJECTIONS,
) -> tuple[Program, ...]:
    """The task groups that keep all views, one a projection.

    Args:
        log: where the writers' positions are read.
        partitions: partition count of the canonical logs.
        codec: how facts are decoded; the plain one unless values are sealed.
        projections: which.
    """
    return tuple(view_program(log, partitions, codec, projection) for projection in projections)


def view_program(
    log: EventLog, partitions: int, codec: Codec | None = None, projection: Projection = OF_LEADS
) -> Program:
    """The task group that keeps the views of one projection; see `view_programs`."""
    writer, decoder, shapes = LogWriter(log, projection), codec or Codec(), shapes_of(projection)

    def rebuild(partition: int) -> Rebuilding:
        processor = ViewsProcessor(shapes, partition, Silent(), decoder)
        return Rebuilding(log, projection, shapes.group, partition, partitions, processor, shapes.clock)

    return Program(
        shapes.group,
        partitions,
        lambda partition: ViewsProcessor(shapes, partition, writer, decoder),
        rebuild=rebuild,
    )
