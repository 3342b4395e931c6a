"""Facts about SLA clocks. A clock is (lead, agreement version, clause, cycle)."""

from typing import Literal

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


class SlaStarted(SlaFact, frozen=True, kw_only=True):
    """The clock started, at the source's time of the starting fact.

    Attributes:
        target: the promise as written, such as `30m`.
        calendar: name of the calendar it counts in; absent when every minute counts.
        warn_at: when the warning is due, if the clause warns.
        ingest_lag_us: record time less occurred time of the starting fact, in microseconds.
    """

    target: Name
    calendar: Name | None = None
    warn_at: Instant | None = None
    ingest_lag_us: Count = 0


class SlaWarned(SlaFact, frozen=True, kw_only=True):
    """A share of the working time is gone and nobody answered.

    Attributes:
        percent: the share, in percent of the working time.
    """

    percent: Count


class SlaBreached(SlaFact, frozen=True, kw_only=True):
    """The due time passed without an answer. `due` is the broken promise."""


class SlaAnswered(SlaFact, frozen=True, kw_only=True):
    """The answer came after the breach.

    Attributes:
        answered_at: when it came.
        late_by_us: answered_at less due, in microseconds of real time.
    """

    answered_at: Instant
    late_by_us: Count


class SlaMet(SlaFact, frozen=True, kw_only=True):
    """The answer came in time (at the due instant is in time).

    Attributes:
        answered_at: when it came; an answer before the start counts at the start.
    """

    answered_at: Instant


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
    """

    revision: Count
    was: Verdict
    now: Verdict
    was_due: Instant | None = None
    warn_at: Instant | None = None
    answered_at: Instant | None = None


class SlaBreachRetracted(SlaFact, frozen=True, kw_only=True):
    """A late fact showed that there was no breach. Happened at the due of the verdict it takes back.

    Attributes:
        revision: 1 for the first revision of the clock.
        now: the verdict that holds.
        was_due: the due whose breach falls.
        warn_at: when the warning is due now, if the clock is open and the clause warns.
        answered_at: the answer that counts now, if any.
    """

    revision: Count
    now: Verdict
    was_due: Instant | None = None
    warn_at: Instant | None = None
    answered_at: Instant | None = None


SlaFactType = (
    SlaStarted | SlaWarned | SlaBreached | SlaAnswered | SlaMet | SlaCancelled | SlaRevised | SlaBreachRetracted
)
