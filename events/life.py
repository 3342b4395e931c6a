"""Facts about a lead's way between marketing and sales: taken, given back, warmed, opened again; what is said of it."""

from typing import Annotated

from msgspec import Meta

from events.fact import Count, Fact, Instant, Name, PersonalText, Text

Rating = Annotated[int, Meta(ge=1, le=5)]


class LeadAccepted(Fact, frozen=True, kw_only=True):
    """Sales took the lead that was handed over.

    Attributes:
        by: who took it.
        cycle: the qualification cycle it belongs to.
    """

    by: PersonalText
    cycle: Count


class LeadRejected(Fact, frozen=True, kw_only=True):
    """Sales did not take the lead that was handed over, or gave it up. What becomes of it follows from the reason.

    Attributes:
        by: who rejected it.
        reason: why, for example `no_budget`; the agreement says which reasons lead where.
        feedback: what marketing should know, in the rep's words.
        cycle: the qualification cycle that ends.
    """

    by: PersonalText
    reason: Text
    feedback: PersonalText | None = None
    cycle: Count


class LeadRecycled(Fact, frozen=True, kw_only=True):
    """The lead went back to marketing: its cycle and the clocks in it are over, it can qualify again.

    Attributes:
        reason: why, in words; of a lost condition, which one and what it saw.
        by: who gave it back; absent when the qualified-lead definition no longer holds.
        cycle: the qualification cycle that ends.
    """

    reason: Text
    by: PersonalText | None = None
    cycle: Count


class LeadReopened(Fact, frozen=True, kw_only=True):
    """A lead that was unqualified or put aside is open again, and can qualify again.

    Attributes:
        reason: what changed, in words.
        by: who opened it; absent when it opened by itself.
        cycle: the last qualification cycle so far; 0 when it never qualified.
    """

    reason: Text
    by: PersonalText | None = None
    cycle: Count


class NurtureRequested(Fact, frozen=True, kw_only=True):
    """A program was asked to warm the lead; no rep is needed.

    Attributes:
        program: the program's name.
        reason: what the lead lacks, for example `no_budget`; empty where the status alone asks for it.
        status: the status that was entered; absent where a rejection alone asks for it.
        awaits: fields of the profile whose change opens the lead again; a new buying signal does so too.
        of: the lead merged into this one that entered the status; absent where this one did.
        since: since when it waits, where the program had to leave it alone until now.
    """

    program: Name
    reason: Text = ""
    status: Name | None = None
    awaits: tuple[Name, ...] = ()
    of: Name | None = None
    since: Instant | None = None


class NurtureWithheld(Fact, frozen=True, kw_only=True):
    """A program must not warm the lead, or not any more; what it waits for opens it again all the same.

    Attributes:
        program: the program's name.
        why: the person took back the consent it needs, or its channel does not reach them, in words.
        reason: what the lead lacks, for example `no_budget`; empty where the status alone asks for it.
        status: the status that was entered; absent where a rejection alone asks for it.
        awaits: fields of the profile whose change opens the lead again; a new buying signal does so too.
        of: the lead merged into this one that entered the status; absent where this one did.
        since: since when it waits, where the program was asked before.
    """

    program: Name
    why: Text
    reason: Text = ""
    status: Name | None = None
    awaits: tuple[Name, ...] = ()
    of: Name | None = None
    since: Instant | None = None


class LeadFeedbackGiven(Fact, frozen=True, kw_only=True):
    """Somebody said what they think of the lead.

    Attributes:
        by: who said it.
        text: in their words.
        rating: 1 (useless) to 5 (just what we need).
    """

    by: PersonalText
    text: PersonalText = ""
    rating: Rating | None = None


class LeadConsentChanged(Fact, frozen=True, kw_only=True):
    """The person allowed a use of their data, or took that back.

    Attributes:
        purpose: what for, for example `marketing_email`.
        basis: the legal basis, for example `consent` or `legitimate_interest`.
        granted: allowed, or taken back.
        source: where they said so.
        text_version: version of the text they agreed to.
    """

    purpose: Name
    basis: Name
    granted: bool
    source: Text = ""
    text_version: Text | None = None


class LeadBounced(Fact, frozen=True, kw_only=True):
    """What was sent to the lead did not arrive.

    Attributes:
        channel: email, sms, post, ... (open set).
        hard: it never will, at this address.
        address: the address that was written to.
    """

    channel: Name
    hard: bool = False
    address: PersonalText | None = None


class LeadUnconverted(Fact, frozen=True, kw_only=True):
    """A conversion was taken back: it was a mistake, or the deal fell apart before it began.

    Attributes:
        by: who took it back.
        reason: why, in words.
    """

    by: PersonalText | None = None
    reason: Text | None = None


LifeFact = (
    LeadAccepted
    | LeadRejected
    | LeadRecycled
    | LeadReopened
    | NurtureRequested
    | NurtureWithheld
    | LeadFeedbackGiven
    | LeadConsentChanged
    | LeadBounced
    | LeadUnconverted
)
