"""Facts about a lead: what upstream tells, and what is derived from it."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from events.fact import (
    PERSONAL,
    PROFILE_FIELDS,
    Count,
    Currency,
    Fact,
    Identifier,
    Instant,
    Name,
    PersonalText,
    Profile,
    Scalar,
    Text,
    Title,
    Whole,
)

Side = Literal["sales", "marketing"]
Direction = Literal["inbound", "outbound"]
Made = Literal["account", "contact", "opportunity"]
Points = Annotated[int, Meta(ge=-1000, le=1000)]


class LeadCaptured(Fact, frozen=True, kw_only=True):
    """A person or company showed interest and became known.

    Attributes:
        source: where the lead came from, in the marketing team's words; empty when unknown to the sender.
        profile: what was told about person and company, dotted keys.
        campaign: the campaign that brought the lead.
        form: the form, list or landing page it came through.
        is_test: sent to try the way; kept in the log, left out of figures.
        agreement: the agreement that governs the lead, chosen when the fact is accepted; ignored from upstream.
    """

    source: Text = ""
    profile: Profile = field(default_factory=dict)
    campaign: Text | None = None
    form: Text | None = None
    is_test: bool = False
    agreement: Name | None = None


class LeadTouched(Fact, frozen=True, kw_only=True):
    """Somebody acted: the prospect (inbound) or we (outbound).

    Attributes:
        channel: landing_page, ad_click, webinar, website, email, call, meeting, ... (open set).
        kind: submitted, clicked, downloaded, attended, visited, dialled, ... (open set).
        direction: inbound touches score, outbound ones answer clocks.
        by: who acted for us; absent when the sender does not know.
        side: whose outbound touch it was.
        campaign: campaign the touch belongs to.
        asset: page, document or event touched.
        click_id: the ad platform's click id.
    """

    channel: Name
    kind: Name
    direction: Direction
    by: Annotated[str, Meta(max_length=256, extra=PERSONAL)] | None = None
    side: Side = "sales"
    campaign: Text | None = None
    asset: Text | None = None
    click_id: Text | None = None


class LeadStatusChanged(Fact, frozen=True, kw_only=True):
    """The lead entered a status of the company's own list; the agreement says what it means.

    Attributes:
        status: the status' name.
        reason: why, for example `no_budget`.
        by: who changed it.
    """

    status: Name
    reason: Text | None = None
    by: PersonalText | None = None


class LeadProfileUpdated(Fact, frozen=True, kw_only=True):
    """Something more, or something else, is known about person or company.

    Attributes:
        profile: the changed fields only, dotted keys.
        provider: who says so (a form, an enrichment vendor, a rep).
        confidence: how sure the provider is, 0 to 1.
        ranks: the provider's place among those of a field, by field, 0 for the first; from the agreement when the fact
            is accepted, for providers that it names; absent where no provider is told; ignored from upstream.
    """

    profile: Profile
    provider: Text | None = None
    confidence: Annotated[float, Meta(ge=0, le=1)] | None = None
    ranks: Annotated[dict[Name, Count], Meta(max_length=PROFILE_FIELDS)] | None = None


class LeadScored(Fact, frozen=True, kw_only=True):
    """The shown score or grade changed. The full reasons stand in the topic `lead-scores`.

    Attributes:
        score: fit + engagement, clamped to 0..cap, whole points.
        fit: who they are, 0..100.
        engagement: what they did, decayed to the instant of the fact, 0..cap.
        grade: fit letter and engagement digit, such as `A2`.
        agreement: name of the agreement used.
        version: version of the agreement used.
        cause: what moved it.
        rule: index of the scoring rule that the causing touch hit, where there was one.
        touch: id of the causing touch.
        points: points the causing touch brought, before groups and caps.
    """

    score: Whole
    fit: Whole
    engagement: Whole
    grade: Name
    agreement: Name
    version: Count
    cause: Literal["captured", "touch", "profile", "decay", "agreement", "merge"]
    rule: Count | None = None
    touch: Identifier | None = None
    points: Points | None = None


class Condition(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One condition of the qualified-lead definition, with the value it saw.

    Attributes:
        part: required, demographic, situational or behavioural.
        test: the condition in words.
        saw: the value it was tested on; absent when the field was not set.
    """

    part: Literal["required", "demographic", "situational", "behavioural"]
    test: Text
    saw: Annotated[Scalar | None, Meta(extra=PERSONAL)] = None


