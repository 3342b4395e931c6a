"""Long polls for what tasks want next: one request per leading broker under way at a time, answers as they come.

A partition that has no leader, or whose leader cannot be asked, is left out until brokers have been asked again who
leads what; the others go on meanwhile.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka.errors import KafkaError, LeaderNotAvailableError, OffsetOutOfRangeError

from engine.errors import LogError, Truncated, Unavailable
from engine.kafka.cluster import Cluster
from engine.kafka.failures import translated
from engine.kafka.fetch import Answers, Want, fetch_each
from engine.kafka.gathering import Gather, Gathering
from engine.kafka.offsets import Partition
from engine.kafka.portions import Portion, portions

logger = logging.getLogger(__name__)

_Found = dict[Partition, tuple[int, Portion]]
_Kept = dict[Partition, list[tuple[int, Portion]]]


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
        self._under_way: dict[int, asyncio.Task[Answers]] = {}
        self._gathering: defaultdict[int, Gathering] = defaultdict(lambda: Gathering(pace.gather))
        self._kept: _Kept = {}
        self._left_out: set[Partition] = set()
        self._told: set[Partition] = set()
        self._looking: asyncio.Task[None] | None = None
        self.ends: dict[Partition, int] = {}

    async def poll(self, wanted: Mapping[Partition, int], *, all_ready: bool) -> _Found:
        """What has come for these partitions from these offsets on, each with the offset it starts at.

        Returns with nothing after a while. Answers to offsets that are no longer wanted are thrown away.

        Raises:
            Truncated: an offset lies outside what the log holds.
            LogError: the broker refused for another reason than an outage.
        """
        kept = self._kept  # as it is now: what is found for partitions that were revoked meanwhile is not kept
        found = self._from_kept(wanted)
        if found:
            return found
        try:
            await self._ask(wanted, all_ready=all_ready)
            for answers in await self._answers():
                found |= self._taken(answers, wanted, kept)
        except (KafkaError, OSError, Unavailable) as exc:
            await self._after(exc)
        return found

    def forget(self) -> None:
        """Let go of all that was kept; the partitions are no longer ours."""
        self._kept = {}
        self.ends.clear()

    async def stop(self) -> None:
        """Forget what is under way and what was kept."""
        tasks: list[asyncio.Task[Any]] = list(self._under_way.values())
        if self._looking is not None:
            tasks.append(self._looking)
        self._under_way, self._looking = {}, None
        self.forget()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _from_kept(self, wanted: Mapping[Partition, int]) -> _Found:
        found: _Found = {}
        for at, offset in wanted.items():
            kept = self._kept.pop(at, None)
            if kept is not None and kept[0][0] == offset:
                found[at] = _first_of(at, kept, self._kept)
        return found

    async def _ask(self, wanted: Mapping[Partition, int], *, all_ready: bool) -> None:
        by_leader: dict[int, dict[Partition, int]] = defaultdict(dict)
        for at, offset in wanted.items():
            if at not in self._left_out:
                try:
                    by_leader[await self._cluster.leader(*at)][at] = offset
                except LeaderNotAvailableError as exc:
                    self._leave_out(at, exc)
        for node, offsets in by_leader.items():
            if node not in self._under_way:
                task = asyncio.get_running_loop().create_task(self._fetch(node, offsets, all_ready=all_ready))
                self._under_way[node] = task

    async def _fetch(self, node: int, offsets: dict[Partition, int], *, all_ready: bool) -> Answers:
        pace, loop, gathering = self._pace, asyncio.get_running_loop(), self._gathering[node]
        while (pause := gathering.pause(loop.time(), self._cpu())) > 0:  # noqa: ASYNC110 - time is waited for
            await asyncio.sleep(pause)
        wait = pace.idle if all_ready else pace.busy
        try:
            answers = await fetch_each(self._cluster, node, offsets, Want(int(wait * 1000), 1, pace.batch_bytes))
        except (KafkaError, OSError, Unavailable) as exc:
            return Answers(offsets, {}, dict.fromkeys(offsets, exc))
        size = sum(len(answer.raw) for answer in answers.found.values())
        gathering.answered(size, loop.time(), self._cpu())
        return answers

    async def _answers(self) -> list[Answers]:
        if not self._under_way:
            await asyncio.sleep(self._pace.busy)
            return []
        done, _ = await asyncio.wait(
            self._under_way.values(), timeout=self._pace.idle, return_when=asyncio.FIRST_COMPLETED
        )
        self._under_way = {node: task for node, task in self._under_way.items() if task not in done}
        return [task.result() for task in done]

    def _taken(self, answers: Answers, wanted: Mapping[Partition, int], kept: _Kept) -> _Found:
        found: _Found = {}
        for at, answer in answers.found.items():
            self._told.discard(at)
            if wanted.get(at) == answer.offset:
                self.ends[at] = answer.end
                cut = list(portions(answer, self._pace.batch, _named(at)))
                if cut:
                    found[at] = _first_of(at, cut, kept)
        for at, why in answers.refused.items():
            if wanted.get(at) == answers.asked[at]:
                self._leave_out(at, why)
        return found

    def _leave_out(self, at: Partition, why: Exception) -> None:
        """Go on without a partition until brokers have been asked again.

        Raises:
            Truncated, LogError: asking again would not help.
        """
        failure = _failure_of(why, f"fetching {_named(at)}")
        if not isinstance(failure, Unavailable):
            raise failure from why
        if at not in self._told:
            self._told.add(at)
            logger.warning("%s; going on without it, asking again", failure)
        self._left_out.add(at)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look_again())

    async def _look_again(self) -> None:
        try:
            await asyncio.sleep(self._pace.backoff)
            await self._cluster.refresh()
        finally:
            self._left_out.clear()

    async def _after(self, exc: BaseException) -> None:
        """Wait out an outage, raise what is none."""
        failure = translated(exc, "fetching")
        if not isinstance(failure, Unavailable):
            raise failure from exc
        logger.warning("%s; asking again", failure)
        await asyncio.sleep(self._pace.backoff)
        await self._cluster.refresh()


def _first_of(at: Partition, cut: list[tuple[int, Portion]], kept: _Kept) -> tuple[int, Portion]:
    """The first portion; the others are kept until they are wanted."""
    if len(cut) > 1:
        kept[at] = cut[1:]
    return cut[0]


def _failure_of(exc: Exception, doing: str) -> LogError:
    if isinstance(exc, OffsetOutOfRangeError):
        return Truncated(f"the log no longer holds what comes next: {exc}")
    return translated(exc, doing)


def _named(at: Partition) -> str:
    return f"{at[0]}-{at[1]}"
