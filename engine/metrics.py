"""What a process does, as Prometheus reads it: positions, lag, commits, reopenings, what stands still.

Served by a thread of its own, so that it can still be asked when a handler hangs and holds the event loop.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from prometheus_client.core import CollectorRegistry, CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import start_http_server
from prometheus_client.registry import Collector
from typing_extensions import override

from engine.host import Host
from engine.progress import Sight
from engine.watchdog import LOOP, Watchdog

_TASK, _SOURCE = ("group", "partition"), ("group", "partition", "topic")
_NOTES = {
    "reopens": ("reopen", "Times the task was opened again after trouble with the log."),
    "outages": ("outage", "Those of the reopenings that came from a log out of reach."),
    "handler_failures": ("handler_failed", "Times the program failed on a batch."),
    "dead_letters": ("dead_letter", "Records that could not be taken and are dead letters now."),
    "dead_letters_mended": ("mended", "Dead letters whose record was put back and taken."),
    "refetches": ("refetch", "Fetches that did not go on where the last one ended."),
}


class Metrics(Collector):
    """Gives what the watchdog saw last, and the counts of the host.

    Args:
        host: owner of the tasks.
        watchdog: watches them.
        prefix: in front of every name.
    """

    def __init__(self, host: Host, watchdog: Watchdog, *, prefix: str = "engine") -> None:
        self._host, self._watchdog, self._prefix = host, watchdog, prefix

    @override
    def collect(self) -> Iterable[Metric]:
        """All metrics as they stand now; called from the thread that serves them."""
        seen, verdict = self._watchdog.seen, self._watchdog.verdict
        yield self._gauge("log_reachable", "1 when the log answered the last look.", float(seen.reachable))
        yield self._gauge(
            "loop_stalled", "1 when the event loop itself does not get on.", float(LOOP in verdict.stalled)
        )
        yield from self._of_tasks(seen.tasks)
        yield from self._of_sources(seen.tasks)
        stalled = GaugeMetricFamily(
            f"{self._prefix}_stalled_seconds", "How long something has stood still beyond its limit.", labels=["what"]
        )
        for name, stall in verdict.stalled.items():
            stalled.add_metric([name], stall.seconds)
        yield stalled
        unowned = GaugeMetricFamily(
            f"{self._prefix}_unowned", "1 for a partition with records that no process owns.", labels=_TASK
        )
        for group, partition in seen.unowned:
            unowned.add_metric([group, str(partition)], 1.0)
        yield unowned
        yield from self._counts()

    def _of_tasks(self, tasks: Iterable[Sight]) -> Iterator[Metric]:
        own: dict[str, tuple[str, Callable[[Sight], float]]] = {
            "open": ("1 when the task decides, 0 while it opens or waits for the log.", lambda task: float(task.open)),
            "partition_time_seconds": ("Partition time, since the epoch.", lambda task: task.time / 1_000_000),
        }
        for name, (text, value) in own.items():
            family = GaugeMetricFamily(f"{self._prefix}_{name}", text, labels=_TASK)
            for task in tasks:
                family.add_metric([task.group, str(task.partition)], value(task))
            yield family

    def _of_sources(self, tasks: Iterable[Sight]) -> Iterator[Metric]:
        stalled = self._watchdog.verdict.stalled
        own: dict[str, tuple[str, Callable[[Sight, str], float]]] = {
            "position": ("Next offset to decide, as committed.", lambda task, topic: task.positions.get(topic, 0)),
            "lag": ("Offsets between the position and the end of the source.", lambda task, topic: task.lag(topic)),
            "stalled": (
                "1 when there is something to read and the position does not move.",
                lambda task, topic: float(task.name_of(topic) in stalled),
            ),
        }
        for name, (text, value) in own.items():
            family = GaugeMetricFamily(f"{self._prefix}_{name}", text, labels=_SOURCE)
            for task in tasks:
                for topic in task.ends:
                    family.add_metric([task.group, str(task.partition), topic], value(task, topic))
            yield family

    def _counts(self) -> Iterator[Metric]:
        tallies = [(*name.rpartition("-")[::2], tally) for name, tally in list(self._host.tallies.items())]
        commits = CounterMetricFamily(f"{self._prefix}_commits", "Transactions committed.", labels=_TASK)
        records = CounterMetricFamily(f"{self._prefix}_records", "Records decided and committed.", labels=_TASK)
        for group, partition, tally in tallies:
            commits.add_metric([group, partition], tally.commits)
            records.add_metric([group, partition], tally.records)
        yield from (commits, records)
        for name, (kind, text) in _NOTES.items():
            family = CounterMetricFamily(f"{self._prefix}_{name}", text, labels=_TASK)
            for group, partition, tally in tallies:
                family.add_metric([group, partition], tally.notes[kind])
            yield family

    def _gauge(self, name: str, text: str, value: float) -> Metric:
        return GaugeMetricFamily(f"{self._prefix}_{name}", text, value=value)


@contextmanager
def served(metrics: Collector, port: int, address: str = "127.0.0.1") -> Iterator[int]:
    """Serve metrics over HTTP while the body runs.

    Args:
        metrics: what is served.
        port: where; 0 for any free one.
        address: of the interface to listen on.

    Yields:
        The port.

    Raises:
        OSError: the port is taken.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(metrics)
    server, thread = start_http_server(port, address, registry)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
