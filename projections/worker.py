"""Composition root of the read side: the projection task, which turns facts into rows of the view topics.

One task per partition keeps the base rows of every lead in it, and the partition's partial rows of the views that
count. Rows go out once per key and batch, in the task's transaction, with the state they were made from.
"""

import zlib
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from engine.errors import UnknownState
from engine.host import Program
from engine.ports import EventLog, GroupSpec, Record
from engine.transaction import Transaction
from events.codec import Codec
from events.topics import DEAD_LETTERS, LEAD_EVENTS, VIEW_PROGRESS, VIEW_STATE
from projections.catalogue import VIEWS
from projections.folding import (
    EMPTY,
    ROUTES,
    BaseRows,
    added,
    detail_changes,
    journal_entry,
    keeps_rows,
    partial_changes,
    place_of,
    plus,
    project_all,
)
from projections.parts import PART_BYTES, part_key, split
from projections.progress import Heard, LogWriter, Writer, progress_record
from projections.views.view import Aggregate, Cells, Counters, Detail, Journal

VIEW_GROUP = GroupSpec(name="views", sources=(LEAD_EVENTS,), changelog=VIEW_STATE, dead_letters=DEAD_LETTERS)
"""The task group of all views."""

LAYOUT = zlib.crc32(",".join(f"{view.name}={view.version}" for view in VIEWS).encode())
"""Stands in every state: a state of other views, or of other versions of them, is never taken for ours."""


class StaleState(UnknownState):
    """The stored state belongs to other versions of the views; it has to be folded anew from `lead-events`."""


_TYPES = tuple(type(view.initial) | None if keeps_rows(view) else None for view in VIEWS)
_ROWS: Any = tuple.__class_getitem__(_TYPES)
"""Type of the base rows of one lead, in the order of `VIEWS`; a view that keeps none has an empty place."""

Subject: Any = msgspec.defstruct(
    "Subject", [("rows", _ROWS)], frozen=True, array_like=True, gc=False, tag=LAYOUT, module=__name__
)
"""The base rows of one lead."""


class Partial(Struct, frozen=True, array_like=True, gc=False, tag=-LAYOUT):
    """Counters of one group of a view that counts; or the instant the partition is complete to."""

    counters: Counters


class Part(Struct, frozen=True, array_like=True, gc=False, tag=~LAYOUT):
    """A piece of the bytes of base rows that one record cannot hold; the first one says how many `parts` there are."""

    parts: int
    piece: bytes


State = Any
"""A `Subject`, a `Part` of one, or a `Partial`."""
Sums = dict[Cells, Counters]
_SUBJECT, _PARTIAL, _PROGRESS = b"s", b"p", b"t"
_encode = msgspec.msgpack.Encoder().encode
_decode: Callable[[bytes], State] = msgspec.msgpack.Decoder(Subject | Partial | Part).decode
_group_key = msgspec.json.Encoder().encode
_DETAILS = [(i, view.topic, detail_changes(view)) for i, view in enumerate(VIEWS) if isinstance(view, Detail)]
_JOURNALS = [(view.topic, journal_entry(view)) for view in VIEWS if isinstance(view, Journal)]
_AGGREGATES = [
    (i, place_of(view), view, partial_changes(view)) for i, view in enumerate(VIEWS) if isinstance(view, Aggregate)
]
"""With the places of their sums and of the base rows they count."""


class _Work:
    """A lead's base rows within a batch: as they were, and as they are."""

    __slots__ = ("key", "new", "old", "parts")

    def __init__(self, key: bytes, old: BaseRows, parts: int) -> None:
        self.key, self.old, self.new, self.parts = key, old, list(old), parts


