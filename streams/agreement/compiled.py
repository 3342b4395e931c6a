"""An agreement version, ready to be asked. Built once per version by `compile_agreement`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Protocol

from events.lead import Condition as HeldCondition
from streams.agreement.pipeline import Pipeline
from streams.agreement.records import Enrichment, Identity, Nurture
from streams.agreement.reviews import Review
from streams.agreement.routes import Routing
from streams.agreement.scalars import Means, Side
from streams.calendars import Calendar, Target
from streams.scoring import Score, Scorer, Threshold

StartsOn = Literal["captured", "qualified", "handed_over"]
StopKind = Literal["touch", "needs", "status_changed", "handed_over", "accepted"]
HandOver = Literal["automatic", "manual"]
Profile = Mapping[str, Any]


StopsTouch = Callable[[str, str, str, str], bool]
"""Whether a touch answers a clause: channel, kind, direction, side."""


@dataclass(frozen=True)
class Need:
    """So many touches through a channel.

    Attributes:
        channel: the channel.
        count: how many.
    """

    channel: str
    count: int


@dataclass(frozen=True)
class Escalation:
    """A level of escalation.

    Attributes:
        after_text: how long after the due, as written, such as `30m`.
        after: that time, counted in the clause's calendar.
        to: who is told; None for nobody.
        do: what is done besides.
    """

    after_text: str
    after: Target
    to: str | None
    do: Literal["reassign"] | None


@dataclass(frozen=True, eq=False)
class Clause:
    """One promise: something that starts a clock is answered within a target.

    Attributes:
        name: unique in the agreement.
        side: who promised.
        starts_on: what starts the clock.
        stop: what kind of fact stops it.
        stops_touch: whether a touch stops it, or counts for its needs; never, unless `stop` is one of the two.
        target_text: the promise as written, such as `30m`.
        target: the promise.
        calendar_name: name of the calendar it counts in; None when every minute counts.
        calendar: that calendar, or `ALWAYS`.
        warn_percent: share of the working time after which to warn, 1..99; None for no warning.
        paused_in: names of the statuses in which the clock stands still.
        needs: how many touches through which channels meet it; empty unless `stop` is `needs`.
        escalations: what follows on a breach, level 1 first.
        asks: what answers it, in words, such as `call or e-mail`.
    """

    name: str
    side: Side
    starts_on: StartsOn
    stop: StopKind
    stops_touch: StopsTouch
    target_text: str
    target: Target
    calendar_name: str | None
    calendar: Calendar
    warn_percent: int | None
    paused_in: frozenset[str]
    needs: tuple[Need, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    asks: str = ""


class Qualification(Protocol):
    """The qualified-lead definition. `score` is the lead's score, None only where the agreement has no scoring."""

    @property
    def thresholds(self) -> tuple[Threshold, ...]:
        """Points that the definition asks for; `Scorer.next_crossing` watches them."""

    def suits(self, profile: Profile) -> bool:
        """Whether the parts hold that depend on who they are alone."""

    def reached(self, profile: Profile, score: Score | None) -> bool:
        """Whether the parts hold that depend on the score as well."""

    def met(self, profile: Profile, score: Score | None) -> bool:
        """Whether the lead is qualified: both."""

    def conditions(self, profile: Profile, score: Score | None) -> tuple[HeldCondition, ...]:
        """Every condition that holds, with the value it saw."""

    def missing(self, profile: Profile, score: Score | None) -> tuple[str, ...]:
        """Every condition that fails, in words."""


@dataclass(frozen=True, eq=False)
class Archiving:
    """When a lead is put aside by itself.

    Attributes:
        when: tests profile and score; None when there is no such condition.
        words: the condition in words; empty without one.
        untouched_us: microseconds without a touch after which it is; None for never.
    """

    when: Callable[[Profile, Score | None], bool] | None
    words: str
    untouched_us: int | None


@dataclass(frozen=True)
class Commitment:
    """How many qualified leads marketing delivers in a quarter.

    Attributes:
        name: of the promise, unique among those of marketing.
        quarter: such as `2026Q1`.
        first_day: its first day, in the zone of whoever reports.
        next_day: the day after its last one.
        qualified_leads: how many.
    """

    name: str
    quarter: str
    first_day: date
    next_day: date
    qualified_leads: int


class Conversion(Protocol):
    """What has to be known before a lead is converted."""

    @property
    def confirm(self) -> bool:
        """Whether a person has to confirm it."""

    def missing(self, profile: Profile, score: Score | None) -> tuple[str, ...]:
        """Every required field and condition that fails, in words; nothing when the lead can be converted."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """One version of an agreement.

    Attributes:
        name: the agreement's name.
        version: the version.
        effective_from: from when it governs what starts, microseconds.
        priority: the highest one wins where several match.
        matches: whether it applies to a lead with that profile.
        conditional: whether it has an `applies_to` at all; one without is the fallback.
        statuses: status name to what it means, in file order.
        request_nurture: status name to the program that is asked to warm a lead which enters it.
        clauses: those of sales, then those of marketing, in file order.
        commitments: what marketing promises to deliver, in file order.
        late_facts_accepted: how long after a due time a late fact may change the verdict, microseconds.
        scorer: the rules; None when the agreement has no scoring.
        qualification: the qualified-lead definition; None when there is none.
        hand_over: `automatic` on qualification, or `manual` by command.
        archiving: when leads are put aside; None for never.
        routing: who gets a lead; None when the agreement does not say.
        conversion: what has to be known before a lead is converted.
        nurture: what becomes of unqualified leads.
        identity: by which keys leads are merged and put to companies.
        enrichment: whose value of a field is taken.
        account_score_cap: a company's score is the sum over its people, at most this.
        review: when both sides look at the agreement again; None when they did not say.
        pipeline: how opportunities are counted; None when the agreement does not say.
        retired_from: from when nothing more starts by it, microseconds; None for never.
    """

    name: str
    version: int
    effective_from: int
    priority: int
    matches: Callable[[Profile], bool]
    conditional: bool
    statuses: Mapping[str, Means]
    request_nurture: Mapping[str, str]
    clauses: tuple[Clause, ...]
    commitments: tuple[Commitment, ...]
    late_facts_accepted: int
    scorer: Scorer | None
    qualification: Qualification | None
    hand_over: HandOver
    archiving: Archiving | None
    routing: Routing | None
    conversion: Conversion
    nurture: Nurture
    identity: Identity
    enrichment: Enrichment
    account_score_cap: int
    review: Review | None
    pipeline: Pipeline | None = None
    retired_from: int | None = None

    def is_over(self, at: int) -> bool:
        """Whether nothing that happens at an instant starts by it."""
        return self.retired_from is not None and at >= self.retired_from
