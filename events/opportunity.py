"""Facts about opportunities, the likely sales: opened, changed, closed; what is untidy about one; targets beside them.

The subject is the opportunity; that of a target is the plan, or the council, that looks after it. Money is whole minor
units of a currency, never a fraction.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from events.fact import Count, Currency, Fact, Identifier, Instant, Name, PersonalText, Text, Title

Forecast = Literal["pipeline", "best_case", "most_likely", "commit", "closed", "omitted"]
"""How sure a sale is said to be; the categories are cumulative in a forecast, `omitted` stays out of it."""
Clearable = Literal[
    "close_date", "owner", "product", "region", "segment", "source", "campaign", "next_step", "opener", "opener_role"
]
Untidy = Literal[
    "close_date_past", "no_close_date", "no_next_step", "no_contact", "no_products", "amount_zero", "untouched"
]
TargetKind = Literal["closed", "pipe_generation"]
Quarter = Annotated[str, Meta(pattern="^[0-9]{4}Q[1-4]$", max_length=6)]  # the length keeps a last newline out


class OpportunityOpened(Fact, frozen=True, kw_only=True):
    """A likely sale was opened.

    What a conversion opened may be opened a second time, by the system that has it: the second fact then says what is
    so from the beginning, and the earlier of both since when.

    Attributes:
        account: id of the account it is with.
        name: what it is called.
        amount_minor: expected amount in minor units of `currency`.
        currency: ISO 4217 code; where it is absent, the reporting currency of the agreement, filled in when accepted.
        stage: its stage, of the company's own list.
        forecast: how sure it is; where it is absent, what the agreement says of the stage, filled in when accepted.
        close_date: the day on which it is expected to close.
        owner: who has it.
        opener: who opened it.
        opener_role: AE, BDR, SDR, ECS, Cloud Sales, ... (open set); pipe generation is credited to it.
        product: the product it is about, where there is one above all.
        region: where it counts.
        segment: the segment it counts to.
        source: the marketing source: brand, demand generation, events, ABM, digital, enablement, outbound, partner, ...
        campaign: the campaign that brought it.
        lead: the lead it was converted from.
        next_step: what is to be done next.
    """

    account: Identifier
    name: Title
    stage: Name
    amount_minor: Count = 0
    currency: Currency | None = None
    forecast: Forecast | None = None
    close_date: date | None = None
    owner: PersonalText | None = None
    opener: PersonalText | None = None
    opener_role: Name | None = None
    product: Name | None = None
    region: Name | None = None
    segment: Name | None = None
    source: Name | None = None
    campaign: Text | None = None
    lead: Identifier | None = None
    next_step: PersonalText | None = None


class OpportunityAmended(Fact, frozen=True, kw_only=True):
    """Something else is known of an opportunity; what is absent stays as it was.

    Where there are product lines the amount is their sum: leadstream itself says so after each change of a line.

    Attributes:
        account: id of the account it is with.
        name: what it is called.
        amount_minor: expected amount in minor units of the currency.
        currency: ISO 4217 code; a new one comes with an amount.
        forecast: how sure it is.
        close_date: the day on which it is expected to close.
        owner: who has it.
        opener: who opened it.
        opener_role: their role.
        product: the product it is about.
        region: where it counts.
        segment: the segment it counts to.
        source: the marketing source.
        campaign: the campaign that brought it.
        lead: the lead it was converted from.
        next_step: what is to be done next.
        cleared: names of fields that are empty from now on, such as `next_step` when it is done.
        by: who changed it.
    """

    account: Identifier | None = None
    name: Title | None = None
    amount_minor: Count | None = None
    currency: Currency | None = None
    forecast: Forecast | None = None
    close_date: date | None = None
    owner: PersonalText | None = None
    opener: PersonalText | None = None
    opener_role: Name | None = None
    product: Name | None = None
    region: Name | None = None
    segment: Name | None = None
    source: Name | None = None
    campaign: Text | None = None
    lead: Identifier | None = None
    next_step: PersonalText | None = None
    cleared: tuple[Clearable, ...] = ()
    by: PersonalText | None = None


class OpportunityStageChanged(Fact, frozen=True, kw_only=True):
    """An opportunity entered a stage.

    Attributes:
        stage: the stage.
        forecast: how sure it is now; where it is absent, what the agreement says of the stage, filled in when accepted.
        by: who changed it.
    """

    stage: Name
    forecast: Forecast | None = None
    by: PersonalText | None = None


class OpportunityProductAdded(Fact, frozen=True, kw_only=True):
    """A product line was added. As long as there are lines, they sum to the amount of the opportunity.

    Attributes:
        line: id of the line, one of its kind in the opportunity.
        product: the product.
        amount_minor: amount of the whole line in minor units of the opportunity's currency.
        quantity: how many.
    """

    line: Identifier
    product: Name
    amount_minor: Count
    quantity: Count = 1


class OpportunityProductRemoved(Fact, frozen=True, kw_only=True):
    """A product line was taken away. When it was the last one, the amount stays as it was.

    Attributes:
        line: id of the line.
    """

    line: Identifier


class OpportunityContactAdded(Fact, frozen=True, kw_only=True):
    """A person has to do with the opportunity. One who was added before has the role that is told last.

    Attributes:
        contact: id of the contact.
        role: decision maker, user, buyer, ... (open set).
        primary: the one to speak to; there is one at most, the last one told.
    """

    contact: Identifier
    role: Name | None = None
    primary: bool = False


class OpportunityClosedWon(Fact, frozen=True, kw_only=True):
    """The sale was made.

    Attributes:
        reason: why, in words.
        by: who closed it.
    """

    reason: Text | None = None
    by: PersonalText | None = None


class OpportunityClosedLost(Fact, frozen=True, kw_only=True):
    """There will be no sale.

    Attributes:
        reason: why, for example `no_budget`.
        competitor: who made it instead.
        by: who closed it.
    """

    reason: Name
    competitor: Text | None = None
    by: PersonalText | None = None


class OpportunityReopened(Fact, frozen=True, kw_only=True):
    """A closed opportunity is open again.

    Attributes:
        stage: the stage it is in; where it is absent, the one before it closed, filled in when accepted.
        forecast: how sure it is; where it is absent, what the agreement says of the stage, filled in when accepted.
        reason: why, in words.
        by: who opened it.
    """

    stage: Name | None = None
    forecast: Forecast | None = None
    reason: Text | None = None
    by: PersonalText | None = None


class OpportunityOwnerTold(Fact, frozen=True, kw_only=True):
    """An opportunity told an account who has it.

    Attributes:
        account: the account that is told.
        is_open: it is an open opportunity of this account; otherwise it closed, or is another one's.
        opened_at: when it was opened.
        owner: who has it; absent for nobody.
    """

    account: Identifier
    is_open: bool
    opened_at: Instant
    owner: PersonalText | None = None


class HygieneFlagged(Fact, frozen=True, kw_only=True):
    """Something about an open opportunity is untidy, since the time of the fact.

    Attributes:
        kind: what.
        days: after how many days without a fact from outside it counts as untouched; absent of all other kinds.
    """

    kind: Untidy
    days: Count | None = None


class HygieneCleared(Fact, frozen=True, kw_only=True):
    """What was untidy about an opportunity is mended, or the opportunity closed.

    Attributes:
        kind: what it was.
    """

    kind: Untidy


class TargetSet(Fact, frozen=True, kw_only=True):
    """What is to be reached in a quarter. The subject is the plan, or the council that looks after it.

    A later one of the same plan for the same quarter, kind and slice takes the place of the earlier one; an amount of 0
    takes it away. Targets of several plans for one slice add up.

    Attributes:
        quarter: such as `2026Q3`.
        amount_minor: in minor units of `currency`.
        currency: ISO 4217 code.
        kind: what is counted: amounts won, or amounts opened.
        product: of this product alone.
        region: of this region alone.
        segment: of this segment alone.
        source: of this marketing source alone.
        role: of openers in this role alone.
        owner: of this owner alone.
        by: who set it.
    """

    quarter: Quarter
    amount_minor: Count
    currency: Currency
    kind: TargetKind = "closed"
    product: Name | None = None
    region: Name | None = None
    segment: Name | None = None
    source: Name | None = None
    role: Name | None = None
    owner: PersonalText | None = None
    by: PersonalText | None = None


OpportunityFact = (
    OpportunityOpened
    | OpportunityAmended
    | OpportunityStageChanged
    | OpportunityProductAdded
    | OpportunityProductRemoved
    | OpportunityContactAdded
    | OpportunityClosedWon
    | OpportunityClosedLost
    | OpportunityReopened
    | OpportunityOwnerTold
    | HygieneFlagged
    | HygieneCleared
)

_TOLD_ALIKE = (
    "account", "name", "close_date", "owner", "opener", "opener_role", "product", "region", "segment", "source",
    "campaign", "lead", "next_step", "forecast",
)  # fmt: skip


def told(fact: OpportunityOpened | OpportunityAmended) -> dict[str, str]:
    """What an opening and an amendment tell alike, besides the amount and its currency, as texts; a day in ISO 8601.

    What is absent is not in it.
    """
    found = {name: value for name in _TOLD_ALIKE if (value := getattr(fact, name)) is not None}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in found.items()}
