"""The story of one lead: its facts folded into its state, ready to be told."""

from dataclasses import dataclass
from typing import Any

from events.envelope import Envelope
from events.instants import iso, to_us
from events.registry import WIRE_TYPE
from events.words import says
from leadstream.scores import score_as_of
from streams.agreement.known import Known
from streams.deciders.lead.evolve import fold
from streams.deciders.lead.state import Lead


@dataclass(frozen=True, slots=True)
class Story:
    """What is known of a lead.

    Attributes:
        lead: its state.
        facts: its canonical facts, in order.
        score: score and reasons at the instant asked for; empty without an agreement that scores.
    """

    lead: Lead
    facts: list[Envelope]
    score: dict[str, Any]


def story_of(facts: list[Envelope], known: Known, subject: str, at: int | None) -> Story:
    """Fold a lead's facts; the score is that of the instant `at` (microseconds) and of what had happened by then.

    Without an instant it is the score at the last fact.
    """
    lead = Lead()
    for envelope in facts:
        fold(lead, envelope)
    return Story(lead, facts, score_as_of(facts, known, subject, at))


def timeline(facts: list[Envelope]) -> list[dict[str, Any]]:
    """One flat row a fact: both times, what happened, and how it came about."""
    return [
        {
            "sequence": int(str(envelope.sequence)),
            "occurred_at": iso(to_us(envelope.time)),
            "recorded_at": iso(to_us(envelope.recordedat)) if envelope.recordedat else None,
            "fact": WIRE_TYPE[type(envelope.data)].rpartition(".v")[0],
            "says": says(envelope),
            "source": envelope.source,
            "late": envelope.late is True,
        }
        for envelope in facts
    ]
