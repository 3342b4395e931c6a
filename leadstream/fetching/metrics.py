"""What a fetcher does, as Prometheus reads it. docs/connectors/README.md says what each means.

Labels are names of ways in and kinds of lists; ids of lists are addresses of people and stay out.
"""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from events.instants import SECOND
from leadstream.fetching.worker import Worker

_PREFIX = "leadstream_fetch"


class Metrics(Collector):
    """The counts of a fetcher; they begin anew when it loses the log and finds it again.

    Args:
        workers: gives those that work now.
    """

    def __init__(self, workers: Callable[[], Iterable[Worker]]) -> None:
        self._workers = workers

    @override
    def collect(self) -> Iterable[Metric]:
        """All metrics as they stand now; called from the thread that serves them."""
        workers = list(self._workers())
        pages = CounterMetricFamily(f"{_PREFIX}_pages", "Pages that were kept.", labels=["source"])
        missing = CounterMetricFamily(
            f"{_PREFIX}_missing", "Things that were announced and are not at the vendor any more.", labels=["source"]
        )
        for worker in workers:
            pages.add_metric([worker.name], worker.pages)
            missing.add_metric([worker.name], worker.missing)
        yield from (pages, missing, *_gauges(workers))


def _gauges(workers: list[Worker]) -> Iterator[Metric]:
    failing = GaugeMetricFamily(
        f"{_PREFIX}_failing", "What could not be read, or whose watch could not be renewed, at the last try.",
        labels=["source"],
    )  # fmt: skip
    ends = GaugeMetricFamily(
        f"{_PREFIX}_watch_ends_seconds", "When the first watch of a kind ends unless it is renewed, since the epoch.",
        labels=["source", "kind"],
    )  # fmt: skip
    unwatched = GaugeMetricFamily(
        f"{_PREFIX}_unwatched", "Lists that are to be watched and are not, now.", labels=["source"]
    )
    for worker in workers:
        failing.add_metric([worker.name], len(worker.failed))
        watched, now = worker.watched(), worker.now()
        first = dict[str, int]()
        for feed, until in watched.items():
            first[feed.kind] = min(until, first.get(feed.kind, until))
        for kind, until in sorted(first.items()):
            ends.add_metric([worker.name, kind], until / SECOND)
        unwatched.add_metric([worker.name], sum(until <= now for until in watched.values()))
    yield from (failing, ends, unwatched)
