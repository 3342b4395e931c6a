"""Canonical and derived envelopes: what the decider adds around a fact."""

from datetime import datetime
from typing import Any

from events.envelope import Envelope
from events.ids import derived_id
from events.instants import from_us
from events.registry import ENVELOPES, WIRE_TYPE
from streams.deciders.lead.evolve import OWN_SOURCE
from streams.deciders.lead.given import Told


def canonical(envelope: Envelope, recorded_at: datetime, sequence: int) -> Envelope:
    """The envelope as the canonical log has it: with the time it became known and its place in the history."""
    return ENVELOPES[type(envelope.data)](
        id=envelope.id,
        source=envelope.source,
        subject=envelope.subject,
        time=envelope.time,
        data=envelope.data,
        recordedat=recorded_at,
        sequence=f"{sequence:010d}",
        causationid=envelope.causationid,
    )


def wrapped(answer: Told, cause_id: str, cause: str, subject: str, ordinal: int) -> Envelope:
    """A derived fact in its envelope; its id follows from its cause, so replay gives the same one."""
    kind = type(answer.fact)
    attributes: dict[str, Any] = {
        "id": answer.id or derived_id(subject, cause, WIRE_TYPE[kind], str(ordinal)),
        "source": OWN_SOURCE,
        "subject": subject,
        "time": from_us(answer.at),
        "data": answer.fact,
        "causationid": cause_id,
    }
    return ENVELOPES[kind](**attributes)
