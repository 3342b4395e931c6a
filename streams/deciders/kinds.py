"""What a kind of subject says of itself, and what every subject's state begins with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct, field

from events.envelope import Envelope
from events.fact import Fact
from events.registry import WIRE_TYPE
from streams.agreement.known import Known
from streams.deciders.told import Before, Refusal, Refused, Told
from streams.deciders.waiting import Waiting

REMEMBERED = 512
"""Fingerprints of accepted facts that a subject keeps; a second delivery comes soon, or not at all."""


class Subject(Struct, array_like=True):
    """What every subject's state begins with.

    Attributes:
        recorded_at: of the last fact, microseconds; never decreases.
        sequence: of the last fact.
        seen: short keyed hashes of the facts accepted last.
    """

    recorded_at: int = 0
    sequence: int = 0
    seen: list[int] = field(default_factory=list)


S = TypeVar("S", bound=Subject)


class Around(NamedTuple):
    """The circumstances of one decision.

    Attributes:
        known: the agreements published so far.
        at: the subject's time: recorded_at of the fact being decided, microseconds.
        subject: whose inbox it came to.
        secret: the deployment's key for hashes of personal keys.
    """

    known: Known
    at: int
    subject: str
    secret: bytes = b""


def no_command(_state: Subject, envelope: Envelope, _at: int, _around: Around) -> Refusal:
    """What a kind of subject answers that takes no commands."""
    return Refusal("unknown command", (f"{WIRE_TYPE[type(envelope.data)]} is nothing to it (type)",))


@dataclass(frozen=True)
class Kind(Generic[S]):
    """One kind of subject.

    Attributes:
        state: type of the state; without arguments it is that of a subject nobody has heard of.
        outside: facts that anyone may send.
        tasks: facts that only our own tasks send.
        evolve: changes the state by a canonical fact that happened at an instant (microseconds).
        react: what follows from a fact, after the state has changed by it.
        next_wake: the earliest instant at which the subject has something to say by itself.
        wake: what it says then.
        on_version: what it says when a version of an agreement takes effect; None when that is nothing to it.
        settle: a fact as the log takes it, completed by what is known when it comes, or why it is refused; given the
            state before it and when it happened, microseconds. What is early may wait where the kind keeps it.
        waiting: what waits with a subject, to be changed in place; None of a kind that lets nothing wait.
        commands: requests that anyone may send, and that are answered.
        answer: what follows from a command, why it is refused, or the facts that it has led to before; given the state,
            the command and its time, microseconds.
    """

    state: type[S]
    outside: frozenset[type[Fact]]
    tasks: frozenset[type[Fact]]
    evolve: Callable[[S, Envelope, int], None]
    react: Callable[[S, Envelope, int, Around], Sequence[Told]]
    next_wake: Callable[[S, Around], int | None] = lambda _state, _around: None
    wake: Callable[[S, int, Around], Sequence[Told]] = lambda _state, _due, _around: ()
    on_version: Callable[[S, int, Around], Sequence[Told]] | None = None
    settle: Callable[[S, Envelope, int, Around], Envelope | Refused] = lambda _state, envelope, _at, _around: envelope
    waiting: Callable[[S], list[Waiting]] | None = None
    commands: frozenset[type[Fact]] = frozenset()
    answer: Callable[[S, Envelope, int, Around], Sequence[Told] | Refusal | Before] = no_command
