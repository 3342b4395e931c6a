"""The seat in a Kafka consumer group: joining, heartbeats, callbacks when partitions come and go.

Faust's thread does it with aiokafka's consumer, which fetches nothing here. What this adds is an orderly end at any
moment, outages waited out, and a static place that is not taken back from who took it.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service
from typing_extensions import override

from engine.errors import Replaced
from engine.failpoints import reached
from engine.host import Host
from engine.kafka import places
from engine.kafka.answering import answering
from engine.kafka.dropping import abort_connections
from engine.kafka.failures import is_outage
from engine.kafka.log import KafkaLog
from engine.kafka.quiet import quieten
from engine.kafka.sending import mended

logger = logging.getLogger(__name__)

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 1.0, 5.0
_BEGINNING_SECONDS, _ASK_AGAIN_SECONDS = 0.01, 0.2
_ALIVE_SECONDS = 1.0


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Holds the seat in the consumer group."""

    _servers: list[str]
    _member: tuple[int, str] | None = None
    """Generation of the group and our id in it, as last known; aiokafka forgets them before it joins again."""

    @override
    async def on_start(self) -> None:
        """Join, as soon as a broker is there. A worker that boots in an outage waits for its end."""
        quieten()  # here, because Faust has set up its own logging by now
        delay = _FIRST_WAIT_SECONDS
        while not self.should_stop:
            self._servers = await answering(self._log.servers, self._log.session, self.app.conf.broker_client_id)
            try:
                await super().on_start()
            except (KafkaError, OSError) as exc:
                if not is_outage(exc):
                    raise
                logger.warning("no Kafka broker answers at %s; waiting for one", ", ".join(self._log.servers))
                await self._ensure_consumer().stop()
                await self.sleep(delay)
                delay = min(2 * delay, _LONGEST_WAIT_SECONDS)
            else:
                self._join_only_what_is_ours()
                return

    @override
    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        """A consumer that fetches nothing.

        Range assignment gives a member the same partition numbers of all sources with the same partition count: a task
        needs all of its sources in one place. Faust's own choice for an app without tables would deal them out one by
        one.
        """
        conf, log = self.app.conf, self._log
        consumer = AIOKafkaConsumer(
            **log.session.client(self._servers, conf.broker_client_id),
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            partition_assignment_strategy=[RangePartitionAssignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_interval_ms=int((conf.broker_max_poll_interval or 300.0) * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
        )
        mended(consumer._client)  # noqa: SLF001 - there is no other way to it
        return consumer

    @override
    async def stop(self) -> None:
        """Leave the group and end the thread; one that is just beginning has to have begun, or it would miss it."""
        thread = self._thread
        while thread is not None and not (self._started.is_set() or thread.is_stopped.is_set()):  # noqa: ASYNC110 - theirs
            await asyncio.sleep(_BEGINNING_SECONDS)
        await super().stop()

    @override
    async def on_thread_stop(self) -> None:
        """Leave the group and close aiokafka's consumer, also when it waited for a coordination that we gave up."""
        try:
            await super().on_thread_stop()
        except asyncio.CancelledError:
            consumer, coordinator = self._ensure_consumer(), self._coordinator
            if not coordinator._coordination_task.cancelled():  # noqa: SLF001 - then it is us who is cancelled
                raise
            consumer._closed, coordinator._closing = False, self.thread_loop.create_future()  # noqa: SLF001 - once more
            await consumer.stop()

    @override
    def close(self) -> None:
        """Nothing to do: `stop` closes aiokafka's consumer.

        Faust calls this when a rebalance meets an end. It would close the client from the wrong loop, in the middle of
        a join that then never ends, and neither would the process.
        """

    @override
    async def subscribe(self, topics: Iterable[str]) -> None:
        """Begin to take part in the group."""
        reached("seat.asked")
        await super().subscribe(topics)

    def _join_only_what_is_ours(self) -> None:
        """Look before every join whether the static place is still ours, and as late as can be.

        While we let go of what we had, our heartbeat may hear that the group does not know us and forget our id. A join
        without an id takes a static place, whoever has it.
        """
        coordinator = self._coordinator
        join = coordinator._do_rejoin_group  # noqa: SLF001 - aiokafka has no hook between letting go and joining

        async def joined(subscription: Any) -> bool:
            reached("seat.joining")
            if self._ending or await self._replaced():
                raise asyncio.CancelledError  # ends aiokafka's coordination
            return bool(await join(subscription))

        coordinator._do_rejoin_group = joined  # noqa: SLF001 - the same

    @override
    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Let go, before aiokafka joins the group (again); and do not join when the process ends.

        Raises:
            asyncio.CancelledError: ends aiokafka's coordination.
        """
        reached("seat.emptied")
        if self._ending or await self._replaced():
            raise asyncio.CancelledError
        await super().on_partitions_revoked(revoked)

    @override
    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Keep aiokafka from fetching, then tell the rest."""
        reached("seat.taken")
        self._member = self._coordinator.generation, self._coordinator.member_id
        self._ensure_consumer().pause(*(TopicPartition(*tp) for tp in assigned))
        await super().on_partitions_assigned(assigned, generation_id)

    @Service.task
    async def _hold(self) -> None:
        """Do what aiokafka expects of a consumer that fetches, for as long as this thread lives.

        It is done here and not where batches are fetched: who has no partitions fetches nothing, and would be thrown
        out for it. A process that hangs is the watchdog's to end.
        """
        while not self._ending:
            try:
                self._know_topics()
                await self._stay_alive()
            except Exception as exc:  # noqa: BLE001 - a seat that nobody holds any more must be told loudly
                self._end_process(exc)
                return
            await self.sleep(_ALIVE_SECONDS)

    def _know_topics(self) -> None:
        """Ask again which partitions there are, as long as we do not know.

        Who leads the group deals out what it knows of: nothing at all, to everybody, when it joined while the broker
        did not answer. aiokafka deals again as soon as it learns more, but asks only every five minutes by itself.
        """
        consumer = self._ensure_consumer()
        client = consumer._client  # noqa: SLF001 - there is no other way to it
        if any(client.cluster.partitions_for_topic(topic) is None for topic in consumer.subscription()):
            client.force_metadata_update()

    async def _stay_alive(self) -> None:
        """Show activity, and collect errors of the coordination; one that nobody collects stops it for good.

        Raises:
            KafkaError: the coordination has ended, whatever it was that ended it.
        """
        consumer = self._ensure_consumer()
        with consumer._subscription.fetch_context():  # noqa: SLF001 - or the group throws an idle member out
            pass
        coordinator = self._coordinator
        heartbeat = coordinator._heartbeat_task  # noqa: SLF001 - aiokafka does not start one again that has died
        if heartbeat is not None and heartbeat.done():
            coordinator.request_rejoin()
        coordination = coordinator._coordination_task  # noqa: SLF001 - there is no public way to see its end
        if coordination.cancelled():
            return  # by us: the process is about to end
        try:
            coordinator.check_errors()
        except Exception as exc:  # a heartbeat may have died of an assertion
            if coordination.done():  # it will not try again
                raise
            if await self._replaced():
                coordination.cancel()
                return
            logger.warning("trouble in the consumer group: %r; trying again", exc)

    async def member(self) -> str:
        """The name the group gave us; another one each time we join."""
        return str(self._coordinator.member_id)

    async def rejoin(self, member: str) -> None:
        """Give up a membership that the group does not know, and join again; nothing if that has begun already.

        A heartbeat into a connection that is dead at its other end is waited for as long as a request may take, and
        only then would we learn that the group has given us up. So all connections are broken; aiokafka makes new ones.
        """
        if member and member == await self.member():
            logger.warning("the consumer group no longer knows us; joining it again")
            abort_connections(self._ensure_consumer()._client)  # noqa: SLF001 - there is no other way to it
            self._coordinator.reset_generation()

    async def _replaced(self) -> bool:
        """Whether another process has our static place; then this one ends, instead of taking the place back."""
        name, coordinator = self.app.conf.consumer_group_instance_id, self._coordinator
        if coordinator.member_id:
            self._member = coordinator.generation, coordinator.member_id
        if not name or self._member is None:
            return False
        while not self._ending:
            found = await places.taken(coordinator, *self._member, name)
            if found is None:
                await self.sleep(_ASK_AGAIN_SECONDS)
                continue
            if found:
                self._end_process(Replaced(name))
            return found
        return True

    def _end_process(self, exc: BaseException) -> None:
        """End the process, whose host lives in the other loop."""
        asyncio.run_coroutine_threadsafe(self._host.crash(exc), self.parent_loop)

    @property
    def _ending(self) -> bool:
        return any((self.should_stop, self.app.should_stop))

    @property
    def _coordinator(self) -> GroupCoordinator:
        return self._ensure_consumer()._coordinator  # noqa: SLF001 - joins, heartbeats and their errors

    @property
    def _host(self) -> Host:
        return cast("Host", cast("Any", self.app).task_host)

    @property
    def _log(self) -> KafkaLog:
        return cast("KafkaLog", self._host.log)