class ViewsProcessor:
    """The program of one projection task.

    Args:
        partition: the task's partition number.
        writer: tells how far the write side is.
        codec: decodes the facts.
        longest: bytes of a lead's base rows that one record takes; longer ones are kept in parts.
    """

    def __init__(self, partition: int, writer: Writer, codec: Codec, longest: int = PART_BYTES) -> None:
        self._partition, self._writer, self._decode, self._longest = partition, writer, codec.decode, longest
        self._work: dict[str, _Work] = {}
        self._heard: Heard | None = None
        self._measured: dict[int, tuple[State, bytes]] = {}

    def load(self, raw: bytes) -> State:
        """State from its bytes.

        Raises:
            StaleState: it was written by other versions of the views.
        """
        try:
            return _decode(raw)
        except msgspec.DecodeError as exc:
            raise StaleState(f"{VIEW_STATE}: written by other versions of the views ({exc})") from exc

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
        for topic, entry in _JOURNALS:
            txn.send(topic, *entry(envelope))
        routes = ROUTES.get(type(envelope.data))
        if routes is None:
            return
        work = self._work.get(envelope.subject)
        if work is None:
            key = _SUBJECT + envelope.subject.encode()
            work = self._work[envelope.subject] = self._work_on(txn, key)
        project_all(work.new, routes, envelope)

    @staticmethod
    def _work_on(txn: Transaction[State], key: bytes) -> _Work:
        state = txn.get(key)
        if isinstance(state, Subject):
            return _Work(key, state.rows, 1)
        if not isinstance(state, Part):
            return _Work(key, EMPTY, 0)
        pieces = [state.piece]
        for number in range(1, state.parts):
            part = txn.get(part_key(key, number))
            if not isinstance(part, Part):
                raise StaleState(f"{VIEW_STATE}: part {number} of {state.parts} of a lead is missing")
            pieces.append(part.piece)
        return _Work(key, _decode(b"".join(pieces)).rows, state.parts)

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
        sums: list[Sums] = [{} for _ in VIEWS]
        for subject, work in self._work.items():
            self._write_subject(txn, subject, work, sums)
        for i, _, view, change in _AGGREGATES:
            for group, counters in sums[i].items():
                if any(counters):
                    txn.send(view.topic, *change(self._partition, group, self._count(txn, view, group, counters)))
        self._write_progress(txn)

    def _write_subject(self, txn: Transaction[State], subject: str, work: _Work, sums: list[Sums]) -> None:
        old, new = work.old, work.new
        changed = False
        for i, topic, changes in _DETAILS:
            if new[i] is not old[i]:
                changed = True
                for key, value in changes(subject, old[i], new[i]):
                    txn.send(topic, key, value)
        for i, place, view, _ in _AGGREGATES:
            if new[place] is not old[place]:
                changed, groups = True, sums[i]
                for group, counters in added(view, old[place], new[place]).items():
                    known = groups.get(group)
                    groups[group] = counters if known is None else plus(known, counters)
        if changed:
            self._keep(txn, work)

    def _keep(self, txn: Transaction[State], work: _Work) -> None:
        """Keep a lead's base rows, whole where a record takes them; parts that are as they were stay where they are."""
        state = Subject(tuple(work.new))
        raw = _encode(state)
        if len(raw) <= self._longest:
            parts = 1
            txn.put(work.key, state, None)
            self._measured[id(state)] = state, raw  # so that it is encoded once; it is held, so its id is its own
        else:
            pieces = split(raw, self._longest)
            parts = len(pieces)
            for number, piece in enumerate(pieces):
                key, part = part_key(work.key, number), Part(parts if number == 0 else 0, piece)
                if txn.get(key) != part:
                    txn.put(key, part, None)
        for number in range(parts, work.parts):
            txn.delete(part_key(work.key, number))

    @staticmethod
    def _count(txn: Transaction[State], view: Aggregate[Any], group: Cells, counters: Counters) -> Counters:
        """Add to the partition's counters of a group; the total."""
        key = _PARTIAL + view.name.encode() + b"\x1f" + _group_key(group)
        state = txn.get(key)
        total = plus(state.counters, counters) if isinstance(state, Partial) else counters
        if any(total):
            txn.put(key, Partial(total), None)
        else:
            txn.delete(key)
        return total

    def _write_progress(self, txn: Transaction[State]) -> None:
        heard = self._heard
        if heard is None or txn.positions[LEAD_EVENTS] < heard.end:
            return
        self._heard = None
        state = txn.get(_PROGRESS)
        if isinstance(state, Partial) and state.counters[0] >= heard.time:
            return
        txn.put(_PROGRESS, Partial((heard.time,)), None)
        txn.send(VIEW_PROGRESS, *progress_record(self._partition, heard.time))


def view_program(log: EventLog, partitions: int, codec: Codec | None = None) -> Program:
    """The task group that keeps all views.

    Args:
        log: where the writers' positions are read.
        partitions: partition count of `lead-events`.
        codec: how facts are decoded; the plain one unless values are sealed.
    """
    writer, decoder = LogWriter(log), codec or Codec()
    return Program(VIEW_GROUP, partitions, lambda partition: ViewsProcessor(partition, writer, decoder))
