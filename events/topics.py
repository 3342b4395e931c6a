"""The topics: what each keeps, for how long, and which facts go where."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from events.account import AccountOwnerTold
from events.envelope import is_subject
from events.fact import Fact
from events.identity import (
    AccountClaimed,
    AccountFound,
    IdentityShared,
    LeadHistoryShared,
    LeadHistoryTakenBack,
    LeadIdentityClaimed,
    LeadUnmerged,
)
from events.lead import LeadConverted, LeadOriginTold, LeadScored
from events.opportunity import OpportunityOwnerTold
from events.registry import (
    ABOUT_ACCOUNTS,
    ABOUT_COUNCILS,
    ABOUT_OPPORTUNITIES,
    ABOUT_POOLS,
    AGREEMENT_COMMANDS,
    COUNCIL_COMMANDS,
    LEAD_COMMANDS,
    UPSTREAM,
)
from events.routing import LeadAccountAsked, LeadOwnerRequested, LeadRequestWithdrawn, PoolAssigned, PoolRefused
from events.sla import SlaBreached, SlaBreachRetracted, SlaEscalated, SlaRevised, SlaWarned

DAY_MS = 24 * 60 * 60 * 1000
INBOX_RECORD_BYTES = 900_000
"""Largest record an inbox takes; `dead-letters` takes twice as much, since it adds the reason."""


@dataclass(frozen=True, slots=True)
class TopicDefinition:
    """How a topic is to be made.

    Attributes:
        name: without the deployment's prefix.
        compacted: only the last record of a key is kept.
        retention_ms: how long records are kept, in milliseconds from arrival; None for ever.
        partitions: 0 for the deployment's common partition count, else this fixed count.
        max_record_bytes: largest record.
        content: one line for people.
    """

    name: str
    compacted: bool = False
    retention_ms: int | None = None
    partitions: int = 0
    max_record_bytes: int = 1_000_000
    content: str = ""


RAW = "raw"
LEAD_INBOX = "lead-inbox"
LEAD_EVENTS = "lead-events"
LEAD_STATE = "lead-state"
LEAD_SCORES = "lead-scores"
SLA_BREACHES = "sla-breaches"
IDENTITY_INBOX = "identity-inbox"
IDENTITY_EVENTS = "identity-events"
IDENTITY_STATE = "identity-state"
ACCOUNT_INBOX = "account-inbox"
ACCOUNT_EVENTS = "account-events"
ACCOUNT_STATE = "account-state"
POOL_INBOX = "pool-inbox"
POOL_EVENTS = "pool-events"
POOL_STATE = "pool-state"
OPPORTUNITY_INBOX = "opportunity-inbox"
OPPORTUNITY_EVENTS = "opportunity-events"
OPPORTUNITY_STATE = "opportunity-state"
COUNCIL_INBOX = "council-inbox"
COUNCIL_EVENTS = "council-events"
COUNCIL_STATE = "council-state"
AGREEMENT_INBOX = "agreement-inbox"
AGREEMENTS = "agreements"
AGREEMENT_STATE = "agreement-state"
FETCH_STATE = "fetch-state"
ANSWERS = "answers"
DEAD_LETTERS = "dead-letters"
OUTCOMES = "dead-letter-outcomes"
VIEW_STATE = "view-state"
VIEW_PREFIX = "view."
VIEW_PROGRESS = "view.progress"
OPPORTUNITY_VIEW_STATE = "opportunity-view-state"
OPPORTUNITY_VIEW_PROGRESS = "view.opportunity-progress"
COUNCIL_VIEW_STATE = "council-view-state"
COUNCIL_VIEW_PROGRESS = "view.council-progress"
ACCOUNT_VIEW_STATE = "account-view-state"
ACCOUNT_VIEW_PROGRESS = "view.account-progress"


def _subjects(name: str, of: str) -> tuple[TopicDefinition, ...]:
    """Inbox, canonical log and changelog of a task group besides the leads'."""
    return (
        TopicDefinition(
            f"{name}-inbox",
            retention_ms=30 * DAY_MS,
            max_record_bytes=INBOX_RECORD_BYTES,
            content=f"what {of} are told and asked",
        ),
        TopicDefinition(f"{name}-events", content=f"the canonical log of {of}, in order for each"),
        TopicDefinition(f"{name}-state", compacted=True, content=f"the changelog of {of}"),
    )


def _projected(state: str, progress: str, of: str) -> tuple[TopicDefinition, ...]:
    """Changelog and progress of the tasks that make views of a canonical log."""
    return (
        TopicDefinition(state, compacted=True, content=f"the changelog of the views of {of}"),
        TopicDefinition(progress, compacted=True, content=f"up to which time a partition's views of {of} are complete"),
    )


