"""`python -m benchmarks.times`: visible latency, restore, takeover after a kill, and scaling, on a real broker."""

import asyncio
import signal
import tempfile
import time
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks import scores
from benchmarks.homes import Home, load
from benchmarks.latency import Seen, read, send
from benchmarks.rig import PARTITIONS, SESSION, Figure, cpu, rig, worker
from benchmarks.scaling import scaling
from benchmarks.scores_program import GROUP, ScoreProcessor, dump_state
from engine.kafka.log import KafkaLog
from engine.ports import NewRecord, TopicSpec
from engine.state import POSITION, pack
from engine.task import Task
from tests.support.kafka import KafkaCluster
from tests.support.missing import MissingError

_WARM_SECONDS = 10
"""How long the broker warms up before the latency is measured; a cold one takes twice as long."""


async def latency(cluster: KafkaCluster, folder: Path, rate: int, seconds: int) -> list[Figure]:
    """Visible latency at a steady rate, after a warm-up, and the processor time it takes."""
    warm, total = rate * _WARM_SECONDS, rate * seconds
    async with rig(cluster, "latency", folder) as (home, log):
        with worker(home, 1) as measured:
            for count, timed in ((warm, False), (total, True)):
                seen, events = Seen(), iter(scores.events(count, 20_000, int(timed)))
                before, begun = cpu(measured), time.monotonic()
                async with asyncio.TaskGroup() as group:
                    group.create_task(_read_new(log, count, seen))
                    group.create_task(send(log, scores.EVENTS, PARTITIONS, events, rate, seen))
                load_of_core = (cpu(measured) - before) / (time.monotonic() - begun)
    return [
        Figure(f"visible latency at {rate:,}/s, p50", f"{seen.percentile(50) * 1000:.0f} ms"),
        Figure(f"visible latency at {rate:,}/s, p99", f"{seen.percentile(99) * 1000:.0f} ms"),
        Figure(f"visible latency at {rate:,}/s, worker", f"{load_of_core:.2f} cores"),
    ]


async def _read_new(log: KafkaLog, total: int, seen: Seen) -> None:
    starts = await log.ends(scores.OUT)
    await read(log, starts, total, seen)


async def restore(cluster: KafkaCluster, folder: Path, records: int) -> list[Figure]:
    """Opening a task whose changelog holds so many records of different keys."""
    spec = [
        TopicSpec(name, 1, compacted=name == scores.TOTALS)
        for name in (scores.EVENTS, scores.OUT, scores.DEAD, scores.TOTALS)
    ]
    home = Home.on(cluster.url, "restore", folder, 1)
    async with home.log() as log:
        await log.create_topics(spec)
        rows = [NewRecord(b"lead-%08d" % n, pack(None, dump_state((n, n / 7, n)))) for n in range(records)]
        await load(log, scores.TOTALS, 1, rows)
        position = NewRecord(POSITION, b'{"offsets":{"events":0},"time":0}')
        await load(log, scores.TOTALS, 1, [position])
        task = Task(group=GROUP, partition=0, partitions=1, log=log.task(GROUP, 0), processor=ScoreProcessor())
        begun, before = time.monotonic(), time.process_time()
        await task.open()
        took, used = time.monotonic() - begun, time.process_time() - before
        await task.close()
    assert len(task.store) == records
    return [Figure(f"restore of {records:,} records", f"{records / took:,.0f}/s ({used / records * 1e6:.1f} µs CPU)")]


async def takeover(cluster: KafkaCluster, folder: Path, rate: int, seconds: int) -> list[Figure]:
    """The longest silence of a partition after one of two workers was killed, beyond the session timeout."""
    total = rate * seconds
    async with AsyncExitStack() as stack:
        home, log = await stack.enter_async_context(rig(cluster, "takeover", folder))
        one, two = (stack.enter_context(worker(home, number)) for number in (1, 2))
        seen, events = Seen(), iter(scores.events(total, 20_000, 3))

        async def kill() -> float:
            await asyncio.sleep(seconds / 2)
            two.send(signal.SIGKILL)
            return time.monotonic()

        async with asyncio.TaskGroup() as group:
            group.create_task(_read_new(log, total, seen))
            group.create_task(send(log, scores.EVENTS, PARTITIONS, events, rate, seen))
            killed = group.create_task(kill())
        assert one.alive
    at = killed.result()
    silences = [max(later - earlier for earlier, later in pairwise(times) if later > at) for times in seen.at.values()]
    return [Figure(f"takeover after kill -9, session timeout {SESSION:g} s", f"{max(silences):.1f} s")]


@click.command()
@click.option("--rate", default=1000, show_default=True, help="Events a second.")
@click.option("--seconds", default=30, show_default=True, help="How long the latency is measured.")
@click.option("--records", default=1_000_000, show_default=True, help="Records of the changelog that is restored.")
@click.option("--events", default=600_000, show_default=True, help="Events of the scaling.")
@click.option("--only", multiple=True, metavar="NAME", help="latency, restore, takeover or scaling; may be repeated.")
def main(rate: int, seconds: int, records: int, events: int, only: tuple[str, ...]) -> None:
    """Measure visible latency, restore, takeover and scaling on a broker of our own."""
    table = Table("what", "measured")
    try:
        with tempfile.TemporaryDirectory(prefix="leadstream-times-") as name, KafkaCluster() as cluster:
            folder = Path(name)
            found: list[Figure] = []
            if not only or "latency" in only:
                found += asyncio.run(latency(cluster, folder, rate, seconds))
            if not only or "restore" in only:
                found += asyncio.run(restore(cluster, folder, records))
            if not only or "takeover" in only:
                found += asyncio.run(takeover(cluster, folder, rate, 40))
            if not only or "scaling" in only:
                found += asyncio.run(scaling(cluster, folder, events))
    except MissingError as error:
        raise click.ClickException(str(error)) from error
    for figure in found:
        table.add_row(*figure)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
