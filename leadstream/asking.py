"""Sends a command, has it decided where no worker does so, and waits for the answer."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from engine.ports import EventLog
from events.agreement import CommandAnswered
from events.codec import Codec
from events.envelope import Envelope
from events.topics import ANSWERS
from leadstream.publishing import publish

_LOOK = 0.1


class NoAnswer(Exception):
    """A worker has to decide the command and did not in time; the command stays in the inbox."""


async def ask(
    log: EventLog, partitions: int, command: Envelope, decide: Callable[[], Awaitable[None]], *, patience: float
) -> CommandAnswered:
    """Send a command and wait for its answer.

    Args:
        log: the log.
        partitions: of the inbox it goes to.
        command: what is asked; one of an id that was sent before is answered as it was then.
        decide: decides what is in the inbox, unless a worker does so.
        patience: how long to wait, seconds.

    Raises:
        NoAnswer: there was none in time.
    """
    codec, until = Codec(), monotonic() + patience
    offset = (await log.ends(ANSWERS))[0]
    await publish(log, partitions, [(command, codec.encode(command), ())])
    while True:
        await decide()
        end = (await log.ends(ANSWERS))[0]
        while offset < end:
            records, offset = await log.read(ANSWERS, 0, offset)
            for record in records:
                told = codec.decode(record.value)
                answer = told.data if told.subject == command.subject else None
                if isinstance(answer, CommandAnswered) and answer.command == command.id:
                    return answer
        if monotonic() >= until:
            raise NoAnswer(
                f"no answer within {patience:g} s; the command {command.id} is in the inbox and will be answered later"
            )
        await asyncio.sleep(_LOOK)
