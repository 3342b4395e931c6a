"""Asks a lead: sends a command, has it decided where no worker does so, and waits for the answer."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

from engine.drain import drain
from engine.host import Program
from engine.ports import EventLog
from events.agreement import CommandAnswered
from events.codec import Codec
from events.commands import LeadCommand
from events.envelope import Envelope
from events.instants import from_us
from events.registry import wrap
from events.topics import ANSWERS
from leadstream.agreements import NoAnswer
from leadstream.clock import now_us
from leadstream.deciding import decide_all
from leadstream.publishing import publish
from leadstream.reading import history_of
from leadstream.settings import Settings
from leadstream.state_store import state_stores
from streams.programs import LEADS, agreement_program, lead_program, subject_programs

SOURCE = "/command-line"
"""Who asks; names below `/leadstream` belong to what is decided here."""
_LOOK = 0.1


class Told(NamedTuple):
    """What became of a command.

    Attributes:
        answer: accepted, or refused and why.
        facts: what followed, in order.
    """

    answer: CommandAnswered
    facts: list[Envelope]


async def ask_lead(
    log: EventLog, settings: Settings, partitions: int, lead: str, command: LeadCommand, *, name: str, patience: float
) -> Told:
    """Send a command to a lead and wait for its answer.

    Args:
        log: the log.
        settings: of the deployment.
        partitions: of the leads' topics.
        lead: the lead id.
        command: what is asked.
        name: the command's id; one that was sent before is answered as it was then.
        patience: how long to wait, seconds.

    Raises:
        NoAnswer: a worker has the leads, and does not answer in time.
    """
    codec, until = Codec(), monotonic() + patience
    offset = (await log.ends(ANSWERS))[0]
    envelope = wrap(command, id=name, source=SOURCE, subject=lead, time=from_us(now_us()))
    await publish(log, partitions, [(envelope, codec.encode(envelope), ())])
    while True:
        await _decide(log, settings, partitions)
        end = (await log.ends(ANSWERS))[0]
        while offset < end:
            records, offset = await log.read(ANSWERS, 0, offset)
            for record in records:
                told = codec.decode(record.value)
                if isinstance(told.data, CommandAnswered) and (told.subject, told.data.command) == (lead, name):
                    return Told(told.data, await _facts(log, partitions, lead, told.data, codec))
        if monotonic() >= until:
            raise NoAnswer(
                f"no answer within {patience:g} s; the command {name} is in the inbox and will be answered later"
            )
        await asyncio.sleep(_LOOK)


async def _decide(log: EventLog, settings: Settings, partitions: int) -> None:
    """Decide what is there, unless somebody else does."""
    secret = settings.secret.encode()
    agreements, others = agreement_program(), subject_programs(log, partitions, now_us, secret)
    leads = lead_program(log, partitions, now_us, secret, state_stores(settings, LEADS))
    if await _owned(log, [agreements, *others, leads]):
        return
    await drain(log, agreements)
    await decide_all(log, leads, others)


async def _owned(log: EventLog, programs: Sequence[Program]) -> bool:
    for program in programs:
        for partition in range(program.partitions):
            if await log.owned(program.group, partition):
                return True
    return False


async def _facts(log: EventLog, partitions: int, lead: str, answer: CommandAnswered, codec: Codec) -> list[Envelope]:
    if not answer.facts:
        return []
    wanted = set(answer.facts)
    return [fact for fact in await history_of(log, partitions, lead, codec) if fact.id in wanted]
