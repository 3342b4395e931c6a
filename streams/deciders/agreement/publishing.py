"""Decides whether a version may take effect."""

from events.agreement import AgreementPublished, PublishAgreement, Side, Signature
from events.instants import from_us, iso
from streams.agreement.grammar import AgreementSpec
from streams.agreement.texts import instant_us
from streams.deciders.agreement.proposing import changed, digest_of, signed_otherwise_in, without_signatures
from streams.deciders.agreement.refusals import (
    Objection,
    not_newer,
    read,
    refused,
    too_early,
    wrong_subject,
)
from streams.deciders.agreement.state import AgreementState, Proposal, Proposed
from streams.deciders.told import Refusal

_SIDES: tuple[Side, ...] = ("marketing", "sales")


def decide_publish(
    state: AgreementState, proposed: Proposed, command: PublishAgreement, at: int, subject: str
) -> AgreementPublished | Refusal:
    """Whether a document, or a proposed version, may take effect.

    Args:
        state: what is remembered.
        proposed: finds proposals; signatures under the same document count.
        command: the command.
        at: its record time, microseconds.
        subject: its subject.

    Returns:
        The fact, or why not: the document is no agreement that can be carried out; there is no such proposal; a side
        has not signed, or signed another document; the version is not newer than the last one; it would take effect
        less than a minute after the command (any date is allowed before the first lead).
    """
    spec = _meant(state, proposed, command, at, subject)
    if isinstance(spec, Refusal):
        return spec
    unsigned = without_signatures(spec)
    digest = digest_of(unsigned)
    proposal = proposed(spec.agreement, spec.version)
    under = proposal if proposal is not None and proposal.digest == digest else None
    signed = _signatures(spec, under, command, at)
    objections = [
        *wrong_subject(spec, subject),
        *_unsigned(command, signed),
        *not_newer(state, spec.agreement, spec.version),
        *too_early(spec, at, command.before_first_lead),
        *changed(proposal, digest),
        *signed_otherwise_in(spec, under),
    ]
    if objections:
        return refused(objections)
    return AgreementPublished(
        name=spec.agreement,
        version=spec.version,
        effective_from=from_us(instant_us(spec.effective_from)),
        priority=spec.priority,
        signed=signed,
        document=unsigned,
    )


def _meant(
    state: AgreementState, proposed: Proposed, command: PublishAgreement, at: int, subject: str
) -> AgreementSpec | Refusal:
    if (command.document is None) == (command.version is None):
        return Refusal("invalid command", ("expected either a document or the version of a proposal",))
    if command.document is not None:
        return read(command.document, at)
    assert command.version is not None
    proposal = proposed(subject, command.version)
    if proposal is not None:
        return read(proposal.document, at)
    if outdated := not_newer(state, subject, command.version):
        return refused(outdated)
    return Refusal("unknown version", (f"version {command.version} of {subject!r} is not proposed",))


def _signatures(
    spec: AgreementSpec, under: Proposal | None, command: PublishAgreement, at: int
) -> tuple[Signature, ...]:
    found = {part.side: Signature(side=part.side, by=part.by, at=part.at) for part in spec.signed}
    if under is not None:
        found.update({side: Signature(side=side, by=each.by, at=each.at) for side, each in under.signed.items()})
    if command.signed_as and command.before_first_lead:
        for side in _SIDES:
            found.setdefault(side, Signature(side=side, by=command.signed_as, at=iso(at)))
    return tuple(found[side] for side in sorted(found))


def _unsigned(command: PublishAgreement, signed: tuple[Signature, ...]) -> list[Objection]:
    if command.signed_as and not command.before_first_lead:
        return [("unsigned", "one name may sign for both sides only before the first lead")]
    sides = {signature.side for signature in signed}
    return [("unsigned", f"the signature of {side} is missing") for side in _SIDES if side not in sides]
