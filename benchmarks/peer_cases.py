"""The cases of the peers: the simple workload, loaded and checked as for us, run by their own programs."""

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from benchmarks import scores
from benchmarks.bench import Bench, Result
from benchmarks.homes import everything, load
from benchmarks.peers import installed
from benchmarks.watching import Count
from engine.kafka import offsets
from engine.kafka.cluster import Cluster
from engine.kafka.log import KafkaLog
from engine.ports import FaustLog, TopicSpec
from tests.support.process import Process

_KAFKA_STREAMS, _QUIX = "kafka-streams", "quix"
"""Their consumer groups, without the prefix."""


async def quix(bench: Bench) -> Result:
    """Quix Streams, exactly once."""

    def start() -> Process:
        return bench.command(installed.python(), "-m", "benchmarks.peers.quix", *_place(bench, "state"))

    return await _peer(bench, start, group=_QUIX)


async def bytewax(bench: Bench) -> Result:
    """Bytewax with recovery, at least once. What is done is told by its output topic."""
    (bench.home.folder / "recovery").mkdir()

    def start() -> Process:
        return bench.command(installed.python(), "-m", "benchmarks.peers.bytewax_flow", *_place(bench, "recovery"))

    return await _peer(bench, start, group=None)


def kafka_streams(store: str) -> Callable[[Bench], Coroutine[Any, Any, Result]]:
    """Kafka Streams, exactly once, warm: four times the events, and only the second half of them is timed."""

    async def run(bench: Bench) -> Result:
        def start() -> Process:
            return bench.command(*installed.kafka_streams(), *_place(bench, "state"), store)

        return await _peer(bench, start, group=_KAFKA_STREAMS, times=4)

    return run


def _place(bench: Bench, folder: str) -> Sequence[str]:
    assert bench.cluster is not None
    return bench.cluster.bootstrap, bench.home.settings.prefix, str(bench.home.folder / folder)


async def _peer(bench: Bench, start: Callable[[], Process], *, group: str | None, times: int = 1) -> Result:
    plan = bench.plan
    records = list(scores.events(plan.events * times, plan.keys, plan.seed))
    async with bench.home.log() as log:
        await log.create_topics([TopicSpec(name, plan.partitions) for name in (scores.EVENTS, scores.OUT)])
        await load(log, scores.EVENTS, plan.partitions, records)
        async with _done(bench, log, group) as done:
            warm = 0 if times == 1 else len(records) // 2
            measured = await bench.measured(start(), done, len(records), after=warm)
        wrong = scores.problems(records, await everything(log, scores.OUT, plan.partitions), None)
    return Result(bench.name, len(records), measured, wrong)


@asynccontextmanager
async def _done(bench: Bench, log: FaustLog, group: str | None) -> AsyncIterator[Count]:
    """How far a peer is: by the committed offsets of its group, or by its outputs where it has no group."""
    assert isinstance(log, KafkaLog)
    if group is None:

        async def told() -> int:
            return sum(await log.ends(scores.OUT))

        yield told
        return
    partitions = [(log.faust_topic(scores.EVENTS), number) for number in range(bench.plan.partitions)]
    cluster = Cluster(log.servers, log.session, "watcher")

    async def committed() -> int:
        found = await offsets.committed(cluster, f"{bench.home.settings.prefix}{group}", partitions)
        return sum(each.offset for each in found.values())

    await cluster.start()
    try:
        yield committed
    finally:
        await cluster.stop()
