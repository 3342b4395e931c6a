"""One lead's facts in words, for the summary."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from msgspec import UNSET

from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadMerged
from events.lead import (
    LeadArchived,
    LeadCaptured,
    LeadConverted,
    LeadHandedOver,
    LeadProfileUpdated,
    LeadQualified,
    LeadScored,
    LeadStatusChanged,
    LeadTouched,
)
from events.life import LeadAccepted, LeadRecycled, LeadRejected, LeadReopened, NurtureRequested, NurtureWithheld
from events.registry import WIRE_TYPE
from events.routing import LeadAssigned
from events.sla import (
    SlaAnswered,
    SlaBreached,
    SlaBreachRetracted,
    SlaCancelled,
    SlaEscalated,
    SlaFact,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRevised,
    SlaStarted,
    SlaWarned,
)
from events.work import TaskCreated, TaskDone, TaskReminderDue


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One fact.

    Attributes:
        occurred_at: when it happened.
        recorded_at: when it became known.
        fact: such as `lead.touched`.
        words: what it says.
    """

    occurred_at: datetime
    recorded_at: datetime
    fact: str
    words: str


def told(history: Iterable[Envelope]) -> tuple[StoryLine, ...]:
    """A lead's facts in words, in order, without those by which it speaks to pools, accounts and other leads."""
    return tuple(line for line in map(story_line, history) if line.words)


def story_line(envelope: Envelope) -> StoryLine:
    """A canonical fact in words; none for what leads say to others."""
    recorded = envelope.time if envelope.recordedat is UNSET else envelope.recordedat
    kind = WIRE_TYPE[type(envelope.data)].rpartition(".v")[0]
    return StoryLine(envelope.time, recorded, kind, _words(envelope.data))


def _words(fact: Fact) -> str:  # noqa: C901, PLR0911, PLR0912 - one line a fact
    match fact:
        case LeadCaptured():
            return f"comes in through {fact.source}"
        case LeadTouched(direction="inbound"):
            return f"{fact.channel} {fact.kind}: {fact.asset}"
        case LeadTouched():
            return f"{fact.channel} {fact.kind} by {fact.by}"
        case LeadStatusChanged():
            return f"status {fact.status}" + (f" ({fact.reason})" if fact.reason else "") + f" by {fact.by}"
        case LeadProfileUpdated():
            return f"{', '.join(fact.profile)} told by {fact.provider}"
        case LeadScored():
            return f"score {fact.score}, grade {fact.grade} (fit {fact.fit}, engagement {fact.engagement})"
        case LeadQualified():
            return "meets the qualified-lead definition" + "".join(f"; {signal}" for signal in fact.signals)
        case LeadHandedOver():
            return "marketing hands over to sales"
        case LeadConverted():
            return f"won by {fact.by}: {(fact.amount_minor or 0) // 100:,} {fact.currency}"
        case LeadArchived():
            return f"put aside: {fact.reason}"
        case LeadAssigned() | LeadAccepted() | LeadRejected() | LeadRecycled() | LeadReopened() | LeadMerged():
            return _life_words(fact)
        case NurtureRequested():
            return f"{fact.program} is asked to warm it" + (f" ({fact.reason})" if fact.reason else "")
        case NurtureWithheld():
            return f"{fact.program} leaves it alone: {fact.why}"
        case TaskCreated() | TaskReminderDue():
            return f"to do: {fact.title}, by {fact.owner}"
        case TaskDone():
            return f"done by {fact.by}"
        case SlaFact():
            return f"{fact.clause}: {_clock_words(fact)}"
        case _:
            return ""


def _life_words(fact: Fact) -> str:  # noqa: PLR0911 - one line a fact
    match fact:
        case LeadAssigned():
            instead = f" instead of {fact.instead_of}" if fact.instead_of else ""
            after = f" after {fact.former}" if fact.former else ""
            return f"goes to {fact.owner}{instead}{after} ({fact.why})"
        case LeadAccepted():
            return f"taken by {fact.by}"
        case LeadRejected():
            return f"not taken by {fact.by} ({fact.reason})" + (f': "{fact.feedback}"' if fact.feedback else "")
        case LeadRecycled():
            return f"back to marketing: {fact.reason}"
        case LeadReopened():
            return f"opens again: {fact.reason}"
        case LeadMerged():
            return f"is one with {fact.into}, which counts for both"
        case _:
            return ""


def _clock_words(fact: SlaFact) -> str:  # noqa: PLR0911 - one line a fact
    due = "while paused, nothing is due" if fact.due is None else f"{fact.due:%a %H:%M:%S}"
    match fact:
        case SlaStarted():
            return f"the clock starts, promised within {fact.target}, due {due}"
        case SlaPaused():
            return f"the clock stands still ({fact.status})"
        case SlaResumed():
            return f"the clock goes on, due {due}"
        case SlaWarned():
            return f"{fact.percent} % of the time is gone"
        case SlaBreached():
            return f"nobody answered by {due}"
        case SlaEscalated():
            return f"still nobody answered {fact.after} later: {' and '.join(filter(None, (fact.to, fact.do)))}"
        case SlaMet():
            return f"answered in time, at {fact.answered_at:%a %H:%M:%S}"
        case SlaAnswered():
            return f"answered {fact.late_by_us // 60_000_000} min too late"
        case SlaCancelled():
            return f"ends without a verdict ({fact.reason})"
        case SlaBreachRetracted(answered_at=at) if at is not None:
            return f"the breach falls: it was answered at {at:%a %H:%M:%S}"
        case SlaBreachRetracted() | SlaRevised():
            return f"the verdict is {fact.now} now"
        case _:
            return ""
