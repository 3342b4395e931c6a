"""What every case works with: how much of what, a log, a process to measure."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.homes import Home
from benchmarks.watching import Count, Measured, Progress, watch
from tests.support.kafka import KafkaCluster
from tests.support.process import REPOSITORY, Process

Settled = Callable[[], Awaitable[None]]
"""Returns when nothing is left to be done."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what.

    Attributes:
        events: events of the simple workload.
        stock_events: how many of them stock Faust gets, the first ones.
        facts: facts of the lead workload.
        keys: keys of the simple workload.
        partitions: of every source.
        seed: of all data.
    """

    events: int = 400_000
    stock_events: int = 40_000
    facts: int = 200_000
    keys: int = 20_000
    partitions: int = 4
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a case.

    Attributes:
        case: its name.
        records: how many were loaded.
        measured: None when they were too few to time.
        problems: what the check found wrong.
    """

    case: str
    records: int
    measured: Measured | None
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class Bench:
    """What a case is given.

    Attributes:
        name: the case.
        plan: how much.
        home: its log.
        cluster: the broker it runs on; None on the embedded log.
        core: folder of the compiled core that the measured process runs; None for the sources.
        progress: told how far the measured process is.
    """

    name: str
    plan: Plan
    home: Home
    cluster: KafkaCluster | None
    progress: Progress
    core: Path | None = None

    def process(self, module: str, *arguments: str) -> Process:
        """Start `python -m MODULE ARGUMENTS` in the case's own folder."""
        return self.command(sys.executable, "-m", module, *arguments)

    def command(self, *command: str) -> Process:
        """Start a command in the case's own folder."""
        places = [REPOSITORY] if self.core is None else [self.core, REPOSITORY]
        log, env = self.home.folder / "process.log", {"PYTHONPATH": os.pathsep.join(map(str, places))}
        return Process(list(command), log=log, env=env, cwd=self.home.folder)

    def worker(self, kind: str) -> Process:
        """Start one of `benchmarks.workers`."""
        settings = self.home.settings
        return self.process("benchmarks.workers", kind, settings.url, settings.prefix, str(settings.partitions))

    async def measured(
        self, process: Process, count: Count, total: int, *, after: int = 0, settled: Settled | None = None
    ) -> Measured | None:
        """Measure a process until it has done `total` records, from where it has done `after`; then stop it.

        `settled` is waited for before it is stopped and is not measured.
        """
        broker = None if self.cluster is None else self.cluster.process()
        with process:
            found = await watch(process, count, total, after=after, broker=broker, progress=self.progress)
            if settled is not None:
                await settled()
            process.send(signal.SIGTERM)
            await asyncio.to_thread(process.wait)
        return found
