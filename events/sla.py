"""Facts about SLA clocks. A clock is (lead, agreement version, clause, cycle)."""

from typing import Literal

from msgspec import Struct

from events.fact import Count, Fact, Instant, Name, Text
from events.lead import Side

Verdict = Literal["open", "met", "breached", "cancelled"]


class SlaFact(Fact, frozen=True, kw_only=True):
    """What every clock fact says.

    Attributes:
        agreement: agreement whose clause it is.
        version: the version the clock keeps to its end.
        clause: name of the clause.
        cycle: 1 for the first time the clause started for this lead.
        side: who must act.
        due: when the answer is due; absent while the clock is paused.
    """

    agreement: Name
    version: Count
    clause: Name
    cycle: Count
    side: Side = "sales"
    due: Instant | None = None


class TouchCount(Struct, frozen=True, gc=False, kw_only=True):
    """So many touches through a channel.

    Attributes:
        channel: the channel.
        count: how many.
    """

    channel: Name
    count: Count


class SlaStarted(SlaFact, frozen=True, kw_only=True):
    """The clock started, at the source's time of the starting fact.

    Attributes:
        target: the promise as written, such as `30m`.
        calendar: name of the calendar it counts in; absent when every minute counts.
        warn_at: when the warning is due, if the clause warns.
        ingest_lag_us: record time less occurred time of the starting fact, in microseconds.
        needs: outbound touches of the side that were missing when this was told, where the clause counts them.
        counts_after: what happened after that counts, even before the start; absent when all counts.
        asks: what answers the clause, in words, such as `call or e-mail`.
    """

    target: Name
    calendar: Name | None = None
    warn_at: Instant | None = None
    ingest_lag_us: Count = 0
    needs: tuple[TouchCount, ...] = ()
    counts_after: Instant | None = None
    asks: Text = ""


class SlaPaused(SlaFact, frozen=True, kw_only=True):
    """The lead entered a status in which the clock stands still; nothing is due until it leaves it.

    Attributes:
        status: the status entered.
        revision: 1 for the first change of the clock's due.
        was_due: when the answer was due until now.
    """

    status: Name
    revision: Count
    was_due: Instant | None = None


class SlaResumed(SlaFact, frozen=True, kw_only=True):
    """The lead left the status in which the clock stood still. `due` is the one that holds now.

    Attributes:
        status: the status entered.
        revision: 1 for the first change of the clock's due.
        warn_at: when the warning is due now, if the clause warns.
    """

    status: Name
    revision: Count
    warn_at: Instant | None = None


class SlaWarned(SlaFact, frozen=True, kw_only=True):
    """A share of the working time is gone and nobody answered.

    Attributes:
        percent: the share, in percent of the working time.
    """

    percent: Count


class SlaBreached(SlaFact, frozen=True, kw_only=True):
    """The due time passed without an answer. `due` is the broken promise.

    Attributes:
        escalates_at: when the first level of escalation follows, if the clause has one and nobody answers.
    """

    escalates_at: Instant | None = None


class SlaEscalated(SlaFact, frozen=True, kw_only=True):
    """The promise is still broken so long after its due. What to do about it is done by others.

    Attributes:
        level: 1 for the first level of the clause.
        after: how long after the due, as written, such as `30m`, counted in the clause's calendar.
        to: who is told.
        do: what is to be done: the lead changes hands.
        escalates_at: when the next level follows, if there is one and nobody answers.
    """

    level: Count
    after: Name
    to: Name | None = None
    do: Literal["reassign"] | None = None
    escalates_at: Instant | None = None


class SlaAnswered(SlaFact, frozen=True, kw_only=True):
    """The answer came after the breach.

    Attributes:
        answered_at: when it came.
        late_by_us: answered_at less due, in microseconds of real time.
        worked_us: from the start to the answer in the clause's calendar without the pauses, microseconds.
    """

    answered_at: Instant
    late_by_us: Count
    worked_us: Count | None = None


class SlaMet(SlaFact, frozen=True, kw_only=True):
    """The answer came in time (at the due instant is in time).

    Attributes:
        answered_at: when it came; an answer before the start counts at the start.
        worked_us: from the start to the answer in the clause's calendar without the pauses, microseconds.
    """

    answered_at: Instant
    worked_us: Count | None = None


class SlaCancelled(SlaFact, frozen=True, kw_only=True):
    """The clock ended without a verdict.

    Attributes:
        reason: what ended it, such as the status that means unqualified.
    """

    reason: Text


class SlaRevised(SlaFact, frozen=True, kw_only=True):
    """A late fact changed verdict or due. `due` is the one that holds now.

    Attributes:
        revision: 1 for the first revision of the clock.
        was: the verdict that fell.
        now: the verdict that holds.
        was_due: the due time before.
        warn_at: when the warning is due now, if the clock is open and the clause warns.
        answered_at: the answer that counts now, if any.
        escalates_at: when the next level of escalation follows, if the clock is breached and nobody answers.
        worked_us: from the start to that answer in the clause's calendar without the pauses, microseconds.
    """

    revision: Count
    was: Verdict
    now: Verdict
    was_due: Instant | None = None
    warn_at: Instant | None = None
    answered_at: Instant | None = None
    escalates_at: Instant | None = None
    worked_us: Count | None = None


class SlaBreachRetracted(SlaFact, frozen=True, kw_only=True):
    """A late fact showed that there was no breach. Happened at the due of the verdict it takes back.

    Attributes:
        revision: 1 for the first revision of the clock.
        now: the verdict that holds.
        was_due: the due whose breach falls.
        warn_at: when the warning is due now, if the clock is open and the clause warns.
        answered_at: the answer that counts now, if any.
        level: the highest level of escalation that falls with the breach; 0 when there was none.
        worked_us: from the start to that answer in the clause's calendar without the pauses, microseconds.
    """

    revision: Count
    now: Verdict
    was_due: Instant | None = None
    warn_at: Instant | None = None
    answered_at: Instant | None = None
    level: Count = 0
    worked_us: Count | None = None


SlaFactType = (
    SlaStarted
    | SlaPaused
    | SlaResumed
    | SlaWarned
    | SlaBreached
    | SlaEscalated
    | SlaAnswered
    | SlaMet
    | SlaCancelled
    | SlaRevised
    | SlaBreachRetracted
)
