"""Decides a command about agreements; one answer for every command, also when it comes again."""

from typing import NamedTuple

from events.agreement import (
    AgreementCommand,
    AgreementFact,
    CommandAnswered,
    ProposeAgreement,
    PublishAgreement,
    RetireAgreement,
    SignAgreement,
)
from events.ids import derived_id
from events.registry import WIRE_TYPE
from streams.deciders.agreement.proposing import decide_propose, decide_sign
from streams.deciders.agreement.publishing import decide_publish
from streams.deciders.agreement.retiring import decide_retire
from streams.deciders.agreement.state import AgreementState, Answer, Proposed
from streams.deciders.told import Refusal, answer_to


class Made(NamedTuple):
    """A fact that a command leads to, and its id."""

    fact: AgreementFact
    id: str


class Decision(NamedTuple):
    """What a command leads to.

    Attributes:
        made: the facts; none when refused, when the command was answered before, and when all was known already.
        answer: what the sender is told.
    """

    made: tuple[Made, ...]
    answer: CommandAnswered


def decide(
    state: AgreementState, proposed: Proposed, command: AgreementCommand, at: int, *, command_id: str, subject: str
) -> Decision:
    """Answer a command.

    Args:
        state: what is remembered of all agreements.
        proposed: finds the proposal of a version.
        command: the command.
        at: its record time, microseconds.
        command_id: its id; a second command with the same id is answered like the first and brings nothing about.
        subject: its subject, which must be the agreement's name.
    """
    answered = state.answers.get(command_id)
    if answered is not None:
        return Decision((), answer_to(command_id, answered))
    decided = _decided(state, proposed, command, at, subject)
    if isinstance(decided, Refusal):
        return Decision(
            (), answer_to(command_id, Answer(accepted=False, reason=decided.reason, missing=decided.missing))
        )
    made = _named(decided, command_id, subject)
    facts = tuple(each.id for each in made) or _standing(proposed, command, subject)
    return Decision(made, answer_to(command_id, Answer(accepted=True, facts=facts)))


def _decided(
    state: AgreementState, proposed: Proposed, command: AgreementCommand, at: int, subject: str
) -> tuple[AgreementFact, ...] | Refusal:
    match command:
        case ProposeAgreement():
            return decide_propose(state, proposed, command, at, subject)
        case SignAgreement():
            return decide_sign(state, proposed, command, at, subject)
        case PublishAgreement():
            published = decide_publish(state, proposed, command, at, subject)
            return published if isinstance(published, Refusal) else (published,)
        case RetireAgreement():
            retired = decide_retire(state, command, at, subject)
            return retired if isinstance(retired, Refusal) else (retired,)


def _named(facts: tuple[AgreementFact, ...], command_id: str, subject: str) -> tuple[Made, ...]:
    seen: dict[str, int] = {}
    made = []
    for fact in facts:
        kind = WIRE_TYPE[type(fact)]
        number = seen[kind] = seen.get(kind, -1) + 1
        made.append(Made(fact, derived_id(subject, command_id, kind, str(number))))
    return tuple(made)


def _standing(proposed: Proposed, command: AgreementCommand, subject: str) -> tuple[str, ...]:
    """The facts that say already what a command asks for."""
    version = command.document.get("version") if isinstance(command, ProposeAgreement) else command.version
    proposal = proposed(subject, version) if isinstance(version, int) else None
    if proposal is None:
        return ()
    if isinstance(command, SignAgreement):
        return (proposal.signed[command.side].fact,)
    return (proposal.fact, *(each.fact for each in proposal.signed.values()))
