"""One subject besides leads, in full and without a log: facts come to it, time passes, agreements take effect.

Instants are minutes after Monday, 5 January 2026, 09:00 UTC. Every step also proves that the state is the fold of the
canonical log, and that each of its facts survives its way through bytes.
"""

from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

from events.agreement import CommandAnswered
from events.codec import Codec
from events.envelope import Envelope
from events.fact import Fact
from events.ids import fingerprint
from events.instants import from_us
from events.registry import wrap
from streams.agreement.known import Known
from streams.deciders.subject import (
    Around,
    Kind,
    Subject,
    command,
    decide,
    fold,
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
from tests.support.facts import same
from tests.support.given import minute

S = TypeVar("S", bound=Subject)
_codec = Codec()
_bytes = msgspec.msgpack.encode


class Ledger(Generic[S]):
    """A subject's log as it grows.

    Args:
        kind: what is decided, and how.
        subject: whose log it is.
        known: the agreements.
    """

    def __init__(self, kind: Kind[S], subject: str, known: Known | None = None) -> None:
        self.kind, self.subject, self.known = kind, subject, known or Known()
        self.state, self._twin = kind.state(), kind.state()
        self.facts: list[Envelope] = []
        self.refused: list[Refused] = []
        self.given_up: list[Envelope] = []
        self.time, self._heard = 0, 0
        self.due: int | None = None

    def hears(
        self, fact: Fact, at: float, source: str = "/crm", *, recorded: float | None = None, fact_id: str = ""
    ) -> list[Fact]:
        """A fact that happened `at` and came then, or later; what follows from it."""
        record_time = minute(at if recorded is None else recorded)
        self.passes(record_time)
        self._heard += 1
        envelope = wrap(
            fact, id=fact_id or f"{self._heard}", source=source, subject=self.subject, time=from_us(minute(at))
        )
        mark = fingerprint(source, envelope.id)
        if is_duplicate(self.state, mark):
            return []
        around = self._around(record_time)
        settled = settle(self.kind, self.state, envelope, around)
        if isinstance(settled, Early) and self.kind.waiting is not None:
            new = Waiting(minute(at), mark, record_time + WAITS, self._heard, record_time, _codec.encode(envelope), ())
            if wait(self.kind.waiting(self.state), new):
                self.due = next_wake(self.kind, self.state, around)
                return []
        if isinstance(settled, Refused):
            self.refused.append(settled)
            return []
        told = self._tell(decide(self.kind, self.state, settled, mark, around), around)[1:]
        for one in let_in(self.kind, self.state, around, _read):
            told += self._tell(one.told, around)
            self.refused += [] if one.refused is None else [one.refused]
        return told

    def asks(
        self, asked: Fact, at: float, source: str = "/desk", *, command_id: str = "", has_room: bool = True
    ) -> CommandAnswered:
        """A command that came `at`; what it is answered."""
        self.passes(minute(at))
        self._heard += 1
        envelope = wrap(
            asked, id=command_id or f"{self._heard}", source=source, subject=self.subject, time=from_us(minute(at))
        )
        around = self._around(minute(at))
        told, answer = command(self.kind, self.state, envelope, around, has_room=has_room)
        assert tuple(each.id for each in told) == (answer.facts if told else ())
        self._tell(told, around)
        return answer

    def passes(self, to: int) -> list[Fact]:
        """What is due before an instant (microseconds) happens, in order of time, a new version first."""
        told: list[Fact] = []
        while self.time < to:
            minds = self.kind.on_version is not None and self.state.sequence > 0
            version = self.known.next_change(self.time) if minds else None
            first = min(each for each in (self.due, version, to) if each is not None)
            if first >= to:
                self.time = to
            elif first == version:
                around = self._around(first)
                told += self._tell(move(self.kind, self.state, first, around), around)
                self.time = first + 1
            else:
                around = self._around(first)
                gone = waited(waiting_with(self.kind, self.state), first)
                self.given_up += [_read(each) for each in gone]
                told += self._tell(wake(self.kind, self.state, first, around), around)
                assert self.due is None or self.due > first, "a deadline has to bring something about"
        return told

    def told(self, kind: type[Fact]) -> list[Envelope]:
        """All facts of a type so far."""
        return [each for each in self.facts if isinstance(each.data, kind)]

    def _around(self, at: int) -> Around:
        return Around(self.known, max(at, self.state.recorded_at), self.subject)

    def _tell(self, told: Sequence[Envelope], around: Around) -> list[Fact]:
        for envelope in told:
            read = _codec.decode(_codec.encode(envelope))
            assert same(read, envelope)
            fold(self.kind, self._twin, read)
            assert envelope.sequence == f"{self._twin.sequence:010d}"
        waiting_with(self.kind, self._twin)[:] = waiting_with(self.kind, self.state)
        assert _bytes(self._twin) == _bytes(self.state)
        self.facts += told
        self.due = next_wake(self.kind, self.state, around)
        return [each.data for each in told]


def _read(waiting: Waiting) -> Envelope:
    return _codec.decode(waiting.value, waiting.headers)
