"""Reads the published agreements, and has one published."""

import asyncio
from pathlib import Path
from uuid import uuid4

from engine.drain import drain
from engine.ports import EventLog
from engine.reading import records_of
from events.agreement import AgreementPublished, CommandAnswered, PublishAgreement
from events.codec import Codec
from events.instants import from_us
from events.registry import wrap
from events.topics import AGREEMENTS, ANSWERS, LEAD_EVENTS
from leadstream.clock import now_us
from leadstream.publishing import publish
from streams.agreement.grammar import AgreementSpec
from streams.agreement.load import document
from streams.programs import AGREEMENTS_GROUP, agreement_program

SOURCE = "/leadstream/cli"
_PATIENCE = 30.0
_LOOK = 0.2


class NoAnswer(Exception):
    """A worker owns the agreements and did not answer in time; the command stays in the inbox."""


async def published(log: EventLog, codec: Codec) -> list[AgreementPublished]:
    """All published versions, in the order they were published."""
    facts = [codec.decode(record.value).data async for record in records_of(log, AGREEMENTS, 0)]
    return [fact for fact in facts if isinstance(fact, AgreementPublished)]


async def request_publication(log: EventLog, spec: AgreementSpec, signed_as: str | None) -> CommandAnswered:
    """Send the command and wait for its answer; decides it here when no worker does.

    Raises:
        NoAnswer: a worker has the agreements, and does not answer.
    """
    codec, command_id = Codec(), str(uuid4())
    untouched = not any(await log.ends(LEAD_EVENTS))
    command = PublishAgreement(document=document(spec), before_first_lead=untouched, signed_as=signed_as)
    envelope = wrap(command, id=command_id, source=SOURCE, subject=spec.agreement, time=from_us(now_us()))
    await publish(log, 1, [(envelope, codec.encode(envelope), ())])
    return await _answer(log, command_id, codec)


async def _answer(log: EventLog, command_id: str, codec: Codec) -> CommandAnswered:
    waited, offset = 0.0, (await log.starts(ANSWERS))[0]
    while True:
        if not await log.owned(AGREEMENTS_GROUP, 0):
            await drain(log, agreement_program())
        end = (await log.ends(ANSWERS))[0]
        while offset < end:
            records, offset = await log.read(ANSWERS, 0, offset)
            for record in records:
                fact = codec.decode(record.value).data
                if isinstance(fact, CommandAnswered) and fact.command == command_id:
                    return fact
        if waited >= _PATIENCE:
            raise NoAnswer(
                f"no answer within {_PATIENCE:.0f} s; the command is in the inbox and will be answered later"
            )
        await asyncio.sleep(_LOOK)
        waited += _LOOK


def text_of(path: Path) -> str:
    """The agreement file as text.

    Raises:
        UnicodeDecodeError: it is not UTF-8.
    """
    return path.read_text(encoding="utf-8-sig")
