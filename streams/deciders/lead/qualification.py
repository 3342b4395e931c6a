"""The qualified-lead definition: met once all its parts hold, with the value each condition saw.

Until a lead is handed over it can also be lost again, by anything that changes profile, score or definition; from
then on only sales moves the lead.
"""

from collections.abc import Sequence

from events.envelope import Envelope
from events.lead import LeadQualified
from events.life import LeadRecycled
from streams.agreement.compiled import Qualification
from streams.deciders.lead.alone import last_at
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
    if lead.captured_at is None:
        return ()
    if lead.qualified_at is not None:
        return () if lead.handed_over_at is not None else lost(live, last_at(lead), given)
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
        last_at(lead),
    )
    return (answer,)


def on_deadline(live: Live, due: int, given: Given) -> Sequence[Told]:
    """Decay alone may carry a lead below what the definition asks for."""
    return lost(live, due, given)


def on_version(live: Live, at: int, given: Given) -> Sequence[Told]:
    """A version of the agreement takes effect at `at`; its definition may ask for more."""
    return lost(live, at, given)


def lost(live: Live, at: int, given: Given) -> Sequence[Told]:
    """Given back at an instant, if the lead waits for its hand-over and the definition no longer holds."""
    lead = live.lead
    if lead.qualified_at is None or lead.handed_over_at is not None:
        return ()
    agreement = given.agreement(live)
    if agreement is None or agreement.qualification is None or not is_open(lead, agreement):
        return ()
    definition, score = agreement.qualification, score_now(live, agreement, given.at)
    if _suits(live, definition) and definition.reached(lead.profile, score):
        return ()
    failing = "; ".join(definition.missing(lead.profile, score))
    return (Told(LeadRecycled(reason=f"no longer: {failing}"[:_LONGEST], cycle=lead.cycle), at),)


_LONGEST = 4096
"""Characters of a reason."""


def _suits(live: Live, definition: Qualification) -> bool:
    """Whether who they are suits the definition; asked anew only when more is known about them."""
    kept = live.kept
    if kept.suited is None or kept.suited[0] is not definition:
        kept.suited = definition, definition.suits(live.lead.profile)
    return kept.suited[1]
