"""Decides what may be proposed, and who may sign it."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

import msgspec

from events.agreement import AgreementProposed, AgreementSigned, ProposeAgreement, Side, SignAgreement
from events.fact import Document
from events.instants import from_us, iso
from streams.agreement.doubts import ahead, is_ahead
from streams.agreement.grammar import AgreementSpec
from streams.agreement.load import document
from streams.agreement.texts import instant_us
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

_encode = msgspec.json.Encoder(order="sorted").encode


def digest_of(unsigned: Document) -> str:
    """What a signature is for: SHA-256 of the document as JSON with sorted keys, in hexadecimal."""
    return sha256(_encode(unsigned)).hexdigest()


def without_signatures(spec: AgreementSpec) -> Document:
    """The document that is signed. Names of people stand in facts only where the codec knows they are personal."""
    return document(spec.model_copy(update={"signed": ()}))


def decide_propose(
    state: AgreementState, proposed: Proposed, command: ProposeAgreement, at: int, subject: str
) -> tuple[AgreementProposed | AgreementSigned, ...] | Refusal:
    """The proposal, and the signatures that its document carries; nothing where all of it is known already.

    Args:
        state: what is remembered.
        proposed: finds proposals.
        command: the command.
        at: its record time, microseconds.
        subject: its subject.
    """
    spec = read(command.document, at)
    if isinstance(spec, Refusal):
        return spec
    unsigned = without_signatures(spec)
    digest = digest_of(unsigned)
    before = proposed(spec.agreement, spec.version)
    same = before is not None and before.digest == digest
    objections = [
        *wrong_subject(spec, subject),
        *not_newer(state, spec.agreement, spec.version),
        *too_early(spec, at, command.before_first_lead),
        *changed(before, digest),
        *signed_otherwise_in(spec, before if same else None),
    ]
    if objections:
        return refused(objections)
    proposal = AgreementProposed(
        name=spec.agreement,
        version=spec.version,
        effective_from=from_us(instant_us(spec.effective_from)),
        document=unsigned,
        digest=digest,
    )
    return (*(() if same else (proposal,)), *_signatures(spec, digest, before))


def decide_sign(
    state: AgreementState, proposed: Proposed, command: SignAgreement, at: int, subject: str
) -> tuple[AgreementSigned, ...] | Refusal:
    """The signature; nothing where the side has signed by that name already.

    Args:
        state: what is remembered.
        proposed: finds proposals.
        command: the command.
        at: its record time, microseconds.
        subject: its subject, the agreement.
    """
    proposal = proposed(subject, command.version)
    if proposal is None:
        return _not_proposed(state, subject, command.version)
    objections = list(_flaws(proposal, command, at, subject))
    if objections:
        return refused(objections)
    if command.side in proposal.signed:
        return ()
    return (
        AgreementSigned(
            name=subject,
            version=command.version,
            side=command.side,
            by=command.by,
            at=command.at or iso(at),
            digest=proposal.digest,
        ),
    )


def _not_proposed(state: AgreementState, name: str, version: int) -> Refusal:
    if state.is_published(name, version):
        return Refusal("published", (f"version {version} of {name!r} is published already",))
    return Refusal("unknown version", (f"version {version} of {name!r} is not proposed",))


def _flaws(proposal: Proposal, command: SignAgreement, at: int, name: str) -> Iterator[Objection]:
    if not command.by:
        yield "unsigned", "a signature needs a name"
    if command.at is not None and not _is_date(command.at):
        yield "invalid date", f"expected a date or an instant such as 2026-03-20, found {command.at!r}"
    elif command.at is not None and is_ahead(command.at, at):
        yield "invalid date", ahead(command.at, at)
    if command.digest not in (None, proposal.digest):
        yield "changed", f"version {command.version} of {name!r} was proposed anew since it was read; read it again"
    if otherwise := signed_otherwise(proposal, command.side, command.by):
        yield otherwise


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def changed(before: Proposal | None, digest: str) -> list[Objection]:
    """What a side has signed stays as it is."""
    if before is None or before.digest == digest or not before.signed:
        return []
    sides = " and ".join(sorted(before.signed))
    return [("changed after a signature", f"{sides} signed another document; propose the next version instead")]


def signed_otherwise(proposal: Proposal, side: Side, by: str) -> Objection | None:
    """A side signs once."""
    signed = proposal.signed.get(side)
    if signed is None or signed.by == by:
        return None
    return "signed already", f"{side} has signed already, by another name"


def signed_otherwise_in(spec: AgreementSpec, under: Proposal | None) -> Iterator[Objection]:
    """Signatures of a document that contradict those under the same proposal."""
    for part in spec.signed:
        if under is not None and (otherwise := signed_otherwise(under, part.side, part.by)):
            yield otherwise


def _signatures(spec: AgreementSpec, digest: str, before: Proposal | None) -> Iterator[AgreementSigned]:
    for part in spec.signed:
        if before is None or part.side not in before.signed:
            yield AgreementSigned(
                name=spec.agreement, version=spec.version, side=part.side, by=part.by, at=part.at, digest=digest
            )
