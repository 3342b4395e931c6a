"""The first broker that answers.

aiokafka asks brokers one after the other, in random order, each for as long as a request may take. A broker that is
frozen, or behind a cut network, takes connections (its kernel does) and says nothing, so a client would not come to
the others before its own time is up, however healthy they are. Here each has a head start of a second.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from aiokafka.errors import KafkaError

from engine.kafka.dropping import drop_client
from engine.kafka.sending import Client
from engine.kafka.session import Session

T = TypeVar("T")
_HEAD_START = 1.0


async def first_answer(asks: Sequence[Callable[[], Awaitable[T]]]) -> T:
    """What the first one says that says something; the next is asked when those before have been silent for a second.

    Raises:
        KafkaError, OSError: nobody could be asked; what the last one failed with.
    """
    waiting, asked = list(asks), set[asyncio.Future[T]]()
    try:
        while True:
            if waiting:
                asked.add(asyncio.ensure_future(waiting.pop(0)()))
            head_start = _HEAD_START if waiting else None
            done, asked = await asyncio.wait(asked, timeout=head_start, return_when=asyncio.FIRST_COMPLETED)
            answers = [answer for answer in done if not isinstance(answer.exception(), KafkaError | OSError)]
            if answers or (done and not asked and not waiting):
                return (answers or list(done))[0].result()
    finally:
        for answer in asked:
            answer.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


async def answering(servers: list[str], session: Session, name: str) -> list[str]:
    """The one address of these that answers first, for a client to begin with; all, where none does.

    Args:
        servers: the brokers' addresses.
        session: how to talk to them; the caller says how long this may take.
        name: what brokers call this client in their logs.
    """

    def asking(server: str) -> Callable[[], Awaitable[str]]:
        async def ask() -> str:
            client = Client(**session.client([server], name))
            try:
                await client.bootstrap()
            finally:
                await drop_client(client)
            return server

        return ask

    try:
        return [await first_answer([asking(server) for server in servers])] if len(servers) > 1 else servers
    except (KafkaError, OSError):
        return servers  # whoever connects finds out why
