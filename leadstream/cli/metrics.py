"""Serving metrics beside what a command does."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from prometheus_client.registry import Collector

from engine.metrics import served
from leadstream.cli.options import fail, say


@contextmanager
def serving_metrics(metrics: Collector, port: int | None, address: str) -> Iterator[None]:
    """Serve metrics while the body runs, if that is wanted."""
    if port is None:
        yield
        return
    with ExitStack() as stack:
        try:
            found = stack.enter_context(served(metrics, port, address))
        except OSError as exc:
            fail(f"cannot serve metrics on {address} port {port}: {exc.strerror}; choose another with --metrics-port")
        say(f"metrics on http://{address}:{found}/metrics")
        yield
