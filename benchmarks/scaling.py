"""One worker against two, each held to a share of one core, so that the machine itself is not what runs out."""

import asyncio
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks import quota, scores
from benchmarks.homes import load
from benchmarks.rig import PARTITIONS, Figure, cpu, rig, worker
from benchmarks.scores_program import GROUP
from tests.support.kafka import KafkaCluster

SHARE = 0.3
"""Of one core, each worker: two of them and the broker fit on two cores."""
_UNTIMED, _TIMED = 0.2, 0.9
"""The clock runs between these parts of the events: after all have joined, before the first partition is done."""
_LOOK_SECONDS = 0.02


async def scaling(cluster: KafkaCluster, folder: Path, events: int) -> list[Figure]:
    """How much more two workers do than one."""
    if not quota.possible():
        return [Figure("scaling, 1 to 2 workers", "not measured: processes cannot be held to a share here")]
    (one, cpu_one), (two, cpu_two) = [await _rate(cluster, folder, events, workers) for workers in (1, 2)]
    return [
        Figure(f"1 worker, held to {SHARE:.0%} of a core", f"{one:,.0f}/s ({cpu_one:.1f} µs CPU)"),
        Figure(f"2 workers, held to {SHARE:.0%} each", f"{two:,.0f}/s ({cpu_two:.1f} µs CPU)"),
        Figure("scaling, 1 to 2 workers", f"{two / one:.2f} times"),
    ]


async def _rate(cluster: KafkaCluster, folder: Path, events: int, workers: int) -> tuple[float, float]:
    """Events a second, and processor time an event in microseconds."""
    async with rig(cluster, f"scaling{workers}", folder) as (home, log):
        await load(log, scores.EVENTS, PARTITIONS, list(scores.events(events, 20_000, workers)))
        async with home.positions(log, GROUP) as done:
            with ExitStack() as stack:
                started = [stack.enter_context(worker(home, number)) for number in range(workers)]

                async def reached(part: float) -> tuple[int, float, list[float]]:
                    while (count := await done()) < part * events:
                        assert all(one.alive for one in started), [one.tail() for one in started]
                        await asyncio.sleep(_LOOK_SECONDS)
                    return count, time.monotonic(), [cpu(one) for one in started]

                await reached(_UNTIMED / 2)
                for one in started:
                    stack.enter_context(quota.held(one.pid, SHARE))
                first, begun, before = await reached(_UNTIMED)
                last, ended, after = await reached(_TIMED)
    used = [late - early for late, early in zip(after, before, strict=True)]
    assert min(used) > SHARE * (ended - begun) / 2, f"a worker had nothing to do: {used} s of {ended - begun:.1f} s"
    return (last - first) / (ended - begun), sum(used) / (last - first) * 1e6
