"""The agreement as people write it: one model for every part, unknown keys refused.

Durations, instants, percentages and hours stay texts, checked here and turned into numbers on compiling, so that a
document shows what was signed.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from streams.agreement.conditions import AnyCondition
from streams.agreement.scalars import (
    Date,
    Duration,
    Instant,
    Means,
    Name,
    NameList,
    Names,
    Period,
    Points,
    Quarter,
    Side,
    Words,
    Zone,
)
from streams.agreement.texts import Part, percentage, tuple_of
from streams.agreement.written_clauses import EscalationPart, NeedPart
from streams.agreement.written_hours import Hours
from streams.agreement.written_pipeline import PipelinePart
from streams.agreement.written_records import AccountsPart, EnrichmentPart, IdentityPart, NurturePart
from streams.agreement.written_routing import RoutingPart


class Signed(Part):
    """One side's signature."""

    side: Side
    by: Words
    at: Date


class CalendarPart(Part):
    """Working hours: local windows per weekday in an IANA zone, less whole-day holidays."""

    timezone: Zone
    hours: Hours
    holidays: Annotated[tuple[Date, ...], BeforeValidator(tuple_of)] = ()


class OnEnter(Part):
    """What happens by itself when a lead enters a status."""

    request_nurture: Name


class Status(Part):
    """What a status of the company's own list means, and the reasons people choose from."""

    means: Means
    reasons: NameList = ()
    on_enter: OnEnter | None = None


class FitRule(Part):
    """Points for what is known about person and company."""

    points: Points
    when: AnyCondition


class ScoredTouch(Part):
    """Which inbound touches a rule speaks about; what is absent accepts everything."""

    channel: Names | None = None
    kind: Names | None = None
    asset: Names | None = None
    campaign: Names | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.channel or self.kind or self.asset or self.campaign):
            raise ValueError("expected at least one of channel, kind, asset, campaign")
        return self


class RepeatPart(Part):
    """How often a rule may count again: `once`, or `{max: n, per: duration}`."""

    once: Literal[True] | None = None
    max: Annotated[int, Field(ge=1, le=1000)] | None = None
    per: Duration | None = None

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.once is None) == (self.max is None) or (self.max is None) != (self.per is None):
            raise ValueError("expected `once` or {max: 3, per: 7d}")
        return self


class TouchRule(Part):
    """Points for something the prospect did."""

    points: Points
    group: Name | None = None
    touch: ScoredTouch
    repeat: Annotated[
        RepeatPart | None, BeforeValidator(lambda value: {"once": True} if value == "once" else value)
    ] = None
    buying_signal: Words | None = None


class GroupPart(Part):
    """Rules that share a cap."""

    cap: Annotated[int, Field(ge=0, le=100_000)]


class DecayPart(Part):
    """How touches fade: `{linear: 50%, per: 30d}` or `{half_life: 30d}`."""

    linear: Annotated[str, AfterValidator(percentage(1, 100))] | None = None
    per: Duration | None = None
    half_life: Duration | None = None

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.linear is None) == (self.half_life is None) or (self.linear is None) != (self.per is None):
            raise ValueError("expected {linear: 50%, per: 30d} or {half_life: 30d}")
        return self


class EngagementPart(Part):
    """What they did."""

    groups: dict[Name, GroupPart] = Field(default_factory=dict)
    rules: Annotated[tuple[TouchRule, ...], BeforeValidator(tuple_of)] = ()
    decay: Annotated[DecayPart | None, BeforeValidator(lambda value: None if value == "none" else value)] = None


class Scoring(Part):
    """Who they are, what they did, and what the sum is called."""

    fit: Annotated[tuple[FitRule, ...], BeforeValidator(tuple_of)] = ()
    engagement: EngagementPart = EngagementPart()
    cap: Annotated[int, Field(ge=1, le=100_000)] = 100
    grades: dict[Annotated[str, Field(min_length=1, max_length=20)], Annotated[int, Field(ge=0, le=100)]] | None = None


class QualifiedLead(Part):
    """When a lead is good enough for sales: all parts that are written down must hold."""

    required_fields: NameList = ()
    demographic: AnyCondition | None = None
    situational: AnyCondition | None = None
    behavioural: AnyCondition | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.required_fields or self.demographic or self.situational or self.behavioural):
            raise ValueError("expected at least one of required_fields, demographic, situational, behavioural")
        return self


class AnsweringTouch(Part):
    """Which touches of ours answer a clause; what is absent accepts everything."""

    direction: Literal["outbound"] = "outbound"
    channel: Names | None = None
    kind: Names | None = None


