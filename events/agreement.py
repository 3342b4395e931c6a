"""Facts and commands about the agreement between marketing and sales."""

from typing import Literal

from msgspec import Struct

from events.fact import Count, Document, Fact, Identifier, Instant, Name, PersonalText, Text, Whole

Side = Literal["marketing", "sales"]


class Signature(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One side's consent.

    Attributes:
        side: marketing or sales.
        by: who signed.
        at: the date or instant, as written.
    """

    side: Side
    by: PersonalText
    at: Text


class AgreementProposed(Fact, frozen=True, kw_only=True):
    """A version of an agreement is proposed: both sides may sign it. Nothing is governed by it yet.

    Attributes:
        name: the agreement's name, also the subject.
        version: 1, 2, 3 ...
        effective_from: from when it would govern what starts.
        document: the whole agreement without signatures, checked and with defaults filled in.
        digest: SHA-256 of the document as JSON with sorted keys, in hexadecimal: what the signatures are for.
    """

    name: Name
    version: Count
    effective_from: Instant
    document: Document
    digest: Identifier


class AgreementSigned(Fact, frozen=True, kw_only=True):
    """One side has signed a proposed version.

    Attributes:
        name: the agreement's name, also the subject.
        version: the version.
        side: marketing or sales.
        by: who signed.
        at: the date or instant, as written.
        digest: digest of the document that was signed.
    """

    name: Name
    version: Count
    side: Side
    by: PersonalText
    at: Text
    digest: Identifier


class AgreementPublished(Fact, frozen=True, kw_only=True):
    """A version of an agreement, signed by both sides, takes effect at `effective_from`.

    Attributes:
        name: the agreement's name, also the subject.
        version: 1, 2, 3 ...
        effective_from: from when it governs what starts.
        priority: which agreement wins where several match a lead: the highest, then the name.
        signed: both signatures.
        document: the whole agreement, checked and with defaults filled in.
    """

    name: Name
    version: Count
    effective_from: Instant
    priority: Whole = 0
    signed: tuple[Signature, ...] = ()
    document: Document


class AgreementRetired(Fact, frozen=True, kw_only=True):
    """A published version governs nothing that starts at `retired_from` or later. What runs keeps it to its end.

    Attributes:
        name: the agreement's name, also the subject.
        version: the version.
        retired_from: from when; not after its `effective_from` means that it never takes effect.
        by: who retired it.
    """

    name: Name
    version: Count
    retired_from: Instant
    by: PersonalText | None = None


class ProposeAgreement(Fact, frozen=True, kw_only=True):
    """Command: propose this document, so that both sides can sign it. Signatures in it are taken as well.

    Refused when it is no agreement, retroactive, not newer than the last published version, or when it changes a
    document that a side has signed.

    Attributes:
        document: the agreement as written.
        before_first_lead: the sender saw every partition of `lead-events` empty before it sent the command.
    """

    document: Document
    before_first_lead: bool = False


class SignAgreement(Fact, frozen=True, kw_only=True):
    """Command: sign a proposed version of the agreement that the subject names.

    Refused when there is no such proposal, when it is not the document that was read, or when the side has signed by
    another name.

    Attributes:
        version: the version.
        side: marketing or sales.
        by: who signs.
        at: the date or instant, as written; when the command is recorded if absent.
        digest: digest of the document that was read; any document if absent.
    """

    version: Count
    side: Side
    by: PersonalText
    at: Text | None = None
    digest: Identifier | None = None


class PublishAgreement(Fact, frozen=True, kw_only=True):
    """Command: publish this document, or the proposed version of the agreement that the subject names.

    Refused when unsigned, retroactive or not newer than the last version, and when there is no such proposal.

    Attributes:
        document: the agreement as written; absent where a proposed version is meant.
        before_first_lead: the sender saw every partition of `lead-events` empty before it sent the command.
        signed_as: name that signs for both sides; allowed only before the first lead.
        version: the proposed version; absent where the document is given.
    """

    document: Document | None = None
    before_first_lead: bool = False
    signed_as: PersonalText | None = None
    version: Count | None = None


class RetireAgreement(Fact, frozen=True, kw_only=True):
    """Command: retire a published version of the agreement that the subject names.

    Refused when there is no such version, when it is retired already, and when that is less than a minute ahead.

    Attributes:
        version: the version.
        retired_from: from when it governs nothing that starts.
        before_first_lead: the sender saw every partition of `lead-events` empty before it sent the command.
        by: who retires it.
    """

    version: Count
    retired_from: Instant
    before_first_lead: bool = False
    by: PersonalText | None = None


class CommandAnswered(Fact, frozen=True, kw_only=True):
    """What became of a command; kept in the topic `answers`.

    Attributes:
        command: the command's id.
        accepted: whether it was carried out.
        facts: ids of the facts.
        reason: why it was refused.
        missing: what is missing or wrong, one entry each.
    """

    command: Identifier
    accepted: bool
    facts: tuple[Identifier, ...] = ()
    reason: Text | None = None
    missing: tuple[Text, ...] = ()


AgreementFact = AgreementProposed | AgreementSigned | AgreementPublished | AgreementRetired
"""What stands in the topic `agreements`."""
AgreementCommand = ProposeAgreement | SignAgreement | PublishAgreement | RetireAgreement
"""What stands in `agreement-inbox`."""