class LeadQualified(Fact, frozen=True, kw_only=True):
    """The lead met the qualified-lead definition of its agreement.

    Attributes:
        agreement: name of the agreement used.
        version: version of the agreement used.
        cycle: 1 for the first qualification of the lead, 2 after it was given back, and so on.
        score: the shown score at that instant.
        conditions: every condition that held, with the value it saw.
        signals: the buying signals seen so far, in words.
    """

    agreement: Name
    version: Count
    cycle: Count
    score: Whole
    conditions: tuple[Condition, ...] = ()
    signals: tuple[Text, ...] = ()


class LeadHandedOver(Fact, frozen=True, kw_only=True):
    """Marketing handed the lead to sales.

    Attributes:
        agreement: name of the agreement in force.
        version: version of the agreement in force.
        cycle: the qualification cycle it belongs to.
        owner: who has it now; absent while nobody is assigned by rule.
        of: the lead merged into this one that was with sales already; absent where this one was handed over itself.
        accepted_at: when sales accepted that one.
    """

    agreement: Name
    version: Count
    cycle: Count
    owner: PersonalText | None = None
    of: Name | None = None
    accepted_at: Instant | None = None


class LeadConverted(Fact, frozen=True, kw_only=True):
    """The lead became a customer relation: account, contact, perhaps an opportunity.

    Name, owner, source and campaign of an opportunity are filled in from the lead where the sender does not tell them.

    Attributes:
        account: account id in the system that converted it.
        contact: contact id.
        opportunity: opportunity id.
        amount_minor: amount in minor units of `currency`.
        currency: ISO 4217 code.
        by: who converted it.
        status: the status whose meaning made it a conversion, where that was the cause.
        group: the opportunity group it was asked for; a lead is converted once for each.
        made: what is new by it, under ids that follow from the lead; the rest was there before.
        name: what the opportunity is called.
        close_date: the day on which it is expected to close.
        role: in which role they converted it: AE, BDR, SDR, ECS, Cloud Sales, ... (open set).
        owner: who has it.
        source: the marketing source of the lead.
        campaign: the campaign of the lead's first touch that names one.
    """

    account: Text | None = None
    contact: Text | None = None
    opportunity: Text | None = None
    amount_minor: Whole | None = None
    currency: Currency | None = None
    by: PersonalText | None = None
    status: Name | None = None
    group: Name | None = None
    made: tuple[Made, ...] = ()
    name: Title | None = None
    close_date: date | None = None
    role: Name | None = None
    owner: PersonalText | None = None
    source: Text | None = None
    campaign: Text | None = None


class LeadOriginTold(Fact, frozen=True, kw_only=True):
    """A lead that was captured after it was converted told the opportunity where it came from.

    Attributes:
        opportunity: the opportunity that is told.
        source: the marketing source of the lead.
    """

    opportunity: Text
    source: Text


class LeadArchived(Fact, frozen=True, kw_only=True):
    """The lead is put aside. Later facts still join its history; no clock starts for it any more.

    Attributes:
        reason: the status that means archived, `untouched`, or why it is not wanted, such as `not_in_profile`.
    """

    reason: Text


LeadFact = (
    LeadCaptured
    | LeadTouched
    | LeadStatusChanged
    | LeadProfileUpdated
    | LeadScored
    | LeadQualified
    | LeadHandedOver
    | LeadConverted
    | LeadArchived
)
