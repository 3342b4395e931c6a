"""What the parts of the lead decider are given besides the lead itself; nothing in it is live."""

from typing import NamedTuple

from msgspec import Struct, field

from events.fact import Fact
from streams.agreement.compiled import Agreement
from streams.agreement.known import Known
from streams.deciders.lead.state import Lead
from streams.scoring import Fit, Hit


class Told(NamedTuple):
    """A fact a part answers with.

    Attributes:
        fact: the fact.
        at: its occurred_at, microseconds.
        id: its id, where the fact has an identity of its own; else it is derived from the cause.
    """

    fact: Fact
    at: int
    id: str | None = None


class Kept(Struct):
    """What is kept beside a lead only to be fast; it can be thrown away and found again at any time.

    Attributes:
        version: (agreement, version) the hits belong to.
        hits: scoring hits of the lead's touches, in order.
        fit: who they are, by the lead's profile.
        crossing: instant at which decay alone changes something; None when nothing will.
        crossing_known: whether `crossing` holds for the lead as it is.
    """

    version: tuple[str, int] | None = None
    hits: list[Hit] = field(default_factory=list)
    fit: Fit = Fit(0, 0, ())
    crossing: int | None = None
    crossing_known: bool = False


class Live(Struct):
    """A lead with what is kept beside it: the state of a task."""

    lead: Lead
    kept: Kept


class Given(NamedTuple):
    """The circumstances of one decision.

    Attributes:
        known: the agreements published so far.
        at: the lead's time: recorded_at of the fact being decided, microseconds.
        record_time: when the log took the causing record, microseconds.
        subject: the lead id.
        secret: the deployment's key for hashes of personal keys.
    """

    known: Known
    at: int
    record_time: int
    subject: str
    secret: bytes = b""

    def agreement(self, live: Live, at: int | None = None) -> Agreement | None:
        """The version in force for this lead, now or at an instant."""
        name = live.lead.agreement
        return None if name is None else self.known.in_force(name, self.at if at is None else at)


CLOSING = frozenset({"unqualified", "converted", "archived"})
"""Meanings of a status that end a lead's open clocks."""


def is_closed(agreement: Agreement, status: str | None) -> bool:
    """Whether a status means that nobody has to act on the lead any more."""
    return status is not None and agreement.statuses.get(status) in CLOSING
