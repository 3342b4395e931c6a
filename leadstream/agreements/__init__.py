"""Reads what became of agreements, and has commands about them decided."""

from functools import partial
from pathlib import Path
from uuid import uuid4

from engine.drain import drain
from engine.ports import EventLog
from engine.reading import records_of
from events.agreement import AgreementCommand, AgreementFact, CommandAnswered, PublishAgreement
from events.codec import Codec
from events.envelope import Envelope
from events.instants import from_us
from events.registry import wrap
from events.topics import AGREEMENTS, LEAD_EVENTS
from leadstream import asking
from leadstream.clock import now_us
from streams.agreement.grammar import AgreementSpec
from streams.agreement.known import Known
from streams.agreement.load import document
from streams.programs import AGREEMENTS_GROUP, agreement_program

SOURCE = "/leadstream/cli"
_PATIENCE = 30.0


async def told(log: EventLog, codec: Codec) -> list[Envelope]:
    """All that became of agreements, in the order in which it was decided."""
    return [codec.decode(record.value) async for record in records_of(log, AGREEMENTS, 0)]


async def known_agreements(log: EventLog, codec: Codec) -> Known:
    """The published versions, with the ends of those that are retired."""
    facts = [envelope.data for envelope in await told(log, codec)]
    return Known.of(fact for fact in facts if isinstance(fact, AgreementFact))


async def untouched(log: EventLog) -> bool:
    """Whether no lead was decided yet, so that an agreement may take effect at any date."""
    return not any(await log.ends(LEAD_EVENTS))


async def ask(log: EventLog, name: str, command: AgreementCommand) -> CommandAnswered:
    """Send a command about an agreement and wait for its answer; decides it here when no worker does.

    Raises:
        NoAnswer: a worker has the agreements, and does not answer.
    """
    envelope = wrap(command, id=str(uuid4()), source=SOURCE, subject=name, time=from_us(now_us()))
    return await asking.ask(log, 1, envelope, partial(_decide, log), patience=_PATIENCE)


async def request_publication(log: EventLog, spec: AgreementSpec, signed_as: str | None) -> CommandAnswered:
    """Have a document published.

    Raises:
        NoAnswer: a worker has the agreements, and does not answer.
    """
    command = PublishAgreement(document=document(spec), before_first_lead=await untouched(log), signed_as=signed_as)
    return await ask(log, spec.agreement, command)


async def _decide(log: EventLog) -> None:
    """Decide what is there, unless a worker does so."""
    if not await log.owned(AGREEMENTS_GROUP, 0):
        await drain(log, agreement_program())


def text_of(path: Path) -> str:
    """The agreement file as text.

    Raises:
        UnicodeDecodeError: it is not UTF-8.
    """
    return path.read_text(encoding="utf-8-sig")
