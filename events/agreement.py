"""Facts and commands about the agreement between marketing and sales."""

from typing import Literal

from msgspec import Struct

from events.fact import Count, Document, Fact, Identifier, Instant, Name, PersonalText, Text, Whole


class Signature(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One side's consent.

    Attributes:
        side: marketing or sales.
        by: who signed.
        at: the date or instant, as written.
    """

    side: Literal["marketing", "sales"]
    by: PersonalText
    at: Text


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


class PublishAgreement(Fact, frozen=True, kw_only=True):
    """Command: publish this document. Refused when unsigned, retroactive or not newer than the last version.

    Attributes:
        document: the agreement as written.
        before_first_lead: the sender saw every partition of `lead-events` empty before it sent the command.
        signed_as: name that signs for both sides; allowed only before the first lead.
    """

    document: Document
    before_first_lead: bool = False
    signed_as: PersonalText | None = None


class CommandAnswered(Fact, frozen=True, kw_only=True):
    """What became of a command; kept in the topic `answers`.

    Attributes:
        command: the command's id.
        accepted: whether facts were written.
        facts: ids of the facts.
        reason: why it was refused.
        missing: what is missing or wrong, one entry each.
    """

    command: Identifier
    accepted: bool
    facts: tuple[Identifier, ...] = ()
    reason: Text | None = None
    missing: tuple[Text, ...] = ()


AgreementFact = AgreementPublished | PublishAgreement | CommandAnswered