class StoppedBy(Part):
    """What stops the clock: a touch of ours, any change of status, the hand-over, or the word of sales on it."""

    touch: AnsweringTouch | None = None
    status_changed: Literal[True] | None = None
    handed_over: Literal[True] | None = None
    accepted: Literal[True] | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if sum(value is not None for value in (self.touch, self.status_changed, self.handed_over, self.accepted)) != 1:
            raise ValueError("expected one of {touch: {...}}, {status_changed: true}, handed_over, accepted")
        return self


def _by_name(value: Any) -> Any:
    return {value: True} if value in ("handed_over", "accepted") else value


class ClausePart(Part):
    """One promise."""

    starts_on: Literal["captured", "qualified", "handed_over"]
    stopped_by: Annotated[StoppedBy | None, BeforeValidator(_by_name)] = None
    needs: Annotated[tuple[NeedPart, ...], BeforeValidator(tuple_of)] = ()
    within: Duration
    calendar: Name | None = None
    warn_at: Annotated[str, AfterValidator(percentage(1, 99))] | None = None
    escalate: Annotated[tuple[EscalationPart, ...], BeforeValidator(tuple_of)] = ()
    paused_in: NameList = ()

    @model_validator(mode="after")
    def _has_one_end(self) -> Self:
        if (self.stopped_by is None) == (not self.needs):
            raise ValueError("expected one of `stopped_by` and `needs`")
        return self


class CommitmentPart(Part):
    """How many qualified leads marketing delivers in a quarter."""

    quarter: Quarter
    qualified_leads: Annotated[int, Field(ge=1, le=10_000_000)]


def _promise(value: Any) -> str:
    committed = "quarter" in value or "qualified_leads" in value if isinstance(value, dict) else False
    return "<quarter>" if committed or isinstance(value, CommitmentPart) else "<starts_on>"


MarketingPromise = Annotated[
    Annotated[ClausePart, Tag("<starts_on>")] | Annotated[CommitmentPart, Tag("<quarter>")], Discriminator(_promise)
]
"""A clause with its clock, or a commitment."""
PROMISE_TAGS = frozenset({"<starts_on>", "<quarter>"})
"""What tells the two apart in the places of pydantic's errors; it stands in no document."""


class ConversionPart(Part):
    """What has to be known before a lead becomes a contact of an account, and whether a person confirms it."""

    required_fields: NameList = ()
    criteria: AnyCondition | None = None
    confirm: bool = True


class Archive(Part):
    """When a lead is put aside by itself."""

    when: AnyCondition | None = None
    or_untouched_for: Duration | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.when is None and self.or_untouched_for is None:
            raise ValueError("expected `when`, `or_untouched_for` or both")
        return self


def _default_statuses() -> dict[str, Status]:
    return {
        "Open": Status(means="open"),
        "Contacted": Status(means="working"),
        "Qualified": Status(means="qualified"),
        "Unqualified": Status(means="unqualified"),
    }


class AgreementSpec(Part):
    """A whole agreement."""

    agreement: Name
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    effective_from: Instant
    applies_to: AnyCondition | None = None
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = 0
    signed: Annotated[tuple[Signed, ...], BeforeValidator(tuple_of)] = ()
    review_every: Period | None = None
    calendars: dict[Name, CalendarPart] = Field(default_factory=dict)
    statuses: Annotated[dict[Name, Status], Field(min_length=1)] = Field(default_factory=_default_statuses)
    scoring: Scoring | None = None
    hand_over: Literal["automatic", "manual"] = "automatic"
    qualified_lead: QualifiedLead | None = None
    routing: RoutingPart | None = None
    sales_clauses: dict[Name, ClausePart] = Field(default_factory=dict)
    marketing_clauses: dict[Name, MarketingPromise] = Field(default_factory=dict)
    conversion: ConversionPart | None = None
    nurture: NurturePart | None = None
    identity: IdentityPart | None = None
    enrichment: EnrichmentPart | None = None
    accounts: AccountsPart | None = None
    pipeline: PipelinePart | None = None
    late_facts_accepted: Duration = "7d"
    archive: Archive | None = None

    def clauses(self, side: Side) -> Mapping[str, ClausePart]:
        """The promises of a side that have a clock, in file order."""
        promised = self.sales_clauses if side == "sales" else self.marketing_clauses
        return {name: part for name, part in promised.items() if isinstance(part, ClausePart)}

    def commitments(self) -> Mapping[str, CommitmentPart]:
        """The promises of marketing that count leads, in file order."""
        return {name: part for name, part in self.marketing_clauses.items() if isinstance(part, CommitmentPart)}
