"""Producers: settings and start."""

import asyncio
from collections.abc import Callable

import aiokafka.producer.sender as aiokafka_sender
from aiokafka import AIOKafkaProducer

from engine.kafka.answering import answering
from engine.kafka.batches import MAX_BATCH_BYTES
from engine.kafka.dropping import drop_producer
from engine.kafka.failures import knows_no_broker
from engine.kafka.sending import mended
from engine.kafka.session import Session

# A transaction that follows another waits for its markers; aiokafka asks again every 20 ms, which is most of the time
# a small transaction takes.
aiokafka_sender.BACKOFF_OVERRIDE = 0.002
_TRANSACTION_BACKOFF_MS = 10  # for the same reason


async def transactional(servers: list[str], session: Session, transactional_id: str) -> AIOKafkaProducer:
    """A started producer of that id: every former one is fenced, its open transaction has ended.

    Raises:
        TimeoutError: not in time.
        KafkaError: the broker refused.
    """

    def make(servers: list[str]) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **session.client(servers, transactional_id, backoff_ms=_TRANSACTION_BACKOFF_MS),
            transactional_id=transactional_id,
            transaction_timeout_ms=int(session.transaction * 1000),
            max_batch_size=MAX_BATCH_BYTES,
            max_request_size=2**31 - 1,  # sizes are checked against each topic's own limit
        )

    async with asyncio.timeout(session.opening):
        return await _started(make, await answering(servers, session, transactional_id), session.refetch)


async def idempotent(servers: list[str], session: Session, name: str) -> AIOKafkaProducer:
    """A started producer that writes nothing twice while it lives.

    Raises:
        TimeoutError: not in time.
        KafkaError: the broker refused.
    """

    def make(servers: list[str]) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **session.client(servers, name),
            enable_idempotence=True,
            max_batch_size=MAX_BATCH_BYTES,
            max_request_size=2**31 - 1,
        )

    async with asyncio.timeout(session.connect):
        return await _started(make, await answering(servers, session, name), session.refetch)


async def _started(make: Callable[[list[str]], AIOKafkaProducer], servers: list[str], pause: float) -> AIOKafkaProducer:
    """A started producer. A broker that has just come back may name no broker yet; then it is asked again."""
    while True:
        producer = make(servers)
        mended(producer.client)
        try:
            await producer.start()
        except BaseException as exc:
            await drop_producer(producer)
            if not knows_no_broker(exc):
                raise
        else:
            return producer
        await asyncio.sleep(pause)
