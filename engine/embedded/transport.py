"""The Faust transport over a log without a broker: live members share partitions, leases guard the tasks.

Nothing is produced through it: all that leaves a task leaves in its transaction.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, cast

from faust.assignor.client_assignment import ClientAssignment
from faust.transport import base
from faust.types import TP
from typing_extensions import override

from engine.batch import Batch
from engine.embedded.ports import EmbeddedLog
from engine.embedded.seat import Seat
from engine.errors import LogError, Unavailable, WrongTopic
from engine.partitioning import partition_of
from engine.transport import TaskConsumer

logger = logging.getLogger("leadstream.engine")

FETCH_RECORDS = 10_000
"""The most records of one batch. What is behind gets on faster with large ones: each changed state is written once."""
OUTAGE_PAUSE = 1.0
"""How long to wait after a look at a log that is out of reach, in seconds."""


class EmbeddedProducer(base.Producer):
    """Faust wants one; it has nothing to do."""

    @override
    async def send(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: a record sent beside the transaction would be lost or doubled by a crash."""
        raise NotImplementedError("outputs leave in the transaction of a task: use engine.transaction.Transaction")

    send_and_wait = send

    @override
    async def create_topic(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: topics are made through `EventLog.create_topics`."""
        raise NotImplementedError("create topics through the log")

    @override
    def key_partition(self, topic: str, key: bytes) -> TP:
        """Where a key belongs."""
        consumer = cast("EmbeddedConsumer", self.app.consumer)
        return TP(topic, partition_of(key, consumer.partition_counts[topic]))


class EmbeddedConsumer(TaskConsumer, base.Consumer):
    """Hands every task its batches.

    Attributes:
        partition_counts: partitions of every subscribed topic.
    """

    consumer_stopped_errors = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.log_: EmbeddedLog = cast("EmbeddedLog", self.host.log)
        self.partition_counts: dict[str, int] = {}
        self._seat = Seat(self.log_, self.app.conf.id)
        self._ear = self.log_.ear()
        self._ours: set[TP] = set()
        self._ends: dict[TP, int] = {}
        self._generation = 0
        self._settled = False

    @override
    async def subscribe(self, topics: Iterable[str]) -> None:
        """Take part in the group, for these topics. The first rebalance comes after this has returned."""
        names = sorted(topics)
        for name, spec in (await self.log_.describe_topics(names)).items():
            if spec is None or name not in self.host.sources:
                raise WrongTopic(f"topic {name!r} is {'missing' if spec is None else 'not the source of any task'}")
            self.partition_counts[name] = spec.partitions
        if not self._seat.taken:
            self._seat.taken = True
            self.add_future(self._seat.beat_on(self._note_outage))
            self.add_future(self._follow_members())

    async def _follow_members(self) -> None:
        """Rebalance whenever the live members, or what there is to share, have changed."""
        while not self.should_stop:
            try:
                share = await self._share()
                if share != self._ours or not self._settled:
                    await self._rebalance(share)
            except LogError as exc:
                self._note_outage(exc)
                await self.sleep(OUTAGE_PAUSE)
            await self.sleep(self._seat.look_every)

    async def _share(self) -> set[TP]:
        shares = {count: await self._seat.share(count) for count in set(self.partition_counts.values())}
        return {TP(name, number) for name, count in self.partition_counts.items() for number in shares[count]}

    async def _rebalance(self, share: set[TP]) -> None:
        """Let go of everything, wait until the former owners have let go, take over."""
        app, self._settled = self.app, False
        app.on_rebalance_start()
        await self.on_partitions_revoked(set(self._ours))
        self._ours = share
        tasks = {(self.host.programs[tp.topic].group, tp.partition) for tp in share}
        await self._seat.wait_until_released(tasks)
        if self.should_stop:
            return
        self._generation += 1
        app.consumer_generation_id = self._generation
        actives: defaultdict[str, list[int]] = defaultdict(list)
        for tp in sorted(share):
            actives[tp.topic].append(tp.partition)
        assignor = app.assignor
        assignor._assignment = ClientAssignment(actives=dict(actives), standbys={})  # noqa: SLF001 - there is no setter
        assignor._active_tps = set(share)  # noqa: SLF001 - same
        logger.info("generation %s: %s", self._generation, dict(actives))
        await self.on_partitions_assigned(set(share), self._generation)
        self._settled = True

    @override
    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[TP, list[Batch]]:
        self.host.freed.clear()
        try:
            found = await self._fetch(active_partitions or set())
        except Unavailable as exc:
            self._note_outage(exc)
            await self.sleep(OUTAGE_PAUSE)
            return {}
        except LogError as exc:
            await self.host.crash(exc)
            return {}
        if not found:
            await self._anything(timeout)
        return found

    async def _fetch(self, tps: Iterable[TP]) -> dict[TP, list[Batch]]:
        found: dict[TP, list[Batch]] = {}
        for tp in sorted(tps):
            runner = self.host.runners.get(tp)
            if runner is None or not runner.has_room(tp.topic):
                continue
            before = runner.fetch_from(tp.topic)
            records, after = await self.log_.read(tp.topic, tp.partition, before, FETCH_RECORDS)
            self._ends[tp] = after
            if after == before or not runner.has_room(tp.topic):
                continue
            batch = await runner.offer(tp.topic, before, records, after)
            if batch is not None:
                # Faust drops what lies below the offset it saw last; after a reopening the task reads that again.
                self._read_offset[tp] = None
                found[tp] = [batch]
        return found

    async def _anything(self, timeout: float) -> None:  # noqa: ASYNC109 - what is left of Faust's
        """Wait for a commit, or for a task that has room again."""
        waits = [
            asyncio.ensure_future(self._ear.wait(timeout)),
            asyncio.ensure_future(self.host.freed.wait()),
        ]
        try:
            await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)  # an ear listens for one waiter at a time

    def _note_outage(self, exc: BaseException) -> None:
        self.host.note("log_trouble", why=repr(exc))

    @override
    async def on_stop(self) -> None:
        """Finish running transactions, then give the seat up."""
        await super().on_stop()
        await self._seat.give_up()
        self._ear.close()

    @override
    async def seek_source(self, partition: int, offsets: Mapping[str, int]) -> None:
        """Nothing to tell: every fetch asks the task where to go on."""

    @override
    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Tasks know their positions."""
        return {}

    @override
    async def _seek(self, partition: TP, offset: int) -> None:
        """Tasks seek for themselves."""

    @override
    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Tasks seek for themselves."""

    async def seek_to_beginning(self, *partitions: TP) -> None:
        """Tasks seek for themselves."""

    @override
    async def create_topic(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: topics are made through `EventLog.create_topics`."""
        raise NotImplementedError("create topics through the log")

    @override
    def assignment(self) -> set[TP]:
        """What is ours."""
        return set(self._ours)

    @override
    async def position(self, tp: TP) -> int | None:
        """Where the task will fetch from next."""
        runner = self.host.runners.get(tp)
        return runner.fetch_from(tp.topic) if runner and runner.running else None

    @override
    def highwater(self, tp: TP) -> int:
        """The end as of the last fetch; only shown."""
        return self._ends.get(tp, 0)

    @override
    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """End offsets, as of now."""
        return {tp: (await self.log_.ends(tp.topic))[tp.partition] for tp in partitions}

    @override
    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        """First offsets kept."""
        return {tp: (await self.log_.starts(tp.topic))[tp.partition] for tp in partitions}

    @override
    def topic_partitions(self, topic: str) -> int | None:
        """How many partitions a subscribed topic has."""
        return self.partition_counts.get(topic)

    @override
    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        """Where a key belongs."""
        if partition is not None or key is None:
            return partition
        return partition_of(key, self.partition_counts[topic])

    @override
    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)


class EmbeddedTransport(base.Transport):
    """Named by `engine.embedded.broker.broker_url`; the log itself comes from the app's `task_host`."""

    Consumer = EmbeddedConsumer
    Producer = EmbeddedProducer
    driver_version = "embedded"
