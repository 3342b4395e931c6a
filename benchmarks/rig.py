"""What the single measurements share: topics of their own on the broker, a worker of the simple workload, a figure."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks import scores
from benchmarks.homes import Home
from engine.kafka.log import KafkaLog
from tests.support.kafka import KafkaCluster
from tests.support.process import REPOSITORY, Process

PARTITIONS = 4
SESSION = 6.0
"""Session timeout of the workers, the least that brokers allow unless told otherwise, in seconds."""


class Figure(NamedTuple):
    """One line of the report."""

    what: str
    found: str


@asynccontextmanager
async def rig(cluster: KafkaCluster, name: str, folder: Path) -> AsyncIterator[tuple[Home, KafkaLog]]:
    """A home with the topics of the simple workload."""
    home = Home.on(cluster.url, name, folder, PARTITIONS)
    async with home.log() as log:
        assert isinstance(log, KafkaLog)
        await log.create_topics(scores.topics(PARTITIONS))
        yield home, log


def worker(home: Home, number: int) -> Process:
    """Start a worker of the simple workload."""
    settings = home.settings
    arguments = ["scores", settings.url, settings.prefix, str(settings.partitions), str(SESSION)]
    return Process(
        [sys.executable, "-m", "benchmarks.workers", *arguments],
        log=home.folder / f"worker-{number}.log", env={"PYTHONPATH": str(REPOSITORY)}, cwd=home.folder,
    )  # fmt: skip


def cpu(process: Process) -> float:
    """Processor seconds so far, all threads, user and system."""
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)
