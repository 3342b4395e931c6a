"""The task of a kind of subject: takes records from its inbox, lets the kind decide, appends what it says."""

from collections.abc import Callable
from functools import partial
from typing import Any, Generic, NamedTuple

import msgspec

from engine.errors import UnknownState
from engine.partitioning import partition_of
from engine.ports import GroupSpec, Record
from engine.recordtime import TOLERANCE
from engine.transaction import Transaction
from events.codec import Codec, Undecodable
from events.envelope import Envelope
from events.ids import fingerprint
from events.instants import DAY, from_us, to_us
from streams.agents.admission import EARLIEST, Admission, heard
from streams.agents.agreements import AgreementReader
from streams.agents.room import OUTSIDE_BYTES, TASK_BYTES, Room
from streams.agents.stray import forward_stray
from streams.agents.telling import Teller
from streams.deciders.subject import (
    Around,
    Kind,
    S,
    command,
    decide,
    is_duplicate,
    let_in,
    move,
    next_wake,
    settle,
    waiting_with,
    wake,
)
from streams.deciders.told import Early, Refused
from streams.deciders.waiting import WAITS, Waiting, wait, waited

_COUNTED = 2
"""A fact and its answer grow a state by what is counted for a fact; more of them are measured."""


class _Came(NamedTuple):
    """A fact as it came.

    Attributes:
        record: the record.
        envelope: what it says.
        mark: its fingerprint.
        at: its record time, microseconds.
        most: bytes that the state may take by it.
    """

    record: Record
    envelope: Envelope
    mark: int
    at: int
    most: int


