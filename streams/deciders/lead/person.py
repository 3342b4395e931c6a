"""What a lead knows of who it is: values by provider, consents, and the leads that turned out to be the same person."""

from msgspec import Struct, field

from events.identity import How
from streams.deciders.lead.closings import Closing
from streams.deciders.lead.entries import Conversion, HandedOver, ProfileValue, StatusEntry, Touch, Waiting


class Sourced(Struct, frozen=True, array_like=True, gc=False):
    """A value of a profile field with who told it.

    Attributes:
        value: the value.
        provider: who told it; empty for nobody in particular.
        at: when it was observed, microseconds.
        rank: the provider's place among those the agreement names for the field, 0 for the first; None after all those.
        confidence: how sure the provider is, 0 to 1.
    """

    value: ProfileValue
    provider: str
    at: int
    rank: int | None = None
    confidence: float | None = None


class Consent(Struct, frozen=True, array_like=True, gc=False):
    """What a person allowed for a purpose, or does not allow any more.

    Attributes:
        at: occurred_at, microseconds.
        granted: allowed.
        basis: legal basis.
        source: where it was said.
        text_version: of the text that was agreed to.
    """

    at: int
    granted: bool
    basis: str | None = None
    source: str | None = None
    text_version: str | None = None


class Part(Struct, array_like=True):
    """What one lead has of its own, where the histories of several count for one.

    Attributes:
        captured_at: when that lead was captured, microseconds; None of a stub.
        through: the leads that handed it on, the first one first.
        touches, profile, profile_at, sourced, withdrawn, consents: as of a lead.
        statuses: all statuses that lead entered, in order; none in a lead's own part, which has them itself.
        reason: why it entered the last of them; empty where that is not known.
        closings: conversions, and what else closed or opened it by somebody's word; likewise.
        conversions: all of them, in order of time; likewise.
        handed_over: its last hand-over before it was merged; None when it was never handed over.
        waiting: what the lead that counts for it was warmed for because of the last of these statuses.
    """

    captured_at: int | None = None
    through: tuple[str, ...] = ()
    touches: list[Touch] = field(default_factory=list)
    profile: dict[str, ProfileValue] = field(default_factory=dict)
    profile_at: dict[str, int] = field(default_factory=dict)
    sourced: dict[str, list[Sourced]] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)
    statuses: list[StatusEntry] = field(default_factory=list)
    reason: str = ""
    closings: list[Closing] = field(default_factory=list)
    conversions: list[Conversion] = field(default_factory=list)
    handed_over: HandedOver | None = None
    waiting: Waiting | None = None


class Candidate(Struct, frozen=True, array_like=True, gc=False):
    """An account that a lead may belong to.

    Attributes:
        account: its id.
        how: what they have in common.
        confidence: percent.
        is_open: it is an account still.
        opened_at: since when, microseconds.
    """

    account: str
    how: How
    confidence: int
    is_open: bool
    opened_at: int


class Person(Struct, array_like=True):
    """Who the lead is: what it is known by, whom it is merged with, which account it belongs to.

    Attributes:
        keys: keys it claimed, in order.
        company: its company's name as claimed.
        captured_at: its capture as claimed, microseconds, which says who is older; None of a stub.
        is_test: as claimed.
        into: the lead it is merged into.
        apart: leads it must not be merged with by itself.
        suspects: leads that may be the same person.
        own: what is its own, while histories of others count for it; else the lead has it itself.
        parts: what is of others, by lead.
        candidates: accounts it may belong to.
        account: the one it was put to.
    """

    keys: list[str] = field(default_factory=list)
    company: str | None = None
    captured_at: int | None = None
    is_test: bool = False
    into: str | None = None
    apart: list[str] = field(default_factory=list)
    suspects: list[str] = field(default_factory=list)
    own: Part | None = None
    parts: dict[str, Part] = field(default_factory=dict)
    candidates: list[Candidate] = field(default_factory=list)
    account: Candidate | None = None


def age(captured_at: int | None, lead: str) -> tuple[int, str]:
    """What orders leads by age: the capture, stubs last, then the id. The smaller one wins."""
    return (_NEVER if captured_at is None else captured_at, lead)


_NEVER = 1 << 62
