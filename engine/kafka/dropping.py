"""Closing aiokafka's clients at once, whatever state the brokers are in.

A producer's own `stop` flushes first, which lasts as long as the brokers are away, and when cancelled it leaks its
sender and sockets. What an open transaction has written needs no flush: the next owner's start aborts it.
"""

import asyncio
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import ProducerClosed

from engine.kafka.sending import transport_of

_GRACE_SECONDS = 1.0


async def drop_client(client: AIOKafkaClient) -> None:
    """Close all connections, at once; none is made any more."""
    client.dropped = True  # first: whoever is told that its connection is broken would make another one
    abort_connections(client)
    await client.close()  # fails all requests in flight
    waiting = client._md_update_fut  # noqa: SLF001 - nobody will answer those who wait for it
    if waiting is not None and not waiting.done():
        waiting.set_result(False)


def abort_connections(client: AIOKafkaClient) -> None:
    """Break all connections; a half-open socket would never finish an orderly close."""
    for connection in list(client._conns.values()):  # noqa: SLF001 - there is no public way to abort
        transport = transport_of(connection)
        if transport is not None:
            transport.abort()


async def drop_producer(producer: AIOKafkaProducer) -> None:
    """Forget a producer and everything it had not sent; whoever still waits for it gets `ProducerClosed`."""
    producer._closed = True  # noqa: SLF001 - or its destructor warns
    sender = producer._sender.sender_task  # noqa: SLF001 - it has to end, and only `stop` would end it
    if sender is not None:
        sender.cancel()
    await drop_client(producer.client)
    if sender is not None:
        await asyncio.wait([sender], timeout=_GRACE_SECONDS)
        sender.cancel()
    _fail_waiting(producer._message_accumulator)  # noqa: SLF001 - a cancelled sender leaves their futures open
    _seen(getattr(producer._txn_manager, "_transaction_waiter", None))  # noqa: SLF001 - nobody will commit any more


def _fail_waiting(accumulator: Any) -> None:
    queued = [batch for batches in accumulator._batches.values() for batch in batches]  # noqa: SLF001 - see above
    accumulator._pending_batches.update(queued)  # noqa: SLF001 - the callback of one that was sent before removes it
    waiting = list(accumulator._pending_batches)  # noqa: SLF001 - see above
    accumulator.fail_all(ProducerClosed())
    for batch in waiting:
        _seen(batch.future)
        _seen(batch._drain_waiter)  # noqa: SLF001 - same


def _seen(future: asyncio.Future[Any] | None) -> None:
    """Look at a future's error, so that asyncio does not report it as never retrieved."""
    if future is not None and future.done() and not future.cancelled():
        future.exception()


def cause_of(producer: AIOKafkaProducer, exc: BaseException) -> BaseException:
    """The error that ended a producer's sender, with its causes; what callers get is a copy that has lost them."""
    original: BaseException | None = producer._message_accumulator._exception  # noqa: SLF001 - kept nowhere else
    return exc if original is None else original
