"""`leadstream worker`, `projector` and `up`: the long-running processes."""

import asyncio
import contextlib
import functools
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from engine.ending import REPLACED_EXIT
from engine.errors import LogError, PoisonBatch, Replaced, SkippedBatch, Unavailable
from engine.faust_app import TaskApp
from engine.metrics import Metrics, served
from engine.ports import EventLog
from engine.watchdog import STALLED_EXIT, Limits, Watchdog
from leadstream.advice import advised
from leadstream.beside import WorkFailed, beside
from leadstream.cli.extra import EXTRA, is_installed
from leadstream.cli.metrics import metrics_options
from leadstream.cli.options import command, fail, say
from leadstream.cli.root import main
from leadstream.cli.ways_in import configured
from leadstream.clock import now_us
from leadstream.deployment import app_name, partition_count
from leadstream.serving import reachable, serve, stop_on_signals
from leadstream.settings import Settings
from leadstream.state_store import state_stores
from leadstream.supervising import supervise
from leadstream.tidying import tidy
from leadstream.views_store import reachable_store, tables_of
from projections.app import build_app as build_projector
from projections.catalogue import OF_LEADS
from projections.sink import notice_another_log, sink
from projections.stores.port import StoreUnavailable, ViewStore
from projections.upgrading import Upgrading
from projections.worker import shapes_of
from streams.app import build_app as build_worker
from streams.programs import LEADS

_PAUSE = 0.5
_HEARTBEAT = click.option(
    "--heartbeat",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Touch FILE every few seconds while all is well (for health checks).",
)
_STALLED = click.option(
    "--stalled-after",
    type=click.FloatRange(min=1.0),
    metavar="SECONDS",
    help="Tell of a partition that does not move for so long (default: session timeout + 15); "
    f"after four times as long end with exit code {STALLED_EXIT}.",
)


@dataclass(frozen=True, slots=True)
class Watching:
    """How a worker is watched from outside: the options of every long-running process."""

    heartbeat: Path | None = None
    metrics_port: int | None = None
    metrics_address: str = "127.0.0.1"
    stalled_after: float | None = None


def _watched(
    function: Callable[[Settings, Watching], Coroutine[Any, Any, None]],
) -> Callable[..., Coroutine[Any, Any, None]]:
    """Add the options that say how a process is watched."""

    @functools.wraps(function)
    async def run(settings: Settings, **options: Any) -> None:
        await function(settings, Watching(**options))

    return _HEARTBEAT(metrics_options()(_STALLED(run)))


@command(main, "worker")
@_watched
async def worker(settings: Settings, watching: Watching) -> None:
    """Decide what comes into the inboxes, until stopped. Start as many as there are partitions, at most.

    \b
    Example: leadstream --broker kafka://localhost:9092 worker

    With --static-name (on Kafka) a worker that is started again within the session timeout finds its partitions as it
    left them, and nobody else's move. A name belongs to one living process: the one that started last has the place,
    the other one ends with exit code 76 and must not be started again under that name.

    \b
    leadstream --broker kafka://localhost:9092 --session-timeout 60 worker --static-name worker-1
    """
    async with reachable(settings, say) as log:
        stop = stop_on_signals()
        partitions = await partition_count(log)
        app = build_worker(
            app_name(settings, LEADS), log, partitions=partitions, clock=now_us, secret=settings.secret.encode(),
            session_timeout=settings.session_timeout, static_name=settings.static_name,
            store=state_stores(settings, LEADS), policy=settings.policy,
        )  # fmt: skip
        say(f"worker on {settings.url}, {partitions} partitions")
        await _served(app, stop, settings, watching)


@command(main, "projector")
@_watched
async def projector(settings: Settings, watching: Watching) -> None:
    """Turn facts into views and keep the SQL tables, in the data directory or where --store says, until stopped.

    \b
    Examples:
      leadstream --broker kafka://localhost:9092 --data-dir /var/lib/leadstream projector
      leadstream --broker kafka://localhost:9092 --store postgresql://leadstream@db.example/views projector
    """
    async with reachable(settings, say) as log:
        stop = stop_on_signals()
        partitions = await partition_count(log)
        name = app_name(settings, shapes_of(OF_LEADS).group)
        app = build_projector(
            name, log, partitions=partitions, clock=now_us,
            session_timeout=settings.session_timeout, static_name=settings.static_name, policy=settings.policy,
        )  # fmt: skip
        store = await reachable_store(settings, stop, _once())
        if store is None:
            return
        say(f"projector on {settings.url}, tables in {tables_of(settings)}")
        keeping = sink(log, store, stop, trouble=_once(), rebuilt=_rebuilt())
        works = {"keeping the tables": keeping, "tidying the log": tidy(log)}
        try:
            await _notice(log, store, stop)
            await _served(app, stop, settings, watching, works)
        finally:
            store.close()


