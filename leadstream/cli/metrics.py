"""Serving metrics beside what a command does."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import click
from prometheus_client.registry import Collector

from engine.metrics import served
from leadstream.cli.options import fail, say

F = TypeVar("F", bound=Callable[..., Any])


def metrics_options(variable: str | None = None) -> Callable[[F], F]:
    """`--metrics-port` and `--metrics-address`.

    Args:
        variable: what the names of their environment variables begin with; None: they have none.
    """
    port = click.option(
        "--metrics-port",
        type=click.IntRange(0, 65535),
        envvar=variable and f"{variable}_PORT",
        metavar="PORT",
        help="Serve metrics for Prometheus on this port (0: any free one).",
    )
    address = click.option(
        "--metrics-address",
        default="127.0.0.1",
        envvar=variable and f"{variable}_ADDRESS",
        show_default=True,
        metavar="ADDRESS",
        help="Where to listen for those who ask for metrics; 0.0.0.0 for everybody.",
    )
    return lambda function: port(address(function))


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
