"""Asks a lead or a council: a command, its answer, and what followed."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from engine.drain import drain
from engine.host import Program
from engine.ports import EventLog
from events.agreement import CommandAnswered
from events.codec import Codec
from events.envelope import Envelope
from events.fact import Fact
from events.instants import from_us
from events.registry import wrap
from events.topics import INBOX_OF, LOG_BEHIND
from leadstream.asking import ask
from leadstream.clock import now_us
from leadstream.deciding import decide_all
from leadstream.reading import history_of
from leadstream.settings import Settings
from leadstream.state_store import state_stores
from streams.programs import LEADS, agreement_program, speaking_programs

SOURCE = "/command-line"
"""Who asks; names below `/leadstream` belong to what is decided here."""


class Told(NamedTuple):
    """What became of a command.

    Attributes:
        answer: accepted, or refused and why.
        facts: what followed, in order.
    """

    answer: CommandAnswered
    facts: list[Envelope]


async def ask_subject(
    log: EventLog, settings: Settings, partitions: int, subject: str, command: Fact, *,
    name: str, patience: float,
) -> Told:  # fmt: skip
    """Send a command to a lead or a council and wait for its answer.

    Args:
        log: the log.
        settings: of the deployment.
        partitions: of their topics.
        subject: the lead id, or the council's name.
        command: what is asked; one of `LEAD_COMMANDS` or `COUNCIL_COMMANDS`.
        name: the command's id; one that was sent before is answered as it was then.
        patience: how long to wait, seconds.

    Raises:
        NoAnswer: a worker has the subject, and does not answer in time.
    """
    envelope = wrap(command, id=name, source=SOURCE, subject=subject, time=from_us(now_us()))
    answer = await ask(log, partitions, envelope, partial(_decide, log, settings, partitions), patience=patience)
    return Told(answer, await _facts(log, partitions, subject, answer, LOG_BEHIND[INBOX_OF[type(command)]]))


async def _decide(log: EventLog, settings: Settings, partitions: int) -> None:
    """Decide what is there, unless somebody else does."""
    agreements, stores = agreement_program(), state_stores(settings, LEADS)
    speaking = speaking_programs(log, partitions, now_us, settings.secret.encode(), stores)
    if await _owned(log, [agreements, *speaking.all]):
        return
    await drain(log, agreements)
    await decide_all(log, speaking)


async def _owned(log: EventLog, programs: Sequence[Program]) -> bool:
    for program in programs:
        for partition in range(program.partitions):
            if await log.owned(program.group, partition):
                return True
    return False


async def _facts(log: EventLog, partitions: int, subject: str, answer: CommandAnswered, topic: str) -> list[Envelope]:
    if not answer.facts:
        return []
    wanted = set(answer.facts)
    return [fact for fact in await history_of(log, partitions, subject, Codec(), topic) if fact.id in wanted]