async def _notice(log: EventLog, store: ViewStore, stop: asyncio.Event) -> None:
    """See whether the tables are of another log, before the views are written on; an outage is waited out."""
    told = _once()
    while not stop.is_set():
        try:
            if await notice_another_log(log, store):
                say("the log ends before what the tables hold: it is another one or an old copy; filling them anew")
        except (Unavailable, StoreUnavailable) as exc:
            told(exc)
            await asyncio.sleep(_PAUSE)
        else:
            return


def _once() -> Callable[[Exception], None]:
    """Says what is wrong when it is something else than the last time."""
    last = ""

    def told(exc: Exception) -> None:
        nonlocal last
        if str(exc) != last:
            last = str(exc)
            say(f"{last}; trying again")

    return told


def _rebuilt() -> Callable[[Upgrading | None], None]:
    """Says how far changed views are whenever they have got on, and when they are there."""
    last: Upgrading | None = None

    def told(now: Upgrading | None) -> None:
        nonlocal last
        if now is not None and now != last:
            say(str(now))
        elif now is None and last is not None:
            say(f"answers are of the present definition of {', '.join(last.views)} from now on")
        last = now

    return told


async def _served(
    app: TaskApp,
    stop: asyncio.Event,
    settings: Settings,
    watching: Watching,
    works: Mapping[str, Coroutine[Any, Any, None]] | None = None,
) -> None:
    if settings.static_name and settings.embedded:
        say("--static-name has no effect on the embedded log: a place there is free as soon as its process ends")
    after = watching.stalled_after
    limits = Limits.of(settings.session_timeout) if after is None else Limits.after(after)
    watchdog = Watchdog(app.task_host, limits, clock=now_us)
    try:
        with _metrics(app, watchdog, watching):
            async with beside(stop, works or {}):
                await serve(app, stop, watching.heartbeat, watchdog)
    except Replaced as exc:
        fail(f"stopped, nothing was skipped: {exc}", REPLACED_EXIT)
    except (PoisonBatch, SkippedBatch, LogError, WorkFailed) as exc:
        fail(f"stopped, nothing was skipped: {advised(exc)}")


@contextlib.contextmanager
def _metrics(app: TaskApp, watchdog: Watchdog, watching: Watching) -> Iterator[None]:
    """Serve metrics while the body runs, if that is wanted."""
    if watching.metrics_port is None:
        yield
        return
    metrics, address = Metrics(app.task_host, watchdog, prefix="leadstream"), watching.metrics_address
    with served(metrics, watching.metrics_port, address) as port:
        say(f"metrics on http://{address}:{port}/metrics")
        yield


@command(main, "up")
@click.option("--gateway/--no-gateway", default=True, show_default=True, help="Whether the gateway runs too.")
async def up(settings: Settings, *, gateway: bool) -> None:
    """Run everything on this machine until stopped: a worker, a projector, and a gateway where it is installed.

    Where leadstream.toml has [sources.NAME.fetch] it fetches, too.
    The gateway takes what LEADSTREAM_GATEWAY_* say, see leadstream gateway --help.

    \b
    Example: leadstream up            (one embedded file in leadstream-data)
    """
    async with reachable(settings, say):
        stop = stop_on_signals()
    names = ["worker", "projector"]
    if gateway and is_installed():
        names.append("gateway")
    elif gateway:
        say(f"without a gateway; {EXTRA} brings it")
    if is_installed() and any(source.fetch is not None for source in configured(settings).values()):
        names.append("fetch")
    commands = {name: [sys.executable, "-m", "leadstream", name] for name in names}
    ended = await supervise(commands, settings, stop)
    if ended is not None:
        fail(ended)
