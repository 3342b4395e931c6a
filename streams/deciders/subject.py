"""What is decided about other subjects than leads: accounts, pools, keys of identity. One shape for all of them.

A kind of subject says what it takes, how a fact changes its state, and what it answers. The state is the fold of its
canonical log, as a lead's is.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from events.agreement import CommandAnswered
from events.envelope import Envelope
from events.fact import Fact
from events.ids import derived_id
from events.instants import from_us, to_us
from events.sources import OWN_SOURCE
from streams.deciders.envelopes import canonical, derived, id_of, nth_id, read_back
from streams.deciders.kinds import REMEMBERED, Around, Kind, S, Subject
from streams.deciders.told import Before, Decided, Early, Refusal, Refused, Told
from streams.deciders.waiting import Waiting, until

__all__ = ["REMEMBERED", "Around", "Kind", "S", "Subject"]


class LetIn(NamedTuple):
    """What became of a fact that waited.

    Attributes:
        waited: the fact.
        told: the canonical facts that follow from it, that one first.
        refused: why it is not taken, where it is not.
    """

    waited: Waiting
    told: Sequence[Envelope] = ()
    refused: Refused | None = None


def is_duplicate(state: Subject, mark: int) -> bool:
    """Whether a fact of this fingerprint was accepted not long ago."""
    return mark in state.seen


def waiting_with(kind: Kind[S], state: S) -> list[Waiting]:
    """What waits with a subject, to be changed in place where the kind lets anything wait."""
    return [] if kind.waiting is None else kind.waiting(state)


def next_wake(kind: Kind[S], state: S, around: Around) -> int | None:
    """The earliest instant at which a subject has something to say or something has waited enough, microseconds."""
    dues = (kind.next_wake(state, around), until(waiting_with(kind, state)))
    return min((due for due in dues if due is not None), default=None)


def settle(kind: Kind[S], state: S, envelope: Envelope, around: Around) -> Envelope | Refused:
    """A new fact as it is to be decided, or why it is refused; the state stays as it is."""
    return kind.settle(state, envelope, to_us(envelope.time), around)


def decide(kind: Kind[S], state: S, envelope: Envelope, mark: int, around: Around) -> list[Envelope]:
    """The canonical facts that follow from a new, settled fact, that one first; the state is changed accordingly."""
    at = to_us(envelope.time)
    recorded_at = envelope.time if at == around.at else from_us(around.at)
    first = canonical(envelope, recorded_at, state.sequence + 1)
    _note(state, around.at, mark)
    kind.evolve(state, first, at)
    cause = _Cause(envelope.id, _name(envelope))
    return [first, *_follow(kind, state, kind.react(state, first, at, around), cause, around)]


def let_in(kind: Kind[S], state: S, around: Around, read: Callable[[Waiting], Envelope]) -> Iterator[LetIn]:
    """Decide what waits, in order, as soon as it is early no more; the state is changed accordingly, step by step."""
    waiting = waiting_with(kind, state)
    while waiting:
        first = waiting[0]
        settled = settle(kind, state, read(first), around)
        if isinstance(settled, Early):
            return
        del waiting[0]
        if isinstance(settled, Refused):
            yield LetIn(first, refused=settled)
        else:
            yield LetIn(first, decide(kind, state, settled, first.mark, around))


TOO_LARGE = Refusal("subject too large", ("what is known of it is as much as one may be",))
"""Why a command is refused that has no room for what would follow."""


def command(kind: Kind[S], state: S, envelope: Envelope, around: Around, *, has_room: bool = True) -> Decided:
    """Answer a command; the state is changed accordingly.

    Nothing but the facts is kept of it. So one that comes again is known by the facts it has led to, and one that was
    refused is decided anew.

    Args:
        kind: of the subject.
        state: it is changed.
        envelope: the command.
        around: the circumstances.
        has_room: the state can still grow by what would follow.
    """
    found = kind.answer(state, envelope, to_us(envelope.time), around)
    if isinstance(found, Before):
        return Decided([], CommandAnswered(command=envelope.id, accepted=True, facts=found.facts))
    if not isinstance(found, Refusal) and not has_room:
        found = TOO_LARGE
    if isinstance(found, Refusal):
        refused = CommandAnswered(command=envelope.id, accepted=False, reason=found.reason, missing=found.missing)
        return Decided([], refused)
    told = _follow(kind, state, found, _Cause(envelope.id, _name(envelope)), around)
    facts = tuple(each.id for each in told)
    return Decided(told, CommandAnswered(command=envelope.id, accepted=True, facts=facts))


def first_id(envelope: Envelope, subject: str, fact: type[Fact]) -> str:
    """The id of the first fact that follows from another one, or from a command."""
    return nth_id(fact, subject, _name(envelope), 1)


def wake(kind: Kind[S], state: S, due: int, around: Around) -> list[Envelope]:
    """The canonical facts that the passing of `due` brings about; the state is changed accordingly."""
    passing = derived_id(around.subject, "deadline", str(due))
    cause = _Cause(passing, f"{OWN_SOURCE}\x1f{passing}")
    return _follow(kind, state, kind.wake(state, due, around), cause, around)


def move(kind: Kind[S], state: S, at: int, around: Around) -> list[Envelope]:
    """The canonical facts that follow when a version of an agreement takes effect; the state is changed accordingly."""
    if kind.on_version is None:
        return []
    passing = derived_id(around.subject, "version", str(at))
    cause = _Cause(passing, f"{OWN_SOURCE}\x1f{passing}")
    return _follow(kind, state, kind.on_version(state, at, around), cause, around)


def fold(kind: Kind[S], state: S, envelope: Envelope, secret: bytes = b"") -> None:
    """Change the state by one fact of the canonical log."""
    recorded_at, mark = read_back(envelope, state.recorded_at, secret)
    _note(state, recorded_at, mark)
    kind.evolve(state, envelope, to_us(envelope.time))


class _Cause(NamedTuple):
    """What brought facts about: its id, and what their ids follow from."""

    id: str
    name: str


def _name(envelope: Envelope) -> str:
    return f"{envelope.source}\x1f{envelope.id}"


def _note(state: Subject, recorded_at: int, mark: int | None) -> None:
    """One more fact."""
    state.recorded_at = recorded_at
    state.sequence += 1
    if mark is not None:
        state.seen.append(mark)
        del state.seen[:-REMEMBERED]


def _follow(kind: Kind[S], state: S, answers: Sequence[Told], cause: _Cause, around: Around) -> list[Envelope]:
    """Take in what was answered, each answer with all that follows from it, before the next one."""
    told: list[Envelope] = []
    if not answers:
        return told
    waiting, recorded_at = list(answers), from_us(around.at)
    while waiting:
        answer = waiting.pop(0)
        envelope = derived(
            answer,
            subject=around.subject,
            cause_id=cause.id,
            fact_id=id_of(answer, around.subject, cause.name, len(told) + 1),
            time=recorded_at if answer.at == around.at else from_us(answer.at),
            recorded_at=recorded_at,
            sequence=state.sequence + 1,
        )
        _note(state, around.at, None)
        kind.evolve(state, envelope, answer.at)
        told.append(envelope)
        waiting[:0] = kind.react(state, envelope, answer.at, around)
    return told
