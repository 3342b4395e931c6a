"""Decides all that is in the inboxes, in virtual time: leads by themselves where they have nobody to speak to."""

from collections.abc import Sequence

from engine.drain import Progress, drain
from engine.host import Program
from engine.ports import EventLog
from engine.together import drain_together
from events.agreement import AgreementPublished
from events.codec import Codec
from events.lead import LeadConverted
from events.registry import UPSTREAM
from events.topics import FORWARDS
from leadstream.agreements import told
from streams.programs import Speaking

_TO_ONE_SIDE = frozenset({LeadConverted})
"""What leads tell to those who tell nothing back unless leads ask: they can hear of it when the leads are done."""
_SPEAKING = ("routing", "identity")
"""The parts of an agreement by which leads ask pools and accounts for an owner, or tell others their keys."""


async def decide_all(
    log: EventLog,
    speaking: Speaking,
    *,
    until: int | None = None,
    progress: Progress | None = None,
    limit: int = 5000,
) -> int:
    """Decide leads and whomever they speak to; agreements must be decided before.

    Args:
        log: the log.
        speaking: the groups.
        until: let time pass up to this instant (microseconds), if it is later than all records.
        progress: told of each transaction.
        limit: records of a transaction.

    Raises:
        PoisonBatch: a program failed on a record, which is named.

    Returns:
        The instant up to which time has passed, microseconds.
    """
    leads, others = speaking
    if await _quiet(log, others) and not await _may_speak(log):
        time = await drain(log, leads, until=until, progress=progress, limit=limit)
        if await _quiet(log, others):
            return time
    return await drain_together(log, speaking.all, until=until, progress=progress, limit=limit)


async def _quiet(log: EventLog, programs: Sequence[Program]) -> bool:
    """Whether nobody has ever told these groups anything."""
    return not any([any(await log.ends(topic)) for program in programs for topic in program.group.sources])


async def _may_speak(log: EventLog) -> bool:
    """Whether some version of an agreement, or what comes from outside, gives leads something to say to others."""
    if not (UPSTREAM - _TO_ONE_SIDE).isdisjoint(FORWARDS):
        return True
    facts = [envelope.data for envelope in await told(log, Codec())]
    return any(
        fact.document.get(part) is not None
        for fact in facts
        if isinstance(fact, AgreementPublished)
        for part in _SPEAKING
    )
