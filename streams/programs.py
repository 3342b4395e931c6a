"""The task groups of the write side, ready to be run live or in virtual time."""

from collections.abc import Callable
from typing import Any, NamedTuple

from engine.host import Program
from engine.ports import GroupSpec
from engine.state import StateStore
from events.codec import Codec
from events.topics import (
    ACCOUNT_EVENTS,
    ACCOUNT_INBOX,
    ACCOUNT_STATE,
    AGREEMENT_INBOX,
    AGREEMENT_STATE,
    COUNCIL_EVENTS,
    COUNCIL_INBOX,
    COUNCIL_STATE,
    DEAD_LETTERS,
    IDENTITY_EVENTS,
    IDENTITY_INBOX,
    IDENTITY_STATE,
    LEAD_INBOX,
    LEAD_STATE,
    OPPORTUNITY_EVENTS,
    OPPORTUNITY_INBOX,
    OPPORTUNITY_STATE,
    OUTCOMES,
    POOL_EVENTS,
    POOL_INBOX,
    POOL_STATE,
)
from streams.agents.agreement_task import AgreementProcessor
from streams.agents.agreements import AgreementReader
from streams.agents.lead_task import LeadProcessor
from streams.agents.subject_task import SubjectProcessor
from streams.deciders.accounts import ACCOUNT
from streams.deciders.councils import COUNCIL
from streams.deciders.identity import IDENTITY
from streams.deciders.opportunities import OPPORTUNITY
from streams.deciders.pools import POOL
from streams.deciders.subject import Kind
from streams.ports import Reader

LEADS = GroupSpec(
    name="leads",
    sources=(LEAD_INBOX,),
    changelog=LEAD_STATE,
    dead_letters=DEAD_LETTERS,
    state_format=2,
    oldest_format=0,  # fields that came since stand at the end of their structs and have defaults; 2 may be packed
    outcomes=OUTCOMES,
)
AGREEMENTS_GROUP = GroupSpec(
    name="agreements",
    sources=(AGREEMENT_INBOX,),
    changelog=AGREEMENT_STATE,
    dead_letters=DEAD_LETTERS,
    outcomes=OUTCOMES,
)
ACCOUNTS = GroupSpec(
    name="accounts",
    sources=(ACCOUNT_INBOX,),
    changelog=ACCOUNT_STATE,
    dead_letters=DEAD_LETTERS,
    state_format=2,
    oldest_format=1,  # as of leads
    outcomes=OUTCOMES,
)
POOLS = GroupSpec(
    name="pools",
    sources=(POOL_INBOX,),
    changelog=POOL_STATE,
    dead_letters=DEAD_LETTERS,
    state_format=1,
    outcomes=OUTCOMES,
)

IDENTITIES = GroupSpec(
    name="keys",
    sources=(IDENTITY_INBOX,),
    changelog=IDENTITY_STATE,
    dead_letters=DEAD_LETTERS,
    state_format=1,
    outcomes=OUTCOMES,
)
DEALS = GroupSpec(
    name="deals",
    sources=(OPPORTUNITY_INBOX,),
    changelog=OPPORTUNITY_STATE,
    dead_letters=DEAD_LETTERS,
    state_format=1,
    oldest_format=0,  # as of leads
    outcomes=OUTCOMES,
)
COUNCILS = GroupSpec(
    name="councils",
    sources=(COUNCIL_INBOX,),
    changelog=COUNCIL_STATE,
    dead_letters=DEAD_LETTERS,
    state_format=1,
    oldest_format=0,  # as of leads
    outcomes=OUTCOMES,
)


class Subjects(NamedTuple):
    """A task group of other subjects than leads.

    Attributes:
        group: its inbox and changelog.
        log: its canonical log.
        kind: what is decided about its subjects.
    """

    group: GroupSpec
    log: str
    kind: Kind[Any]


SUBJECTS: tuple[Subjects, ...] = (
    Subjects(ACCOUNTS, ACCOUNT_EVENTS, ACCOUNT),
    Subjects(IDENTITIES, IDENTITY_EVENTS, IDENTITY),
    Subjects(POOLS, POOL_EVENTS, POOL),
    Subjects(DEALS, OPPORTUNITY_EVENTS, OPPORTUNITY),
    Subjects(COUNCILS, COUNCIL_EVENTS, COUNCIL),
)
"""All task groups of other subjects than leads and agreements; they and the leads speak to one another."""


class Speaking(NamedTuple):
    """The groups that speak to one another.

    Attributes:
        leads: the leads' tasks.
        others: those of all other subjects.
    """

    leads: Program
    others: tuple[Program, ...]

    @property
    def all(self) -> tuple[Program, ...]:
        """Every one of them."""
        return (*self.others, self.leads)


def speaking_programs(
    log: Reader,
    partitions: int,
    clock: Callable[[], int],
    secret: bytes = b"",
    store: Callable[[int], StateStore] | None = None,
) -> Speaking:
    """The tasks of leads and of whomever they speak to; all of a process share one reader of the agreements.

    Args:
        log: where agreements are read.
        partitions: partition count of their inboxes.
        clock: microseconds since the epoch.
        secret: the deployment's key for hashes of personal keys.
        store: makes where a lead task keeps its states, given its partition number; None for memory.
    """
    codec = Codec()
    agreements = AgreementReader(log, codec, clock)
    leads = Program(LEADS, partitions, lambda _partition: LeadProcessor(agreements, codec, secret), store)
    return Speaking(leads, tuple(_program(each, partitions, agreements, codec, secret) for each in SUBJECTS))


def lead_program(
    log: Reader,
    partitions: int,
    clock: Callable[[], int],
    secret: bytes = b"",
    store: Callable[[int], StateStore] | None = None,
) -> Program:
    """The lead tasks alone, where leads have nobody to speak to; see `speaking_programs`."""
    return speaking_programs(log, partitions, clock, secret, store).leads


def agreement_program() -> Program:
    """The one task that decides about agreements."""
    codec = Codec()
    return Program(AGREEMENTS_GROUP, 1, lambda _partition: AgreementProcessor(codec))


def _program(subjects: Subjects, partitions: int, agreements: AgreementReader, codec: Codec, secret: bytes) -> Program:
    group, log, kind = subjects
    return Program(
        group, partitions, lambda _partition: SubjectProcessor(group, log, kind, agreements, codec, secret=secret)
    )
