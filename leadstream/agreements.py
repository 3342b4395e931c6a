"""Reads the published agreements, and has one published."""

from events.agreement import AgreementPublished
from events.codec import Codec
from events.topics import AGREEMENTS
from engine.ports import EventLog
from leadstream.reading import records_of


async def published(log: EventLog, codec: Codec) -> list[AgreementPublished]:
    """All published versions, in the order they were published."""
    facts = [codec.decode(record.value).data async for record in records_of(log, AGREEMENTS, 0)]
    return [fact for fact in facts if isinstance(fact, AgreementPublished)]
