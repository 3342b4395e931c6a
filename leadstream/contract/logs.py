"""In which topics a fact stands: its own log, where it is told, and where it is handed on to."""

from collections.abc import Iterator

from events.fact import Fact
from events.registry import CATALOGUE, COMMANDS
from events.topics import (
    ACCOUNT_EVENTS,
    AGREEMENTS,
    ALSO_TO,
    ANSWERS,
    COUNCIL_EVENTS,
    FORWARDS,
    IDENTITY_EVENTS,
    INBOX_OF,
    LEAD_EVENTS,
    LOG_BEHIND,
    OPPORTUNITY_EVENTS,
    POOL_EVENTS,
)

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
