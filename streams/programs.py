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
    DEAD_LETTERS,
    IDENTITY_EVENTS,
    IDENTITY_INBOX,
    IDENTITY_STATE,
    LEAD_INBOX,
    LEAD_STATE,
    POOL_EVENTS,
    POOL_INBOX,
    POOL_STATE,
)
from streams.agents.agreement_task import AgreementProcessor
from streams.agents.agreements import AgreementReader
from streams.agents.lead_task import LeadProcessor
from streams.agents.subject_task import SubjectProcessor
from streams.deciders.accounts import ACCOUNT
from streams.deciders.identity import IDENTITY
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
)
AGREEMENTS_GROUP = GroupSpec(
    name="agreements", sources=(AGREEMENT_INBOX,), changelog=AGREEMENT_STATE, dead_letters=DEAD_LETTERS
)
ACCOUNTS = GroupSpec(
    name="accounts", sources=(ACCOUNT_INBOX,), changelog=ACCOUNT_STATE, dead_letters=DEAD_LETTERS, state_format=1
)
POOLS = GroupSpec(name="pools", sources=(POOL_INBOX,), changelog=POOL_STATE, dead_letters=DEAD_LETTERS, state_format=1)

IDENTITIES = GroupSpec(
    name="keys", sources=(IDENTITY_INBOX,), changelog=IDENTITY_STATE, dead_letters=DEAD_LETTERS, state_format=1
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
)
"""All task groups of other subjects than leads and agreements; they and the leads speak to one another."""


def lead_program(
    log: Reader,
    partitions: int,
    clock: Callable[[], int],
    secret: bytes = b"",
    store: Callable[[int], StateStore] | None = None,
) -> Program:
    """The lead tasks; all of a process share one reader of the agreements. `store` makes where a task keeps states."""
    codec = Codec()
    agreements = AgreementReader(log, codec, clock)
    return Program(LEADS, partitions, lambda _partition: LeadProcessor(agreements, codec, secret), store)


def agreement_program() -> Program:
    """The one task that decides about agreements."""
    codec = Codec()
    return Program(AGREEMENTS_GROUP, 1, lambda _partition: AgreementProcessor(codec))


def subject_programs(
    log: Reader, partitions: int, clock: Callable[[], int], secret: bytes = b""
) -> tuple[Program, ...]:
    """The tasks of all other subjects; those of a process share one reader of the agreements."""
    codec = Codec()
    agreements = AgreementReader(log, codec, clock)
    return tuple(_program(each, partitions, agreements, codec, secret) for each in SUBJECTS)


def _program(subjects: Subjects, partitions: int, agreements: AgreementReader, codec: Codec, secret: bytes) -> Program:
    group, log, kind = subjects
    return Program(
        group, partitions, lambda _partition: SubjectProcessor(group, log, kind, agreements, codec, secret=secret)
    )
