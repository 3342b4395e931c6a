"""What a gateway has counted, as Prometheus reads it. docs/gateway.md says what each means."""

from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from leadstream.gateway.measures import Measures, Spread

_PREFIX = "leadstream_gateway"


class Metrics(Collector):
    """The counts of a gateway.

    Args:
        measures: what counts.
    """

    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    @override
    def collect(self) -> Iterable[Metric]:
        """All metrics as they stand now; called from the thread that serves them."""
        now = self._measures
        yield _counted("requests", "Requests answered.", ("route", "status"), now.requests.items())
        seconds = HistogramMetricFamily(
            f"{_PREFIX}_request_seconds", "From the end of a request's head to its answer.", labels=["route"]
        )
        for route, spread in list(now.seconds.items()):
            seconds.add_metric([route], spread.buckets(), spread.total)
        yield seconds
        yield _counted("events", "Events of POST /v1/events.", ("key", "outcome"), now.events.items())
        yield _counted("hooks", "Requests of vendors and forms.", ("source", "outcome"), now.hooks.items())
        yield _counted("facts", "Facts that new requests of vendors and forms told.", ("source",), now.facts.items())
        yield _counted("dead_letters", "Dead letters of new requests.", ("source", "reason"), now.letters.items())
        yield _counted("commands", "Commands asked.", ("command", "outcome"), now.commands.items())
        yield _counted("rate_limited", "Requests that came too often.", ("kind", "name"), now.limited.items())
        yield from self._commits()

    def _commits(self) -> Iterator[Metric]:
        now = self._measures
        yield _spread("commit_records", "Records of an append to the log.", now.commit_records)
        yield _spread("commit_seconds", "How long an append took.", now.commit_seconds)
        failures = CounterMetricFamily(f"{_PREFIX}_commit_failures", "Appends that the log did not take.")
        failures.add_metric([], now.commit_failures)
        yield failures
        yield GaugeMetricFamily(f"{_PREFIX}_waiting_bytes", "What waits for the log.", value=now.waiting_bytes)
        yield GaugeMetricFamily(
            f"{_PREFIX}_waiting_seconds", "How long the oldest of it has waited.", value=now.waiting_seconds
        )


def _counted(name: str, text: str, labels: tuple[str, ...], counts: Iterable[tuple[tuple[object, ...], int]]) -> Metric:
    family = CounterMetricFamily(f"{_PREFIX}_{name}", text, labels=labels)
    for values, count in list(counts):  # at once: the event loop goes on counting
        family.add_metric([str(value) for value in values], count)
    return family


def _spread(name: str, text: str, spread: Spread) -> Metric:
    return HistogramMetricFamily(f"{_PREFIX}_{name}", text, buckets=spread.buckets(), sum_value=spread.total)
