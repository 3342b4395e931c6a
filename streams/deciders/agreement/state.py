"""What the decider about agreements remembers, and how facts change it."""

from collections.abc import Callable

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from events.agreement import (
    AgreementProposed,
    AgreementPublished,
    AgreementRetired,
    AgreementSigned,
    CommandAnswered,
    Side,
)
from events.fact import Document
from events.instants import to_us

MOST_REFUSALS = 500
"""How many refusals are remembered. A refused command that comes again after that many is decided anew."""
MOST_REFUSAL_BYTES = 200_000
"""How many bytes all refusals together may take."""
_MOST_PROBLEMS = 10
_LONGEST = 200


class Answer(Struct, frozen=True, array_like=True, gc=False):
    """What a command was answered, so that a command that comes again changes nothing.

    What was accepted is kept for ever, refusals shortened and only the last ones: they hold what senders wrote, and all
    answers stand in one record.
    """

    accepted: bool
    facts: tuple[str, ...] = ()
    reason: str | None = None
    missing: tuple[str, ...] = ()


class AgreementState(Struct, array_like=True):
    """What is remembered of all agreements.

    Attributes:
        versions: name of the agreement to its last published version.
        answers: command id to the answer.
        published: name to its published versions, each with the instant from which it is retired, in microseconds.
    """

    versions: dict[str, int] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    published: dict[str, dict[int, int | None]] = field(default_factory=dict)

    def is_published(self, name: str, version: int) -> bool:
        """Whether a version is among the published ones. Before versions could be retired only the last was kept."""
        return version in self.published.get(name, ()) or version == self.versions.get(name)

    def retired_from(self, name: str, version: int) -> int | None:
        """From when a version is retired, in microseconds."""
        return self.published.get(name, {}).get(version)


class Signed(Struct, frozen=True, array_like=True, gc=False):
    """A signature under a proposal.

    Attributes:
        by: who signed.
        at: the date or instant, as written.
        fact: id of the fact.
    """

    by: str
    at: str
    fact: str


class Proposal(Struct, frozen=True, array_like=True):
    """A version that both sides may sign, until it is published.

    Attributes:
        document: the whole agreement without signatures.
        digest: what the signatures are for.
        fact: id of the fact that proposed it.
        signed: side to its signature.
    """

    document: Document
    digest: str
    fact: str
    signed: dict[Side, Signed] = {}


Proposed = Callable[[str, int], Proposal | None]
"""Finds the proposal of an agreement's version."""

_MARK = b"\xc1"
"""The one byte that no MessagePack begins with."""
_encode = msgspec.msgpack.Encoder().encode
_state = msgspec.msgpack.Decoder(AgreementState)
_proposal = msgspec.msgpack.Decoder(Proposal)


def encode(state: AgreementState | Proposal) -> bytes:
    """A state as bytes; what was remembered first stands first."""
    return _MARK + _encode(state) if isinstance(state, Proposal) else _encode(state)


def decode(stored: bytes) -> AgreementState | Proposal:
    """The state behind bytes."""
    return _proposal.decode(stored[1:]) if stored.startswith(_MARK) else _state.decode(stored)


def evolve(state: AgreementState, fact: AgreementPublished | AgreementRetired | CommandAnswered) -> None:
    """Remember a published version, its end, or an answer."""
    match fact:
        case AgreementPublished():
            state.versions[fact.name] = max(fact.version, state.versions.get(fact.name, 0))
            state.published.setdefault(fact.name, {})[fact.version] = None
        case AgreementRetired():
            state.published.setdefault(fact.name, {})[fact.version] = to_us(fact.retired_from)
        case CommandAnswered():
            if fact.command not in state.answers:
                missing = fact.missing if fact.accepted else _shortened(fact.missing)
                state.answers[fact.command] = Answer(fact.accepted, fact.facts, fact.reason, missing)
                _forget(state.answers)


def _shortened(problems: tuple[str, ...]) -> tuple[str, ...]:
    shown = tuple(problem[:_LONGEST] for problem in problems[:_MOST_PROBLEMS])
    more = len(problems) - len(shown)
    return (*shown, f"and {more} more") if more else shown


def _forget(answers: dict[str, Answer]) -> None:
    """Forget the oldest refusals that are too many; those that were kept whole before are too."""
    count = size = 0
    for command in reversed(list(answers)):
        answer = answers[command]
        if answer.accepted:
            continue
        count, size = count + 1, size + len(_encode((command, answer)))
        if count > MOST_REFUSALS or size > MOST_REFUSAL_BYTES:
            del answers[command]


def proposal_after(
    before: Proposal | None, fact: AgreementProposed | AgreementSigned | AgreementPublished, fact_id: str
) -> Proposal | None:
    """The proposal of a version after a fact about it; None once it is published."""
    match fact:
        case AgreementProposed():
            return Proposal(fact.document, fact.digest, fact_id)
        case AgreementSigned():
            assert before is not None, "decided: only what is proposed is signed"
            return replace(before, signed={**before.signed, fact.side: Signed(fact.by, fact.at, fact_id)})
        case AgreementPublished():
            return None
