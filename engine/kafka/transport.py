"""Kafka under Faust: Faust's consumer only keeps the seat in the group, the engine fetches by itself.

aiokafka fetches ahead in the background, so a seek races what is on its way, and every record passes between two
threads. Here each fetch says from where, and its answer is decoded once, into a batch. Faust's consumer thread does
what it is good for: joining, heartbeats (a long batch does not stop them), and callbacks when partitions come and go.

Only task sources are consumed through this transport; Faust's own topics, tables and producer are not used.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, cast

from aiokafka.errors import KafkaError
from faust.transport import base
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from typing_extensions import override

from engine.batch import Batch
from engine.errors import LogError, Unseated
from engine.kafka import groups
from engine.kafka.cluster import Cluster
from engine.kafka.log import KafkaLog
from engine.kafka.poll import Poller
from engine.kafka.seat import ConsumerThread
from engine.transport import TaskConsumer

logger = logging.getLogger(__name__)

ALIAS = "leadkafka"
TRANSPORTS.aliases[ALIAS] = "engine.kafka.transport:Transport"

_FULL_SECONDS = 0.2
_SESSIONS, _REQUESTS = 3, 2
"""How long a lost place is waited for: what a rebalance takes, and joining over a connection that turns out dead."""


class Consumer(TaskConsumer, driver.Consumer):
    """Delivers batches."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._poller: Poller | None = None
        self._cluster: Cluster | None = None
        self._unseated_at: float | None = None

    @override
    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @override
    def logical(self, topic: str) -> str:
        """Our name of a broker's topic."""
        return topic.removeprefix(self._log.prefix)

    @override
    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[TP, list[Batch]]:
        """One batch per partition, and only for tasks that are open and have room."""
        try:
            return await self._batches(active_partitions or set())
        except (LogError, KafkaError) as exc:
            await self.host.crash(exc)
        await asyncio.sleep(_FULL_SECONDS)
        return {}

    async def _batches(self, active: set[TP]) -> Mapping[TP, list[Batch]]:
        wanted = self._wanted(active)
        if not wanted:
            self.host.freed.clear()
            await _wait(self.host.freed, _FULL_SECONDS)
            return {}
        found: dict[TP, list[Batch]] = {}
        polled = await self._polling().poll(wanted, all_ready=len(wanted) == len(active))
        for (topic, partition), (offset, fetched) in polled.items():
            name = self.logical(topic)
            runner = self.host.runners.get((name, partition))
            # While we waited the task may have gone, or opened again and gone back; then this is fetched once more.
            if runner is None or not runner.has_room(name) or runner.fetch_from(name) != offset:
                continue
            batch = await runner.offer(name, offset, fetched.records, fetched.next_offset)
            if batch is not None:
                # Faust drops what lies below the offset it saw last; after a reopening the task reads that again.
                self._read_offset[TP(topic, partition)] = None
                found[TP(topic, partition)] = [batch]
        return found

    def _wanted(self, active: Iterable[TP]) -> dict[tuple[str, int], int]:
        wanted = {}
        for tp in active:
            name = self.logical(tp.topic)
            runner = self.host.runners.get((name, tp.partition))
            if runner is not None and runner.has_room(name):
                wanted[tp.topic, tp.partition] = runner.fetch_from(name)
        return wanted

    def _polling(self) -> Poller:
        if self._poller is None:
            self._poller = Poller(self._asking(), self._log.pace)
        return self._poller

    def _asking(self) -> Cluster:
        if self._cluster is None:
            log = self._log
            self._cluster = Cluster(log.servers, log.session, f"{self.app.conf.id}-fetch")
        return self._cluster

    @override
    async def seek_source(self, partition: int, offsets: Mapping[str, int]) -> None:
        """Nothing to do: every fetch says from where."""

    @override
    async def seated(self) -> bool:
        """Ask the group; where it has given us up join it again, and end the process when that does not help.

        Raises:
            LogError: the group cannot be asked.
        """
        thread = cast("ConsumerThread", self._thread)
        member = await thread.call_thread(thread.member)
        if member and await groups.has_member(self._asking(), self.app.conf.id, member):
            self._unseated_at = None
            return True
        await thread.call_thread(thread.rejoin, member)
        now = time.monotonic()
        self._unseated_at = now if self._unseated_at is None else self._unseated_at
        waited = now - self._unseated_at
        if waited > max(_SESSIONS * self.app.conf.broker_session_timeout, _REQUESTS * self._log.session.request):
            await self.host.crash(Unseated(f"the consumer group has not known us for {waited:.0f} s; start again"))
        return False

    @override
    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish running transactions, and forget what was fetched ahead."""
        await super().on_partitions_revoked(revoked)
        if self._poller is not None:
            self._poller.forget()

    @override
    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Open the tasks of our new place."""
        self._unseated_at = None
        await super().on_partitions_assigned(assigned, generation_id)

    @override
    def highwater(self, tp: TP) -> int:
        """The last stable offset as last told; Faust's monitor shows it."""
        return self._poller.ends.get((tp.topic, tp.partition), 0) if self._poller else 0

    @override
    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing to do: it would complain that aiokafka does not fetch."""

    @override
    async def on_stop(self) -> None:
        """Finish running transactions, leave the group, let go of the brokers."""
        await super().on_stop()
        poller, cluster = self._poller, self._cluster
        self._poller = self._cluster = None
        if poller is not None and cluster is not None:
            await poller.stop()
            await cluster.stop()

    @property
    def _log(self) -> KafkaLog:
        return cast("KafkaLog", self.host.log)  # this transport comes with no other


class Producer(base.Producer):
    """Nothing is ever sent through Faust: outputs belong into the transactions of tasks. So it needs no broker."""


class Transport(driver.Transport):
    """What the scheme of `KafkaLog.faust_broker` stands for."""

    Consumer = Consumer
    Producer = Producer


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
