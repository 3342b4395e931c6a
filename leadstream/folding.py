"""What the facts say: every kind of subject folded from its canonical log, as its task would keep it."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from engine.ports import EventLog, GroupSpec
from engine.reading import records_of
from engine.state import unpack
from events.codec import Codec
from events.envelope import Envelope
from events.topics import LEAD_EVENTS
from leadstream.compared import Compared
from streams.agents.lead_bytes import dump_lead, load_lead
from streams.agreement.known import Known
from streams.deciders import subject
from streams.deciders.lead import evolve
from streams.deciders.lead.given import Given, Kept, Live
from streams.deciders.lead.state import Lead
from streams.deciders.lead.wake import latest_wake, next_wake
from streams.deciders.subject import Around
from streams.programs import LEADS, SUBJECTS, Subjects

_encode = msgspec.msgpack.Encoder().encode
_NOTHING: Mapping[bytes, bytes] = MappingProxyType({})


class ToldState(NamedTuple):
    """A subject folded from its facts.

    Attributes:
        raw: the bytes of its state.
        wake: its next deadline; what decays gives a lower bound.
        latest: asks for that deadline exactly.
        as_told: the bytes of a kept state as the facts alone would have them, in the present format; raises
            `msgspec.DecodeError` where they are no state.
        beside: this state, with what a state that was kept so far holds besides what the facts say.
    """

    raw: bytes
    wake: int | None
    latest: Callable[[], int | None]
    as_told: Callable[[bytes], bytes]
    beside: Callable[[bytes | None], bytes]

    def is_kept_as(self, raw: bytes) -> bool:
        """Whether a kept state is this one, byte for byte."""
        if raw == self.raw:
            return True
        try:
            return self.as_told(raw) == self.raw
        except msgspec.DecodeError:
            return False

    def holds(self, wake: int | None, passed: int) -> bool:
        """Whether a subject may be woken then, where partition time has passed so far.

        Too early, for a lower bound of a decay, but never too late, and never after it is due. There are many lower
        bounds: which one a worker kept depends on when it asked. So what is later than ours is held against the exact
        instant.
        """
        if wake == self.wake:
            return True
        if wake is None or wake < passed:
            return False
        if self.wake is None or wake < self.wake:
            return True
        latest = self.latest()
        return latest is None or wake <= latest


class Folding(NamedTuple):
    """How one kind of subject is folded.

    Attributes:
        subject: what one of them is called.
        group: its task group.
        log: its canonical log.
        initial: the state before the first fact.
        fold: changes a state by one fact.
        told: what a folded state says, given the agreements, its name and how far partition time has passed.
        waits: takes over what waits with the state that was kept so far, which no fact tells; whether anything does.
    """

    subject: str
    group: GroupSpec
    log: str
    initial: Callable[[], Any]
    fold: Callable[[Any, Envelope], None]
    told: Callable[[Any, Known, str, int], ToldState]
    waits: Callable[[Any, bytes], bool] = lambda _state, _kept: False

    async def folded(
        self, log: EventLog, partition: int, codec: Codec, done: Compared, kept: Mapping[bytes, bytes] = _NOTHING
    ) -> dict[bytes, Any]:
        """Every subject of a partition as its canonical facts tell it; facts out of order are named in `done`.

        Args:
            log: the log.
            partition: of the canonical log.
            codec: bytes to facts.
            done: what was compared so far.
            kept: values of the changelog by key. What waits with them is with the folded states, too; so there are
                subjects of which no fact tells yet.
        """
        states: dict[bytes, Any] = {}
        async for record in records_of(log, self.log, partition):
            envelope = codec.decode(record.value)
            key = record.key or b""
            state = states.get(key)
            if state is None:
                state = states[key] = self.initial()
            before, sequence = state.recorded_at, state.sequence
            self.fold(state, envelope)
            in_order = envelope.sequence == f"{sequence + 1:010d}" and state.recorded_at >= before
            done.add("fact order", in_order, f"{self.log}-{partition} @{record.offset}: out of order for {key!r}")
        for key, value in kept.items():
            if key[:1] != b"\0" and self.waits(state := states.get(key) or self.initial(), unpack(value)[1]):
                states[key] = state
        return states


def foldings(secret: bytes) -> tuple[Folding, ...]:
    """Leads first, then all other subjects.

    Args:
        secret: the deployment's key for hashes of personal keys.
    """
    leads = Folding("lead", LEADS, LEAD_EVENTS, Lead, partial(_fold_lead, secret), told_state)
    return leads, *(_folding(each, secret) for each in SUBJECTS)


def told_state(lead: Lead, known: Known, name: str, passed: int) -> ToldState:
    """The state and the next deadline of a lead folded from its facts, where partition time has passed so far."""
    raw = dump_lead(lead)
    at = max(lead.recorded_at, passed - 1)  # what was due before has fired, what is due now has not
    given = Given(known, at, at, name)
    # From the fold and not from what is kept: bytes that are no state at all must be named, not tripped over.
    live = Live(lead=load_lead(raw), kept=Kept())
    return ToldState(
        raw, next_wake(live, given), lambda: latest_wake(live, given), _without_answers, partial(_with_answers, raw)
    )


def _fold_lead(secret: bytes, lead: Lead, envelope: Envelope) -> None:
    evolve.fold(lead, envelope, secret)


def _without_answers(raw: bytes) -> bytes:
    """A lead's bytes without its answers to commands, which follow from the inbox and not from the facts."""
    lead = load_lead(raw)
    lead.answers = []
    return dump_lead(lead)


def _with_answers(raw: bytes, kept: bytes | None) -> bytes:
    """A lead's bytes with the answers to commands of the state that was kept so far."""
    try:
        answers = [] if kept is None else load_lead(kept).answers
    except msgspec.DecodeError:
        answers = []
    if not answers:
        return raw
    lead = load_lead(raw)
    lead.answers = answers
    return dump_lead(lead)


def _folding(subjects: Subjects, secret: bytes) -> Folding:
    group, log, kind = subjects
    decode = msgspec.msgpack.Decoder(kind.state).decode

    def fold(state: Any, envelope: Envelope) -> None:
        subject.fold(kind, state, envelope, secret)

    def told(state: Any, known: Known, name: str, passed: int) -> ToldState:
        raw = _encode(state)
        due = subject.next_wake(kind, state, Around(known, max(state.recorded_at, passed - 1), name, secret))
        return ToldState(raw, due, lambda: due, lambda kept: _encode(decode(kept)), lambda _kept: raw)

    def waits(state: Any, kept: bytes) -> bool:
        if kind.waiting is None:
            return False
        try:
            waiting = kind.waiting(decode(kept))
        except msgspec.DecodeError:
            return False
        kind.waiting(state)[:] = waiting
        return bool(waiting)

    return Folding(group.name.removesuffix("s"), group, log, kind.state, fold, told, waits)
