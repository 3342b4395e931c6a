"""In which topics a fact stands: its own log, where it is told, and where it is handed on to."""

from collections.abc import Iterator

from events.fact import Fact
from events.registry import CATALOGUE, COMMANDS
from events.topics import (
    ACCOUNT_EVENTS,
    ACCOUNT_INBOX,
    AGREEMENT_INBOX,
    AGREEMENTS,
    ALSO_TO,
    ANSWERS,
    COUNCIL_EVENTS,
    COUNCIL_INBOX,
    FORWARDS,
    IDENTITY_EVENTS,
    IDENTITY_INBOX,
    INBOX_OF,
    LEAD_EVENTS,
    LEAD_INBOX,
    OPPORTUNITY_EVENTS,
    OPPORTUNITY_INBOX,
    POOL_EVENTS,
    POOL_INBOX,
)

LOG_BEHIND: dict[str, str] = {
    LEAD_INBOX: LEAD_EVENTS,
    IDENTITY_INBOX: IDENTITY_EVENTS,
    ACCOUNT_INBOX: ACCOUNT_EVENTS,
    POOL_INBOX: POOL_EVENTS,
    OPPORTUNITY_INBOX: OPPORTUNITY_EVENTS,
    COUNCIL_INBOX: COUNCIL_EVENTS,
    AGREEMENT_INBOX: AGREEMENTS,
}
"""Inbox -> the canonical log in which the facts that it takes stand afterwards."""

_SAID_BY = {
    "lead": LEAD_EVENTS,
    "sla": LEAD_EVENTS,
    "nurture": LEAD_EVENTS,
    "task": LEAD_EVENTS,
    "identity": IDENTITY_EVENTS,
    "account": ACCOUNT_EVENTS,
    "pool": POOL_EVENTS,
    "member": POOL_EVENTS,
    "opportunity": OPPORTUNITY_EVENTS,
    "hygiene": OPPORTUNITY_EVENTS,
    "target": COUNCIL_EVENTS,
    "council": COUNCIL_EVENTS,
    "cell": COUNCIL_EVENTS,
    "action": COUNCIL_EVENTS,
    "agreement": AGREEMENTS,
    "command": ANSWERS,
}
"""First word of a wire type -> the log of whoever says it."""


def inboxes_of(fact: type[Fact]) -> list[str]:
    """The inboxes that a fact or command may stand in: from outside, or handed on by a task."""
    told = [INBOX_OF[fact]] if fact in INBOX_OF else []
    return list(dict.fromkeys([*told, *(forward.inbox for forward in FORWARDS.get(fact, ()))]))


def logs_of(wire_type: str) -> list[str]:
    """The canonical logs that a fact stands in: of who says it, and of who has heard it. Commands stand in none."""
    fact = CATALOGUE[wire_type]
    if fact in COMMANDS:
        return []
    own = _SAID_BY[wire_type.partition(".")[0]]
    return list(dict.fromkeys([own, *(LOG_BEHIND[forward.inbox] for forward in FORWARDS.get(fact, ()))]))


def topics_of(wire_type: str) -> list[str]:
    """Every topic that holds a fact: inboxes, canonical logs, and what alerting reads."""
    fact = CATALOGUE[wire_type]
    return list(dict.fromkeys([*inboxes_of(fact), *logs_of(wire_type), *ALSO_TO.get(fact, ())]))


def facts_in(topic: str) -> Iterator[str]:
    """The wire types that stand in a topic."""
    return (wire_type for wire_type in CATALOGUE if topic in topics_of(wire_type))
