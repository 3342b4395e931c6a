"""The score of a lead as of any instant, by the decider's own rules: the same function, the same reasons."""

from collections.abc import Iterable
from typing import Any

from events.envelope import Envelope
from events.instants import to_us
from events.sla import SlaFact
from streams.agreement.known import Known
from streams.deciders.lead.engagement import basis, explain
from streams.deciders.lead.evolve import fold
from streams.deciders.lead.given import Given, Kept, Live
from streams.deciders.lead.state import Lead


def lead_as_of(facts: Iterable[Envelope], at: int | None) -> Lead:
    """A lead of whom only that is known which had happened by an instant, in microseconds; None for all of it.

    Clocks are left out: a fact may speak of one that had not started yet.
    """
    lead = Lead()
    for envelope in facts:
        if not isinstance(envelope.data, SlaFact) and (at is None or to_us(envelope.time) <= at):
            fold(lead, envelope)
    return lead


def score_of(lead: Lead, known: Known, subject: str, at: int) -> dict[str, Any]:
    """Score and reasons at an instant, as `lead-scores` has them; empty where no agreement scores the lead.

    Args:
        lead: what is known of it, nothing later than the instant.
        known: the published agreements.
        subject: the lead id.
        at: microseconds; the agreement version in force then says the rules.
    """
    given = Given(known, at, at, subject)
    live = Live(lead=lead, kept=Kept())
    agreement = given.agreement(live)
    if agreement is None or agreement.scorer is None or lead.captured_at is None:
        return {}
    return explain(basis(live, agreement.name, agreement.version, given))


def score_as_of(facts: Iterable[Envelope], known: Known, subject: str, at: int | None) -> dict[str, Any]:
    """Score and reasons of what had happened by an instant, with all that is known of it today.

    Where nothing came late it is what was told then. Without an instant it is the score at the last fact.
    """
    lead = lead_as_of(facts, at)
    return score_of(lead, known, subject, lead.recorded_at if at is None else at)
