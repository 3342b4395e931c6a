"""Real workers on a real broker, killed and frozen: every record counted once."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.kafka.log import KafkaLog
from engine.ports import NewRecord
from tests.engine.kafka.counting_worker import PARTITIONS, group, log_of, topics
from tests.support.kafka import KafkaCluster
from tests.support.process import Process

KEYS = 50


class Scene:
    """A log with the topics of a counting worker, and as many workers as a test wants."""

    def __init__(
        self, log: KafkaLog, name: str, folder: Path, sources: list[str], partitions: int = PARTITIONS
    ) -> None:
        self.log, self.name, self.sources, self.partitions = log, name, sources or [f"{name}-in"], partitions
        self._folder, self._workers = folder, list[Process]()

    def worker(self, **env: str) -> Process:
        argv = [sys.executable, "-m", "tests.engine.kafka.counting_worker", self.log.url, self.name, *self.sources]
        number = len(self._workers)
        env = {"TMPDIR": str(self._folder), "COUNTING_PARTITIONS": str(self.partitions), **env}
        self._workers.append(Process(argv, log=self._folder / f"{number}.log", env=env))
        return self._workers[-1]

    def close(self) -> None:
        for worker in self._workers:
            worker.kill()

    async def publish(self, count: int, source: int = 0) -> None:
        """`count` records to each partition."""
        for partition in range(self.partitions):
            rows = [NewRecord(b"%d-%d" % (partition, n % KEYS), b"x" * 100) for n in range(count)]
            await self.log.append({(self.sources[source], partition): rows})

    async def counts(self) -> dict[int, list[tuple[bytes, int]]]:
        """What the workers have counted, by partition, in order."""
        found: dict[int, list[tuple[bytes, int]]] = {}
        for partition, end in enumerate(await self.log.ends(f"{self.name}-out")):
            at, rows = 0, found.setdefault(partition, [])
            while at < end:
                records, at = await self.log.read(f"{self.name}-out", partition, at)
                rows += [(record.key or b"", int(record.value or b"")) for record in records]
        return found

    async def written(self, count: int, seconds: float = 60.0) -> None:
        """Wait until at least so many records have left the workers."""
        until = time.monotonic() + seconds
        while (seen := sum(map(len, (await self.counts()).values()))) < count:
            if time.monotonic() > until or not any(worker.alive for worker in self._workers):
                tails = "\n---\n".join(worker.tail(15) for worker in self._workers)
                raise AssertionError(f"only {seen} of {count} counted:\n{tails}")
            await asyncio.sleep(0.1)


def assert_every_record_counted_once(found: dict[int, list[tuple[bytes, int]]], total: int) -> None:
    assert sum(map(len, found.values())) == total
    for rows in found.values():
        seen: Counter[bytes] = Counter()
        for key, count in rows:
            seen[key] += 1
            assert count == seen[key]


@pytest.fixture
def sources() -> list[str]:
    return []


@pytest.fixture
def partitions() -> int:
    return PARTITIONS


@pytest.fixture
async def scene(
    kafka_url: str, topic_prefix: str, tmp_path: Path, sources: list[str], partitions: int
) -> AsyncIterator[Scene]:
    name = topic_prefix.rstrip("-")
    prefixed = [f"{topic_prefix}{source}" for source in sources]
    scene = Scene(log_of(kafka_url, name), name, tmp_path, prefixed, partitions)
    await scene.log.create_topics(topics(name, scene.sources, partitions))
    yield scene
    scene.close()
    await scene.log.stop()


@pytest.mark.kafka
@pytest.mark.slow
async def test_killed_and_frozen_workers_lose_nothing_and_double_nothing(scene: Scene) -> None:
    await scene.publish(20_000)
    first, second = scene.worker(), scene.worker()
    await scene.written(5_000)
    first.kill()
    await scene.written(20_000)
    third = scene.worker()
    await scene.publish(20_000)
    await scene.written(60_000)
    second.freeze()  # longer than its session: another one takes over
    await scene.publish(5_000)
    await scene.written(100_000)
    second.thaw()  # it still believes that it owns its tasks
    await scene.publish(5_000)
    await scene.written(200_000)
    assert_every_record_counted_once(await scene.counts(), 200_000)
    assert third.alive


@pytest.mark.kafka
@pytest.mark.slow
async def test_a_clean_stop_hands_over_and_leaves_with_success(scene: Scene) -> None:
    await scene.publish(2_000)
    worker = scene.worker()
    await scene.written(100)
    worker.stop()
    assert worker.returncode == 0
    scene.worker()
    await scene.written(8_000)
    assert_every_record_counted_once(await scene.counts(), 8_000)


@pytest.mark.kafka
@pytest.mark.slow
async def test_a_record_that_nobody_can_take_ends_the_worker_and_moves_nothing(scene: Scene) -> None:
    await scene.log.append({(scene.sources[0], 0): [NewRecord(b"k", b"1"), NewRecord(b"k", b"poison")]})
    worker = scene.worker()
    assert await asyncio.to_thread(worker.wait, 60.0) != 0
    assert "a record that nobody can take" in worker.output()
    task = scene.log.task(group(scene.name), 0)
    assert (await task.open()).positions == {scene.sources[0]: 0}
    await task.close()
    assert sum(map(len, (await scene.counts()).values())) == 0


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.parametrize("sources", [["left", "right"]])
async def test_two_sources_meet_in_one_task_while_members_come_and_go(scene: Scene, sources: list[str]) -> None:
    workers = [scene.worker()]
    await scene.publish(2_000, 0)
    await scene.publish(2_000, 1)
    await scene.written(4_000)
    workers += [scene.worker(), scene.worker()]  # three members share four partitions of two topics
    await scene.publish(2_000, 1)
    await scene.written(24_000)
    workers[0].stop()
    await scene.publish(2_000, 0)
    await scene.written(32_000)
    assert_every_record_counted_once(await scene.counts(), 32_000)
    assert [worker.alive for worker in workers] == [False, True, True]


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.parametrize("partitions", [1])
async def test_a_spare_outlives_the_poll_interval_and_takes_over(scene: Scene, partitions: int) -> None:
    assert partitions == 1  # so that one of two workers has nothing to fetch
    await scene.publish(100)
    first = scene.worker(COUNTING_MAX_POLL_INTERVAL="3")
    await scene.written(100)
    second = scene.worker(COUNTING_MAX_POLL_INTERVAL="3")
    await asyncio.to_thread(second.wait_for, "Setting newly assigned partitions", 60.0)
    await asyncio.sleep(9)  # three intervals
    # Either may be the spare: the group decides by names that are given by chance.
    worker, spare = (second, first) if "open task=count-0" in second.output() else (first, second)
    worker.kill()
    await scene.publish(100)
    await scene.written(200)
    assert_every_record_counted_once(await scene.counts(), 200)
    assert "LeaveGroup" not in spare.output()
    spare.stop()
    assert spare.returncode == 0


@pytest.mark.kafka
@pytest.mark.slow
async def test_a_worker_waits_for_a_broker_and_outlives_its_death(tmp_path: Path) -> None:
    with KafkaCluster() as cluster:
        log = log_of(cluster.url, "w")
        await log.create_topics(topics("w"))
        scene = Scene(log, "w", tmp_path, [])
        cluster.stop()
        worker = scene.worker()
        await asyncio.to_thread(worker.wait_for, "no Kafka broker answers", 30.0)
        await asyncio.to_thread(cluster.start)
        await scene.publish(1_000)
        await scene.written(4_000)
        cluster.kill()
        await asyncio.sleep(3)  # the outage itself
        await asyncio.to_thread(cluster.start)
        await scene.publish(1_000)
        await scene.written(8_000, 90.0)
        assert_every_record_counted_once(await scene.counts(), 8_000)
        assert worker.alive
        assert worker.output().count("\n") < 500, worker.tail(100)
        worker.stop()
        assert worker.returncode == 0
        scene.close()
        await log.stop()
