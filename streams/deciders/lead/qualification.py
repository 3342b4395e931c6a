"""The qualified-lead definition: met once all its parts hold, with the value each condition saw."""

from collections.abc import Sequence

from events.envelope import Envelope
from events.lead import LeadQualified
from streams.agreement.compiled import Qualification
from streams.deciders.lead.closed import is_open
from streams.deciders.lead.engagement import score_now, signals
from streams.deciders.lead.given import Given, Live, Told


def on_known(live: Live, _envelope: Envelope, _at: int, given: Given) -> Sequence[Told]:
    """More is known about who they are."""
    live.kept.suited = None
    return check(live, given)


def on_inbound(live: Live, _envelope: Envelope, _at: int, given: Given) -> Sequence[Told]:
    """They did something; what we do to them qualifies nobody."""
    return check(live, given)


def check(live: Live, given: Given) -> Sequence[Told]:
    """Qualified, if the lead is open, not qualified yet, and every part of the definition holds."""
    lead = live.lead
    if lead.captured_at is None or lead.qualified_at is not None:
        return ()
    agreement = given.starting(live)
    if agreement is None or agreement.qualification is None or not is_open(lead, agreement):
        return ()
    if not _suits(live, agreement.qualification):
        return ()
    score = score_now(live, agreement, given.at)
    if not agreement.qualification.reached(lead.profile, score):
        return ()
    answer = Told(
        LeadQualified(
            agreement=agreement.name,
            version=agreement.version,
            cycle=lead.cycle + 1,
            score=score.score if score else 0,
            conditions=agreement.qualification.conditions(lead.profile, score),
            signals=signals(live, agreement),
        ),
        lead.last_at,
    )
    return (answer,)


def _suits(live: Live, definition: Qualification) -> bool:
    """Whether who they are suits the definition; asked anew only when more is known about them."""
    kept = live.kept
    if kept.suited is None or kept.suited[0] is not definition:
        kept.suited = definition, definition.suits(live.lead.profile)
    return kept.suited[1]
