"""Facts about who is who: by what leads are known, which of them are one person, and whose company it is."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from events.fact import PERSONAL, Count, Fact, Identifier, Instant, Name, PersonalText, Profile, Text
from events.lead import Direction, Side
from events.shared_life import SharedHandOver, SharedStatus, SharedTurn

Percent = Annotated[int, Meta(ge=0, le=100)]
How = Literal["name", "near_name_and_domain", "near_name_and_phone", "near_name_and_postcode", "domain"]


class LeadIdentityLinked(Fact, frozen=True, kw_only=True):
    """A system knows the lead by something more: a form was sent from a known browser, a record was imported.

    Attributes:
        kind: what it is.
        value: the address, number or id.
        issuer: the system whose own id it is; the sender where it is absent.
    """

    kind: Literal["email", "phone", "source_id", "anonymous_id"]
    value: Annotated[str, Meta(min_length=1, max_length=512, extra=PERSONAL)]
    issuer: Identifier | None = None


class LeadIdentityClaimed(Fact, frozen=True, kw_only=True):
    """A lead told a key that it is known by it.

    Attributes:
        key: kind and keyed hash.
        captured_at: when the lead was captured, which says who is older; absent of a stub.
        is_test: the lead is one to try the way with.
        company: its company's name without legal form, with keys of companies.
    """

    key: Name
    captured_at: Instant | None = None
    is_test: bool = False
    company: Text | None = None


class AccountClaimed(Fact, frozen=True, kw_only=True):
    """An account told a key that it is known by it.

    Attributes:
        key: kind and keyed hash.
        company: its name without legal form.
        opened_at: since when it is an account.
        is_open: it is one still.
    """

    key: Name
    company: Text
    opened_at: Instant
    is_open: bool = True


class IdentityShared(Fact, frozen=True, kw_only=True):
    """Two leads have a key in common. Told to the younger one, which is to be merged into the older one.

    Attributes:
        lead: who is told.
        other: the other lead.
        other_captured_at: when that one was captured; absent of a stub.
        is_test: both are leads to try the way with.
        key: what they have in common; `command` where a person says that they are one.
        by: who says so.
    """

    lead: Name
    other: Name
    other_captured_at: Instant | None = None
    is_test: bool = False
    key: Name
    by: PersonalText | None = None


class LeadMerged(Fact, frozen=True, kw_only=True):
    """The lead is one with an older one, for which its history counts from now on.

    Attributes:
        into: the older lead.
        key: what they have in common.
        by: who said that they are one, where a person did.
    """

    into: Name
    key: Name
    by: PersonalText | None = None


class LeadUnmerged(Fact, frozen=True, kw_only=True):
    """Two leads are two again, each with what was its own, and are not merged by themselves any more.

    Attributes:
        lead: the one that was merged.
        into: the one it was merged into.
        by: who says so.
        reason: why, in words.
    """

    lead: Name
    into: Name
    by: PersonalText
    reason: Text | None = None


class SharedTouch(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A touch of a merged lead; see `LeadTouched`.

    Attributes:
        id: id of the touch.
        at: when it happened.
        channel: where.
        kind: what.
        direction: who acted.
        side: whose outbound touch it was.
        asset: page, document or event touched.
        campaign: its campaign.
        source: who said so; absent where it was not kept.
    """

    id: Identifier
    at: Instant
    channel: Name
    kind: Name
    direction: Direction
    side: Side = "sales"
    asset: Text | None = None
    campaign: Text | None = None
    source: Identifier | None = None


class SharedProfile(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What one provider told of a merged lead at one instant; see `LeadProfileUpdated`.

    Attributes:
        profile: the values, by field.
        at: when they were observed.
        provider: who told them; empty for nobody in particular.
        rank: the provider's place among those that the agreement names for these fields.
        confidence: how sure the provider is, 0 to 1.
    """

    profile: Profile
    at: Instant
    provider: Text = ""
    rank: Count | None = None
    confidence: Annotated[float, Meta(ge=0, le=1)] | None = None


class SharedConsent(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A consent of a merged lead; see `LeadConsentChanged`.

    Attributes:
        purpose: what for.
        granted: allowed, or no longer.
        at: since when.
        basis: legal basis.
        source: where it was said.
        text_version: version of the text that was agreed to.
    """

    purpose: Name
    granted: bool
    at: Instant
    basis: Text | None = None
    source: Text | None = None
    text_version: Text | None = None


class SharedWithdrawal(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A provider's data of a merged lead was withdrawn; see `LeadEnrichmentWithdrawn`.

    Attributes:
        provider: whose.
        at: what was told until then is taken away.
    """

    provider: Text
    at: Instant


class LeadHistoryShared(Fact, frozen=True, kw_only=True):
    """A piece of a merged lead's history, told to the lead for which it counts.

    Attributes:
        lead: whose history it is.
        into: who is told.
        through: the leads that handed it on, the first one first; none where its own lead tells it.
        begins: it is the first piece of a whole history.
        captured_at: when that lead was captured; absent of a stub.
        touches: touches.
        profiles: what is known of person and company.
        consents: consents.
        withdrawals: providers whose data was withdrawn.
        statuses: statuses that it entered.
        turns: conversions, and what else closed or opened it by somebody's word, in order.
        handed_over: its last hand-over before it was merged, one at most; told with the first piece.
    """

    lead: Name
    into: Name
    through: tuple[Name, ...] = ()
    begins: bool = False
    captured_at: Instant | None = None
    touches: tuple[SharedTouch, ...] = ()
    profiles: tuple[SharedProfile, ...] = ()
    consents: tuple[SharedConsent, ...] = ()
    withdrawals: tuple[SharedWithdrawal, ...] = ()
    statuses: tuple[SharedStatus, ...] = ()
    turns: tuple[SharedTurn, ...] = ()
    handed_over: tuple[SharedHandOver, ...] = ()


class LeadHistoryTakenBack(Fact, frozen=True, kw_only=True):
    """What a merged lead told of another one does not count any more: that one was unmerged from it.

    Attributes:
        lead: whose history it was; what that lead handed on goes with it.
        into: who is told.
        through: the lead that had handed it on.
    """

    lead: Name
    into: Name
    through: Name


class LeadSuspected(Fact, frozen=True, kw_only=True):
    """Another lead may be the same person: a person has to say so.

    Attributes:
        other: the other lead.
        key: what they have in common.
    """

    other: Name
    key: Name


class AccountFound(Fact, frozen=True, kw_only=True):
    """A key told a lead of an account that has it too.

    Attributes:
        lead: who is told.
        account: the account.
        how: what they have in common.
        confidence: percent.
        opened_at: since when it is an account.
        is_open: it is one still.
    """

    lead: Name
    account: Name
    how: How
    confidence: Percent
    opened_at: Instant
    is_open: bool = True


class LeadMatched(Fact, frozen=True, kw_only=True):
    """The lead belongs to an account, as far as is known.

    Attributes:
        account: the account.
        how: what they have in common.
        confidence: percent.
    """

    account: Name
    how: How
    confidence: Percent


IdentityFact = (
    LeadIdentityLinked
    | LeadIdentityClaimed
    | AccountClaimed
    | IdentityShared
    | LeadMerged
    | LeadUnmerged
    | LeadHistoryShared
    | LeadHistoryTakenBack
    | LeadSuspected
    | AccountFound
    | LeadMatched
)
