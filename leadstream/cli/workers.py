"""`leadstream worker`, `projector` and `up`: the long-running processes."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import click

from engine.errors import LogError, PoisonBatch, SkippedBatch
from engine.faust_app import TaskApp
from leadstream.beside import WorkFailed, beside
from leadstream.cli.options import command, fail
from leadstream.cli.root import main
from leadstream.clock import now_us
from leadstream.deployment import app_name, partition_count
from leadstream.serving import reachable, serve, stop_on_signals
from leadstream.settings import Settings
from leadstream.supervising import supervise
from leadstream.tidying import tidy
from leadstream.views_store import open_store
from projections.app import build_app as build_projector
from projections.sink import sink
from projections.worker import VIEW_GROUP
from streams.app import build_app as build_worker
from streams.programs import LEADS

_HEARTBEAT = click.option(
    "--heartbeat",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Touch FILE every few seconds while all is well (for health checks).",
)


def _say(text: str) -> None:
    click.echo(f"leadstream: {text}", err=True)


@command(main, "worker")
@_HEARTBEAT
async def worker(settings: Settings, heartbeat: Path | None) -> None:
    """Decide what comes into the inboxes, until stopped. Start as many as there are partitions, at most.

    \b
    Example: leadstream --broker kafka://localhost:9092 worker
    """
    async with reachable(settings, _say) as log:
        stop = stop_on_signals()
        partitions = await partition_count(log)
        app = build_worker(
            app_name(settings, LEADS), log, partitions=partitions, clock=now_us, secret=settings.secret.encode(),
            session_timeout=settings.session_timeout,
        )  # fmt: skip
        _say(f"worker on {settings.url}, {partitions} partitions")
        await _served(app, stop, heartbeat)


@command(main, "projector")
@_HEARTBEAT
async def projector(settings: Settings, heartbeat: Path | None) -> None:
    """Turn facts into views and keep the SQL tables in the data directory, until stopped.

    \b
    Example: leadstream --broker kafka://localhost:9092 --data-dir /var/lib/leadstream projector
    """
    async with reachable(settings, _say) as log:
        stop = stop_on_signals()
        partitions = await partition_count(log)
        name = app_name(settings, VIEW_GROUP)
        app = build_projector(name, log, partitions=partitions, clock=now_us, session_timeout=settings.session_timeout)
        store = open_store(settings)
        _say(f"projector on {settings.url}, tables in {settings.views_path}")
        works = {"keeping the tables": sink(log, store, stop, trouble=_once()), "tidying the log": tidy(log)}
        try:
            await _served(app, stop, heartbeat, works)
        finally:
            store.close()


def _once() -> Callable[[Exception], None]:
    """Says what is wrong when it is something else than the last time."""
    last = ""

    def told(exc: Exception) -> None:
        nonlocal last
        if str(exc) != last:
            last = str(exc)
            _say(f"{last}; trying again")

    return told


async def _served(
    app: TaskApp,
    stop: asyncio.Event,
    heartbeat: Path | None,
    works: Mapping[str, Coroutine[Any, Any, None]] | None = None,
) -> None:
    try:
        async with beside(stop, works or {}):
            await serve(app, stop, heartbeat)
    except (PoisonBatch, SkippedBatch, LogError, WorkFailed) as exc:
        fail(f"stopped, nothing was skipped: {exc}")


@command(main, "up")
async def up(settings: Settings) -> None:
    """Run everything on this machine: a worker and a projector, until stopped.

    \b
    Example: leadstream up            (one embedded file in leadstream-data)
    """
    async with reachable(settings, _say):
        stop = stop_on_signals()
    commands = {name: [sys.executable, "-m", "leadstream", name] for name in ("worker", "projector")}
    ended = await supervise(commands, settings, stop)
    if ended is not None:
        fail(ended)
