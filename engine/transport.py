"""What both Faust transports share: a message is a batch, and a task, not Faust, owns offsets and seeks.

Faust keeps the app, the agents, the consumer group, the assignor, the rebalance callbacks, worker and signals.
Names with a leading underscore are Faust's own hooks; a test checks that each still exists in the pinned version.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from faust.types import TP, ConsumerMessage

from engine.batch import Batch
from engine.errors import SkippedBatch
from engine.host import Host


class TaskConsumer:
    """Mixin before a `faust.transport.base.Consumer`: cuts Faust's own acks, commits and seeks for task sources."""

    app: Any
    flow_active: bool

    @property
    def host(self) -> Host:
        """The tasks of this process; set on the app by the composition root."""
        host: Host = self.app.task_host
        return host

    def logical(self, topic: str) -> str:
        """Our name of a broker's topic. A transport with a prefix overrides this."""
        return topic

    def is_task_source(self, tp: TP) -> bool:
        """Whether a partition belongs to a task."""
        return self.logical(tp.topic) in self.host.sources

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        if not isinstance(record, Batch):
            return super()._to_message(tp, record)  # type: ignore[misc, no-any-return]  # the driver's own
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            record.next_offset - 1,
            0.0,  # only shown by Faust, and records are not decoded yet
            0,
            [],
            None,
            cast("Any", record),
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    def _new_offset(self, tp: TP) -> int | None:
        """Faust must never commit a task's partition. Overriding `ack` would not do: the compiled stream inlines it.

        What Faust thinks is acknowledged only shows which batches left the agent; one that was not submitted is lost
        work, and ends the worker.
        """
        if not self.is_task_source(tp):
            return super()._new_offset(tp)  # type: ignore[misc, no-any-return]
        consumer: Any = self
        acked = set(consumer._acked.pop(tp, ()))  # noqa: SLF001 - Faust's own ledger of acks, see the docstring
        consumer._acked_index.pop(tp, None)  # noqa: SLF001 - same
        runner = self.host.runners.get((self.logical(tp.topic), tp.partition))
        lost = runner.forgotten(self.logical(tp.topic), acked) if runner and self.flow_active else None
        if lost is not None:
            exc = SkippedBatch(f"the agent let go of {tp} up to {lost.next_offset} without submitting it")
            consumer.add_future(self.host.crash(exc))
        return None

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        ours = [tp for tp in offsets if self.is_task_source(tp)]
        if ours:
            raise SkippedBatch(f"Faust tried to commit {ours}")
        return await super()._commit(offsets)  # type: ignore[misc, no-any-return]

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        if not self.is_task_source(tp):
            await super()._add_gap(tp, offset_from, offset_to)  # type: ignore[misc]

    async def perform_seek(self) -> None:
        """Tasks seek for themselves, after fencing and restore."""
        consumer: Any = self
        if not all(self.is_task_source(tp) for tp in consumer.assignment()):
            await super().perform_seek()  # type: ignore[misc]

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish running transactions before the partitions go."""
        consumer: Any = self
        consumer.stop_flow()
        await self.host.revoke()
        await super().on_partitions_revoked(revoked)  # type: ignore[misc]

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Open a task per partition number, in the background."""
        await super().on_partitions_assigned(assigned, generation_id)  # type: ignore[misc]
        if not self.app.should_stop:
            try:
                self.host.assign(self._named(assigned), self.seek_source, self.seated)
            except RuntimeError as exc:
                await self.host.crash(exc)

    async def seek_source(self, partition: int, offsets: Mapping[str, int]) -> None:
        """Fetch from these offsets (by logical topic). A transport implements it."""
        raise NotImplementedError

    async def seated(self) -> bool:
        """Whether this process still has its place in the group. A transport that may lose it unknowingly asks."""
        return True

    async def on_stop(self) -> None:
        """Finish running transactions before the consumer goes."""
        await self.host.revoke()
        await super().on_stop()  # type: ignore[misc]

    def _named(self, tps: Iterable[TP]) -> list[tuple[str, int]]:
        return [(self.logical(tp.topic), tp.partition) for tp in tps]


async def hand_over(host: Host, stream: Any) -> None:
    """The body of every agent: give each batch to its task. Nothing else happens in an agent."""
    async for batch in stream:
        runner = host.runners.get((batch.topic, batch.partition))
        if runner is not None:
            runner.submit(batch)
