"""Canonical envelopes: what the decider adds around a fact."""

from datetime import datetime

from msgspec import UNSET

from events.envelope import Envelope
from events.fact import Fact
from events.ids import derived_id, fingerprint
from events.instants import to_us
from events.registry import ENVELOPES, WIRE_TYPE
from events.sources import OWN_SOURCE
from streams.deciders.told import Told


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


def derived(
    answer: Told, *, subject: str, cause_id: str, fact_id: str, time: datetime, recorded_at: datetime, sequence: int
) -> Envelope:
    """The canonical envelope of a fact made here.

    Args:
        answer: the fact.
        subject: the lead id.
        cause_id: id of what brought it about.
        fact_id: its own id; see `id_of`.
        time: the answer's occurred_at.
        recorded_at: when it became known.
        sequence: its place in the lead's history.
    """
    return ENVELOPES[type(answer.fact)](
        id=fact_id,
        source=OWN_SOURCE,
        subject=subject,
        time=time,
        data=answer.fact,
        recordedat=recorded_at,
        sequence=f"{sequence:010d}",
        causationid=cause_id,
    )


def id_of(answer: Told, subject: str, cause: str, ordinal: int) -> str:
    """The id of a derived fact: its own, or one that follows from its cause, so replay gives the same one."""
    return answer.id or nth_id(type(answer.fact), subject, cause, ordinal)


def nth_id(fact: type[Fact], subject: str, cause: str, ordinal: int) -> str:
    """The id of the fact of a kind that follows as the nth one from a cause, counted from 1."""
    return derived_id(subject, cause, WIRE_TYPE[fact], str(ordinal))


def read_back(envelope: Envelope, before: int, secret: bytes) -> tuple[int, int | None]:
    """What folding a canonical log needs of a fact besides itself: when it became known, and its fingerprint.

    Args:
        envelope: the fact.
        before: recorded_at of the fact before it, microseconds; it holds where the log does not say.
        secret: the deployment's key for hashes of personal keys.

    Returns:
        recorded_at in microseconds; the fingerprint, None of a fact made here.
    """
    recorded_at = before if envelope.recordedat is UNSET else to_us(envelope.recordedat)
    mark = None if envelope.source == OWN_SOURCE else fingerprint(envelope.source, envelope.id, secret)
    return recorded_at, mark
