"""What became of every version of every agreement, from the facts about them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from events.agreement import (
    AgreementFact,
    AgreementProposed,
    AgreementPublished,
    AgreementRetired,
    AgreementSigned,
    Side,
    Signature,
)
from events.envelope import Envelope
from events.fact import Document
from events.instants import to_us
from streams.agreement.described.items import every
from streams.deciders.agreement.proposing import digest_of

SIDES: tuple[Side, ...] = ("marketing", "sales")


@dataclass(frozen=True, slots=True)
class Version:
    """A version as far as it has come; instants in microseconds.

    Attributes:
        name: the agreement's name.
        number: the version.
        effective_from: from when it governs, or would.
        document: the whole agreement without signatures.
        digest: what the signatures are for.
        signed: the signatures so far, marketing first.
        is_published: whether it is published.
        retired_from: from when it starts nothing more; None for never.
    """

    name: str
    number: int
    effective_from: int
    document: Document
    digest: str
    signed: tuple[Signature, ...] = ()
    is_published: bool = False
    retired_from: int | None = None

    def missing(self) -> tuple[Side, ...]:
        """The sides that have not signed."""
        there = {signature.side for signature in self.signed}
        return tuple(side for side in SIDES if side not in there)


class Versions:
    """All versions, by name and number.

    Args:
        told: the facts about agreements, in order.
    """

    def __init__(self, told: Iterable[Envelope]) -> None:
        found: dict[tuple[str, int], Version] = {}
        for envelope in told:
            fact = envelope.data
            if isinstance(fact, AgreementFact):
                key = fact.name, fact.version
                found[key] = _after(found.get(key), fact)
        self._found = dict(sorted(found.items()))

    def all(self) -> tuple[Version, ...]:
        """Every version."""
        return tuple(self._found.values())

    def of(self, name: str) -> tuple[Version, ...]:
        """The versions of an agreement, the first one first."""
        return tuple(version for version in self._found.values() if version.name == name)

    def get(self, name: str, number: int) -> Version | None:
        """One version."""
        return self._found.get((name, number))

    def last(self, name: str, *, published: bool) -> Version | None:
        """The last version that is published, or that is not."""
        return next((each for each in reversed(self.of(name)) if each.is_published is published), None)

    def in_force(self, name: str, at: int) -> Version | None:
        """The version by which leads of the agreement live at an instant, also when it is retired by then."""
        taking_effect = [
            each
            for each in self.of(name)
            if each.is_published
            and each.effective_from <= at
            and (each.retired_from is None or each.retired_from > each.effective_from)
        ]
        return max(taking_effect, key=lambda each: (each.effective_from, each.number), default=None)

    def state(self, version: Version, at: int) -> str:
        """How far a version has come at an instant, in a word or two."""
        if not version.is_published:
            last = self.last(version.name, published=True)
            if last is not None and last.number >= version.number:
                return "superseded"
            sides = [signature.side for signature in version.signed]
            return f"signed by {every(sides)}" if sides else "proposed"
        if version.retired_from is not None and version.retired_from <= max(at, version.effective_from):
            return "retired"
        if at < version.effective_from:
            return "published"
        return "in force" if self.in_force(version.name, at) is version else "superseded"


def _after(before: Version | None, fact: AgreementFact) -> Version:
    match fact:
        case AgreementProposed():
            return Version(fact.name, fact.version, to_us(fact.effective_from), fact.document, fact.digest)
        case AgreementSigned():
            assert before is not None, "decided: only what is proposed is signed"
            signature = Signature(side=fact.side, by=fact.by, at=fact.at)
            signed = sorted((*before.signed, signature), key=lambda each: each.side)
            return replace(before, signed=tuple(signed))
        case AgreementPublished():
            since, digest = to_us(fact.effective_from), digest_of(fact.document)
            return Version(fact.name, fact.version, since, fact.document, digest, fact.signed, is_published=True)
        case AgreementRetired():
            assert before is not None, "decided: only what is published is retired"
            return replace(before, retired_from=to_us(fact.retired_from))