class SubjectProcessor(Generic[S]):
    """The program of one task of a kind of subject.

    Args:
        group: the task group, with one inbox.
        log: the group's canonical log.
        kind: what is decided, and how.
        agreements: reader of the published agreements.
        codec: bytes to facts and back.
        secret: the deployment's key for hashes of personal keys.
    """

    def __init__(
        self, group: GroupSpec, log: str, kind: Kind[S], agreements: AgreementReader, codec: Codec, *,
        secret: bytes = b"",
    ) -> None:  # fmt: skip
        (self._inbox,), self._changelog = group.sources, group.changelog
        self._kind, self._agreements, self._codec, self._secret = kind, agreements, codec, secret
        self._admitted = Admission(kind.outside | kind.commands, kind.tasks)
        self._teller = Teller(codec, group.name, log)
        self._room = Room()
        self._load: Callable[[bytes], S] = msgspec.msgpack.Decoder(kind.state).decode
        self.dump: Callable[[Any], bytes] = msgspec.msgpack.Encoder().encode

    def load(self, raw: bytes) -> S:
        """A subject's state from its bytes.

        Raises:
            UnknownState: these are not such bytes.
        """
        try:
            return self._load(raw)
        except msgspec.DecodeError as exc:
            raise UnknownState(f"{self._changelog}: a state cannot be read ({exc})") from exc

    async def prepare(self, until: int) -> None:
        """Know all agreements that can matter to records up to `until`."""
        self._room.clear()
        await self._agreements.refresh(until)

    def decide(self, txn: Transaction[S], record: Record, at: int) -> None:
        """Decide one record of the inbox; what cannot be taken becomes a dead letter with its reason."""
        try:
            envelope = self._codec.decode(record.value, record.headers)
        except Undecodable as exc:
            txn.dead_letter(record, self._inbox, exc.reason, str(exc), exc.field)
            return
        occurred_at = to_us(envelope.time)
        most = OUTSIDE_BYTES
        if self._admitted.of_task(envelope, record):
            most = TASK_BYTES
            envelope = heard(envelope, (record.key or b"").decode())
        elif not EARLIEST <= occurred_at <= at + TOLERANCE or not self._admitted.of_outside(envelope):
            txn.dead_letter(record, self._inbox, *self._admitted.refusal(envelope, occurred_at, at))
            return
        key, mark = envelope.subject.encode(), fingerprint(envelope.source, envelope.id, self._secret)
        if partition_of(key, txn.partitions) != txn.partition:
            forward_stray(txn, self._inbox, key, record, at)
            return
        state = txn.get(key)
        if state is None:
            state = self._kind.state()
        elif is_duplicate(state, mark):
            return
        around = self._around(max(at, state.recorded_at), key)
        take = self._answer if type(envelope.data) in self._kind.commands else self._take
        if take(txn, key, state, _Came(record, envelope, mark, at, most), around):
            txn.put(key, state, next_wake(self._kind, state, around))

    def wake(self, txn: Transaction[S], key: bytes, due: int) -> None:
        """A subject's earliest deadline has passed."""
        state = txn.get(key)
        if state is None:
            return
        self._room.forget(key)
        around = self._around(max(due, state.recorded_at), key)
        for gone in waited(waiting_with(self._kind, state), due):
            self._give_up(txn, key, gone, settle(self._kind, state, self._read(gone), around))
        self._teller.tell(txn, key, wake(self._kind, state, due, around), around.at)
        again = next_wake(self._kind, state, around)
        if again is not None and again <= due:
            raise RuntimeError(f"{self._inbox} {around.subject}: deadline {from_us(due)} brings nothing about")
        if state.sequence == 0 and not waiting_with(self._kind, state):
            txn.delete(key)  # nothing was ever said of it
        else:
            txn.put(key, state, again)

    def milestone(self, since: int) -> int | None:
        """The next instant at which a version of an agreement takes effect, if that is anything to these subjects."""
        return None if self._kind.on_version is None else self._agreements.known.next_change(since)

    def sweep(self, txn: Transaction[S], key: bytes, at: int) -> None:
        """A version takes effect."""
        state = txn.get(key)
        if state is not None:
            self._room.forget(key)
            around = self._around(max(at, state.recorded_at), key)
            told = move(self._kind, state, at, around)
            self._teller.tell(txn, key, told, around.at)
            again = next_wake(self._kind, state, around)
            if told or again != txn.wake_of(key):
                txn.put(key, state, again)

    def finish(self, txn: Transaction[S]) -> None:
        """Nothing is left to write."""

    def _take(self, txn: Transaction[S], key: bytes, state: S, came: _Came, around: Around) -> bool:
        """Decide what has come, and what has waited for it; whether the state is another one now."""
        record, at = came.record, came.at
        settled = settle(self._kind, state, came.envelope, around)
        if isinstance(settled, Early) and self._waits(state, came, txn.time):
            self._room.forget(key)
            return True
        if isinstance(settled, Refused):
            txn.dead_letter(record, self._inbox, *settled)
            return False
        if not self._room.is_left(key, len(record.value or b""), came.most, partial(self._size, state)):
            detail = f"what is known of it would outgrow {came.most} bytes; look for a sender that repeats itself"
            txn.dead_letter(record, self._inbox, "subject_too_large", detail)
            return False
        told = decide(self._kind, state, settled, came.mark, around)
        if len(told) > _COUNTED:
            self._room.forget(key)
        self._teller.tell(txn, key, told, at)
        for one in let_in(self._kind, state, around, self._read):
            self._room.forget(key)
            self._teller.tell(txn, key, one.told, at)
            if one.refused is not None:
                txn.dead_letter(_record(key, one.waited), self._inbox, *one.refused)
        return True

    def _answer(self, txn: Transaction[S], key: bytes, state: S, came: _Came, around: Around) -> bool:
        """Decide a command and tell whoever asked; whether the state is another one now. A refusal changes nothing."""
        size = len(came.record.value or b"")
        has_room = self._room.is_left(key, size, came.most, partial(self._size, state))
        told, answer = command(self._kind, state, came.envelope, around, has_room=has_room)
        self._teller.answer(txn, came.envelope, answer, around.at)
        self._teller.tell(txn, key, told, came.at)
        return bool(told)

    def _waits(self, state: S, came: _Came, time: int) -> bool:
        """Let a fact that came early wait, if its kind lets it and there is room.

        What is tried again keeps its record time and waits from where partition time stands.
        """
        if self._kind.waiting is None:
            return False
        record = came.record
        return wait(
            self._kind.waiting(state),
            Waiting(
                at=to_us(came.envelope.time),
                mark=came.mark,
                until=max(came.at, time) + WAITS,
                offset=record.offset,
                timestamp=record.timestamp,
                value=record.value or b"",
                headers=tuple(record.headers),
            ),
        )

    def _give_up(self, txn: Transaction[S], key: bytes, gone: Waiting, why: Envelope | Refused) -> None:
        """Nothing came of what it waited for; it can be tried again from the dead letters."""
        assert isinstance(why, Early), "what is early no more was let in"
        detail = f"{why.detail}; it has waited for {WAITS // DAY} days"
        txn.dead_letter(_record(key, gone), self._inbox, why.reason, detail, why.field)

    def _read(self, waiting: Waiting) -> Envelope:
        return self._codec.decode(waiting.value, waiting.headers)

    def _size(self, state: S) -> int:
        return len(self.dump(state))

    def _around(self, at: int, key: bytes) -> Around:
        return Around(self._agreements.known, at, key.decode(), self._secret)


def _record(key: bytes, waiting: Waiting) -> Record:
    """The record by which a fact that waits has come."""
    return Record(waiting.offset, waiting.timestamp, key, waiting.value, waiting.headers)
