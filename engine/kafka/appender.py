"""Appending outside of tasks: one idempotent producer, and every record's own answer awaited."""

import asyncio
from collections.abc import Callable, Sequence

from aiokafka import AIOKafkaProducer

from engine.columns import Columns
from engine.kafka import producers
from engine.kafka.batches import Rows, built, check_rows
from engine.kafka.catalog import Catalog
from engine.kafka.dropping import cause_of, drop_producer
from engine.kafka.failures import translated
from engine.kafka.lanes import Lane
from engine.kafka.refused import refused
from engine.kafka.session import Session
from engine.ports import NewRecord

_Lanes = dict[tuple[str, int], Lane]


class Appender:
    """Durable appends, many at a time.

    The producer retries for ever, so that order is kept and nothing is doubled; when our patience ends before, it is
    dropped with what it still holds, and the next append starts another one.
    """

    def __init__(
        self, catalog: Catalog, servers: list[str], session: Session, now_ms: Callable[[], int | None]
    ) -> None:
        self._catalog, self._servers, self._session, self._now_ms = catalog, servers, session, now_ms
        self._producer: AIOKafkaProducer | None = None
        self._lanes: _Lanes = {}
        self._starting = asyncio.Lock()

    async def append(self, records: Rows) -> None:
        """Append records; they are durable when it returns.

        Raises:
            RecordTooLarge: one is too large; none was written.
            WrongTopic: a topic or partition is missing, or a record without a key is meant for a compacted topic.
            Unavailable: out of reach; some may have been written.
        """
        rows: Rows = {at: Columns.of(found) for at, found in records.items() if found}
        await self._catalog.learn({topic for topic, _ in rows})
        check_rows(rows, self._catalog.specs)
        for topic, partition in rows:
            await self._catalog.require_partition(topic, partition)
        producer: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(self._session.request):
                producer, lanes = await self._started()
                answers = [self._lane(producer, lanes, at).put(found) for at, found in rows.items()]
                await asyncio.gather(*answers)
        except Exception as exc:
            raise await self._failed(producer, rows, exc) from exc

    async def stop(self) -> None:
        """Let go; an append that still waits fails."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await drop_producer(producer)

    def _lane(self, producer: AIOKafkaProducer, lanes: _Lanes, at: tuple[str, int]) -> Lane:
        if at not in lanes:
            topic, partition = at

            async def send(rows: Sequence[NewRecord]) -> None:
                spec, name = self._catalog.specs.get(topic), self._catalog.physical(topic)
                batches = built(rows, self._now_ms(), spec, transactional=False)
                answers = [await producer.send_batch(batch, name, partition=partition) for batch in batches]
                await asyncio.gather(*answers)

            lanes[at] = Lane(send)
        return lanes[at]

    async def _started(self) -> tuple[AIOKafkaProducer, _Lanes]:
        async with self._starting:
            if self._producer is None:
                name = f"{self._catalog.prefix}leadstream-append"
                self._producer, self._lanes = await producers.idempotent(self._servers, self._session, name), {}
            return self._producer, self._lanes

    async def _failed(self, producer: AIOKafkaProducer | None, rows: Rows, exc: BaseException) -> Exception:
        """Start afresh: after a failed batch the partition's sequence numbers no longer fit what the broker has."""
        if producer is not None:
            exc = cause_of(producer, exc)
            if self._producer is producer:
                await self.stop()
        await refused(self._catalog, rows, exc)
        return translated(exc, "appending")
