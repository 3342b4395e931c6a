"""Long polls for what tasks want next: one request per leading broker under way at a time, answers as they come."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from engine.errors import Truncated, Unavailable
from engine.kafka.cluster import Cluster
from engine.kafka.failures import translated
from engine.kafka.fetch import Want, fetch
from engine.kafka.gathering import Gather, Gathering
from engine.kafka.offsets import Partition
from engine.kafka.portions import Portion, portions
from engine.kafka.scan import Response

logger = logging.getLogger(__name__)

_Answers = dict[Partition, Response]
_Found = dict[Partition, tuple[int, Portion]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How to trade latency for work. Durations in seconds.

    Attributes:
        batch: records of a batch; it ends with the record batch of the log that brings it to so many.
        batch_bytes: most bytes of one partition in an answer.
        idle: how long a broker holds a request when it has nothing for any partition.
        busy: the same, when some partitions cannot take more just now and wait for the next request.
        gather: how long small answers are left to gather.
        backoff: pause after a broker could not be asked.
    """

    batch: int = 5000
    batch_bytes: int = 2 << 20
    idle: float = 0.5
    busy: float = 0.02
    gather: Gather = field(default_factory=Gather)
    backoff: float = 0.5


class Poller:
    """Fetches for a changing set of partitions. Not for two callers at a time.

    Attributes:
        ends: the last stable offset of each partition, as last told.

    Args:
        cluster: the brokers.
        pace: how to trade latency for work.
        cpu: processor time of this process, in seconds.
    """

    def __init__(self, cluster: Cluster, pace: Pace, cpu: Callable[[], float] = time.process_time) -> None:
        self._cluster, self._pace, self._cpu = cluster, pace, cpu
        self._under_way: dict[int, asyncio.Task[_Answers]] = {}
        self._gathering: defaultdict[int, Gathering] = defaultdict(lambda: Gathering(pace.gather))
        self._kept: dict[Partition, list[tuple[int, Portion]]] = {}
        self.ends: dict[Partition, int] = {}

    async def poll(self, wanted: Mapping[Partition, int], *, all_ready: bool) -> _Found:
        """What has come for these partitions from these offsets on, each with the offset it starts at.

        Returns with nothing after a while. Answers to offsets that are no longer wanted are thrown away.

        Raises:
            Truncated: an offset lies outside what the log holds.
            LogError: the broker refused for another reason than an outage.
        """
        found = self._from_kept(wanted)
        if found:
            return found
        try:
            await self._ask(wanted, all_ready=all_ready)
            for answers in await self._answers():
                found |= self._taken(answers, wanted)
        except (KafkaError, OSError, Unavailable) as exc:
            await self._after(exc)
        return found

    async def stop(self) -> None:
        """Forget what is under way and what was kept."""
        tasks, self._under_way, self._kept = list(self._under_way.values()), {}, {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _from_kept(self, wanted: Mapping[Partition, int]) -> _Found:
        found: _Found = {}
        for at, offset in wanted.items():
            kept = self._kept.pop(at, None)
            if kept is not None and kept[0][0] == offset:
                found[at] = self._first_of(at, kept)
        return found

    async def _ask(self, wanted: Mapping[Partition, int], *, all_ready: bool) -> None:
        by_leader: dict[int, dict[Partition, int]] = defaultdict(dict)
        for at, offset in wanted.items():
            by_leader[await self._cluster.leader(*at)][at] = offset
        for node, offsets in by_leader.items():
            if node not in self._under_way:
                task = asyncio.get_running_loop().create_task(self._fetch(node, offsets, all_ready=all_ready))
                self._under_way[node] = task

    async def _fetch(self, node: int, offsets: dict[Partition, int], *, all_ready: bool) -> _Answers:
        pace, loop, gathering = self._pace, asyncio.get_running_loop(), self._gathering[node]
        while (pause := gathering.pause(loop.time(), self._cpu())) > 0:  # noqa: ASYNC110 - time is waited for
            await asyncio.sleep(pause)
        wait = pace.idle if all_ready else pace.busy
        answers = await fetch(self._cluster, node, offsets, Want(int(wait * 1000), 1, pace.batch_bytes))
        size = sum(len(answer.raw) for answer in answers.values())
        gathering.answered(size, loop.time(), self._cpu())
        return answers

    async def _answers(self) -> list[_Answers]:
        if not self._under_way:
            await asyncio.sleep(self._pace.busy)
            return []
        done, _ = await asyncio.wait(
            self._under_way.values(), timeout=self._pace.idle, return_when=asyncio.FIRST_COMPLETED
        )
        self._under_way = {node: task for node, task in self._under_way.items() if task not in done}
        return [task.result() for task in done]

    def _taken(self, answers: _Answers, wanted: Mapping[Partition, int]) -> _Found:
        found: _Found = {}
        for at, answer in answers.items():
            if wanted.get(at) == answer.offset:
                self.ends[at] = answer.end
                cut = list(portions(answer, self._pace.batch))
                if cut:
                    found[at] = self._first_of(at, cut)
        return found

    def _first_of(self, at: Partition, cut: list[tuple[int, Portion]]) -> tuple[int, Portion]:
        """The first portion; the others are kept until they are wanted."""
        if len(cut) > 1:
            self._kept[at] = cut[1:]
        return cut[0]

    async def _after(self, exc: BaseException) -> None:
        """Wait out an outage, raise what is none."""
        if isinstance(exc, OffsetOutOfRangeError):
            raise Truncated(f"the log no longer holds what comes next: {exc}") from exc
        failure = translated(exc, "fetching")
        if not isinstance(failure, Unavailable):
            raise failure from exc
        logger.warning("%s; asking again", failure)
        await asyncio.sleep(self._pace.backoff)
        await self._cluster.refresh()