TOPICS: tuple[TopicDefinition, ...] = (
    TopicDefinition(
        RAW,
        retention_ms=30 * DAY_MS,
        max_record_bytes=2 * INBOX_RECORD_BYTES,
        content="requests of vendors and forms as they came, without credentials",
    ),
    TopicDefinition(
        LEAD_INBOX,
        retention_ms=30 * DAY_MS,
        max_record_bytes=INBOX_RECORD_BYTES,
        content="what upstream says: facts and commands, duplicates possible",
    ),
    TopicDefinition(LEAD_EVENTS, content="the canonical log: accepted and derived facts, in order per lead"),
    TopicDefinition(LEAD_SCORES, compacted=True, content="current score, grade and reasons per lead"),
    TopicDefinition(SLA_BREACHES, retention_ms=90 * DAY_MS, content="warned, breached, escalated, revised, retracted"),
    TopicDefinition(LEAD_STATE, compacted=True, content="the lead tasks' changelog"),
    *_subjects("identity", "keys that people and companies are known by"),
    *_subjects("account", "accounts"),
    *_subjects("pool", "routing pools"),
    *_subjects("opportunity", "opportunities"),
    *_subjects("council", "councils and plans"),
    TopicDefinition(AGREEMENT_INBOX, partitions=1, content="commands about agreements"),
    TopicDefinition(AGREEMENTS, partitions=1, content="published agreements, all versions"),
    TopicDefinition(AGREEMENT_STATE, compacted=True, partitions=1, content="the agreement task's changelog"),
    TopicDefinition(
        FETCH_STATE,
        compacted=True,
        partitions=1,
        content="where the reading at vendors stands, and what is still to be read",
    ),
    TopicDefinition(ANSWERS, retention_ms=7 * DAY_MS, partitions=1, content="what became of commands"),
    TopicDefinition(
        DEAD_LETTERS,
        retention_ms=90 * DAY_MS,
        max_record_bytes=2 * INBOX_RECORD_BYTES,
        content="original bytes of what could not be taken, with the reason",
    ),
    TopicDefinition(OUTCOMES, retention_ms=90 * DAY_MS, content="which dead letters were mended, or refused again"),
    *_projected(VIEW_STATE, VIEW_PROGRESS, "leads"),
    *_projected(OPPORTUNITY_VIEW_STATE, OPPORTUNITY_VIEW_PROGRESS, "opportunities"),
    *_projected(COUNCIL_VIEW_STATE, COUNCIL_VIEW_PROGRESS, "councils and plans"),
    *_projected(ACCOUNT_VIEW_STATE, ACCOUNT_VIEW_PROGRESS, "accounts"),
)
"""All topics but the views' own, which the projections add (`view.<name>`, compacted)."""

ALSO_TO: dict[type[Fact], tuple[str, ...]] = {
    SlaWarned: (SLA_BREACHES,),
    SlaBreached: (SLA_BREACHES,),
    SlaEscalated: (SLA_BREACHES,),
    SlaRevised: (SLA_BREACHES,),
    SlaBreachRetracted: (SLA_BREACHES,),
    LeadScored: (),
}
"""Where a fact goes besides `lead-events`. `lead-scores` is rendered once per lead and batch, with reasons."""


class Forward(NamedTuple):
    """Where a fact of one subject goes so that another one hears of it.

    Attributes:
        inbox: the topic.
        to: the subject it is for, found in the fact; the key of the record. None when it is for nobody.
    """

    inbox: str
    to: Callable[[Any], str | None]


def _opportunity(fact: LeadConverted | LeadOriginTold) -> str | None:
    """The opportunity of a conversion; another system may name one as no subject is named."""
    return fact.opportunity if fact.opportunity and is_subject(fact.opportunity) else None


def _account(fact: OpportunityOwnerTold) -> str | None:
    return fact.account if is_subject(fact.account) else None


FORWARDS: dict[type[Fact], tuple[Forward, ...]] = {
    LeadAccountAsked: (Forward(ACCOUNT_INBOX, attrgetter("account")),),
    LeadOwnerRequested: (Forward(POOL_INBOX, attrgetter("pool")),),
    LeadRequestWithdrawn: (Forward(POOL_INBOX, attrgetter("pool")),),
    AccountOwnerTold: (Forward(LEAD_INBOX, attrgetter("lead")),),
    PoolAssigned: (Forward(LEAD_INBOX, attrgetter("lead")),),
    PoolRefused: (Forward(LEAD_INBOX, attrgetter("lead")),),
    LeadIdentityClaimed: (Forward(IDENTITY_INBOX, attrgetter("key")),),
    AccountClaimed: (Forward(IDENTITY_INBOX, attrgetter("key")),),
    IdentityShared: (Forward(LEAD_INBOX, attrgetter("lead")),),
    AccountFound: (Forward(LEAD_INBOX, attrgetter("lead")),),
    LeadHistoryShared: (Forward(LEAD_INBOX, attrgetter("into")),),
    LeadHistoryTakenBack: (Forward(LEAD_INBOX, attrgetter("into")),),
    LeadUnmerged: (Forward(LEAD_INBOX, attrgetter("into")),),
    LeadConverted: (Forward(OPPORTUNITY_INBOX, _opportunity),),
    LeadOriginTold: (Forward(OPPORTUNITY_INBOX, _opportunity),),
    OpportunityOwnerTold: (Forward(ACCOUNT_INBOX, _account),),
}
"""Facts that go to another subject's inbox as well, in the transaction that writes them.

The record carries the fact as its own log has it: its subject says who speaks, the record's key to whom.
"""

INBOX_OF: dict[type[Fact], str] = {
    **dict.fromkeys(UPSTREAM | LEAD_COMMANDS, LEAD_INBOX),
    **dict.fromkeys(ABOUT_ACCOUNTS, ACCOUNT_INBOX),
    **dict.fromkeys(ABOUT_POOLS, POOL_INBOX),
    **dict.fromkeys(ABOUT_OPPORTUNITIES, OPPORTUNITY_INBOX),
    **dict.fromkeys(ABOUT_COUNCILS | COUNCIL_COMMANDS, COUNCIL_INBOX),
    **dict.fromkeys(AGREEMENT_COMMANDS, AGREEMENT_INBOX),
}
"""Where facts and commands from outside go. What is not here is made by leadstream itself."""

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
