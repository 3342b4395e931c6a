"""Decides whether an agreement may be published; one answer for every command, also when it comes again."""

from typing import NamedTuple

import msgspec
from msgspec import Struct, field

from events.agreement import AgreementPublished, CommandAnswered, PublishAgreement, Signature
from events.ids import derived_id
from events.instants import SECOND, from_us, iso
from events.registry import WIRE_TYPE
from streams.agreement.grammar import AgreementSpec
from streams.agreement.load import document, from_document
from streams.agreement.problems import AgreementError
from streams.agreement.texts import instant_us

NOTICE_US = 60 * SECOND
"""How long before it takes effect a version must be published, so that every partition sees it in time."""

_SIDES = ("marketing", "sales")
_MOST_PROBLEMS = 50
_LONGEST = 1000


class Answer(Struct, frozen=True, array_like=True, gc=False):
    """What a command was answered; kept for ever, so that a command that comes again changes nothing."""

    accepted: bool
    facts: tuple[str, ...] = ()
    reason: str | None = None
    missing: tuple[str, ...] = ()


class AgreementState(Struct, array_like=True):
    """What the decider remembers.

    Attributes:
        versions: name of the agreement to its last published version.
        answers: command id to the answer.
    """

    versions: dict[str, int] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)


class Refusal(NamedTuple):
    """Why a command is refused.

    Attributes:
        reason: in short.
        missing: what is missing or wrong, one entry each.
    """

    reason: str
    missing: tuple[str, ...] = ()


class Decision(NamedTuple):
    """What a command leads to.

    Attributes:
        fact: the published version; None when refused, and when the command was answered before.
        fact_id: id of that fact; empty without one.
        answer: what the sender is told.
    """

    fact: AgreementPublished | None
    fact_id: str
    answer: CommandAnswered


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(AgreementState)


def encode(state: AgreementState) -> bytes:
    """The state as bytes; what was remembered first stands first."""
    return _encoder.encode(state)


def decode(stored: bytes | None) -> AgreementState:
    """The state behind bytes; an empty one where nothing is stored."""
    return AgreementState() if stored is None else _decoder.decode(stored)


def decide(state: AgreementState, command: PublishAgreement, command_id: str, at: int, subject: str) -> Decision:
    """Answer a command to publish.

    Args:
        state: what is remembered.
        command: the command.
        command_id: its id; a second command with the same id is answered like the first and publishes nothing.
        at: record time of the command, microseconds.
        subject: subject of the command, which must be the agreement's name.
    """
    answered = state.answers.get(command_id)
    if answered is not None:
        return Decision(None, "", _told(command_id, answered))
    decided = decide_publish(state.versions, command, at)
    if isinstance(decided, AgreementPublished) and decided.name != subject:
        decided = Refusal("wrong subject", (f"the command is about {subject!r}, its document about {decided.name!r}",))
    if isinstance(decided, Refusal):
        answer = Answer(accepted=False, reason=decided.reason, missing=decided.missing)
        return Decision(None, "", _told(command_id, answer))
    fact_id = derived_id(subject, command_id, WIRE_TYPE[AgreementPublished], "0")
    return Decision(decided, fact_id, _told(command_id, Answer(accepted=True, facts=(fact_id,))))


def evolve(state: AgreementState, fact: AgreementPublished | CommandAnswered) -> None:
    """Remember a published version, or an answer."""
    if isinstance(fact, AgreementPublished):
        state.versions[fact.name] = max(fact.version, state.versions.get(fact.name, 0))
    else:
        state.answers[fact.command] = Answer(fact.accepted, fact.facts, fact.reason, fact.missing)


def decide_publish(versions: dict[str, int], command: PublishAgreement, at: int) -> AgreementPublished | Refusal:
    """Whether the document may take effect.

    Args:
        versions: name of the agreement to its last published version.
        command: the command.
        at: its record time, microseconds.

    Returns:
        The fact, or why not: the document is no agreement that can be carried out; a side has not signed; the version
        is not newer than the last one; it would take effect less than a minute after the command (any date is allowed
        before the first lead).
    """
    try:
        spec = from_document(command.document)
    except AgreementError as error:
        return Refusal("invalid document", _shortened([problem.text() for problem in error.problems]))
    signed = _signatures(spec, command, at)
    objections = [*_unsigned(command, signed), *_outdated(versions, spec), *_retroactive(command, spec, at)]
    if objections:
        return Refusal(objections[0][0], tuple(words for _, words in objections))
    return AgreementPublished(
        name=spec.agreement,
        version=spec.version,
        effective_from=from_us(instant_us(spec.effective_from)),
        priority=spec.priority,
        signed=signed,
        # Names of people stand in `signed` only, where the codec knows that they are personal.
        document=document(spec.model_copy(update={"signed": ()})),
    )


def _signatures(spec: AgreementSpec, command: PublishAgreement, at: int) -> tuple[Signature, ...]:
    found = {part.side: Signature(side=part.side, by=part.by, at=part.at) for part in spec.signed}
    if command.signed_as and command.before_first_lead:
        found["marketing"] = found.get("marketing") or Signature(side="marketing", by=command.signed_as, at=iso(at))
        found["sales"] = found.get("sales") or Signature(side="sales", by=command.signed_as, at=iso(at))
    return tuple(found[side] for side in sorted(found))


def _unsigned(command: PublishAgreement, signed: tuple[Signature, ...]) -> list[tuple[str, str]]:
    if command.signed_as and not command.before_first_lead:
        return [("unsigned", "one name may sign for both sides only before the first lead")]
    sides = {signature.side for signature in signed}
    return [("unsigned", f"the signature of {side} is missing") for side in _SIDES if side not in sides]


def _outdated(versions: dict[str, int], spec: AgreementSpec) -> list[tuple[str, str]]:
    last = versions.get(spec.agreement, 0)
    if spec.version > last:
        return []
    return [("not newer", f"version {spec.version} of {spec.agreement!r} is not above {last}, the last published one")]


def _retroactive(command: PublishAgreement, spec: AgreementSpec, at: int) -> list[tuple[str, str]]:
    earliest = at + NOTICE_US
    if command.before_first_lead or instant_us(spec.effective_from) >= earliest:
        return []
    return [("retroactive", f"effective_from {spec.effective_from} is before {iso(earliest)}, the earliest it may be")]


def _shortened(problems: list[str]) -> tuple[str, ...]:
    shown = tuple(problem[:_LONGEST] for problem in problems[:_MOST_PROBLEMS])
    more = len(problems) - len(shown)
    return (*shown, f"and {more} more") if more else shown


def _told(command_id: str, answer: Answer) -> CommandAnswered:
    return CommandAnswered(
        command=command_id,
        accepted=answer.accepted,
        facts=answer.facts,
        reason=answer.reason,
        missing=answer.missing,
    )
