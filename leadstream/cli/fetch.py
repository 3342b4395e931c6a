"""`leadstream fetch`: what vendors only announced is read from them."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from engine.errors import Fenced
from events.instants import iso
from leadstream.cli.extra import EXTRA, is_installed
from leadstream.cli.metrics import metrics_options, serving_metrics
from leadstream.cli.options import SOURCES, command, fail, say
from leadstream.cli.output import format_option, show
from leadstream.cli.root import main
from leadstream.cli.ways_in import configured
from leadstream.clock import now_us
from leadstream.deployment import partition_count
from leadstream.serving import reachable, stop_on_signals
from leadstream.settings import Settings
from leadstream.settings_file import CONFIG_FILE
from leadstream.supervising import watch_parent

if TYPE_CHECKING:
    from leadstream.fetching.fetcher import Fetcher
    from leadstream.fetching.worker import Worker
    from leadstream.intake.sources import Source

_LOOK = 0.5
_COLUMNS = ("source", "vendor", "pages", "missing", "watched_until", "failed")


@command(main, "fetch")
@click.option(
    "--source", "names", multiple=True, metavar="NAME", help="Only for this way in; may be repeated (default: all)."
)
@click.option(
    "--once", is_flag=True, help="Read all that is there and was announced, then end; 1 if some could not be read."
)
@metrics_options("LEADSTREAM_FETCH_METRICS")
@format_option
async def fetch(
    settings: Settings,
    *,
    names: tuple[str, ...],
    once: bool,
    metrics_port: int | None,
    metrics_address: str,
    form: str,
) -> None:
    """Read from vendors what their webhooks only announce, and lists that are configured; until stopped.

    For ways in with [sources.NAME.fetch] in leadstream.toml. What is read is kept in the topic raw and becomes facts
    as if the vendor had sent it. One process fetches for a deployment: on the embedded log a second one waits, on Kafka
    it takes the place of the first. Where topic or address is set, vendors are asked to announce changes, and asked
    again before that ends.

    \b
    Examples:
      leadstream fetch                              follow
      leadstream fetch --metrics-port 9104          follow, and say on /metrics what fails and which watches end
      leadstream fetch --once --source hubspot-eu   read all that there is, for cron
    """
    if not is_installed():
        fail(f"fetching needs more packages than this installation has: {EXTRA}")
    chosen = _chosen(configured(settings), names)
    from leadstream.fetching.around import Surroundings  # noqa: PLC0415 - the extra is there, as was just seen
    from leadstream.fetching.fetcher import GROUP, Fetcher  # noqa: PLC0415
    from leadstream.fetching.kept_tokens import KeptTokens  # noqa: PLC0415
    from leadstream.fetching.metrics import Metrics  # noqa: PLC0415

    logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells addresses, which hold ids of people
    async with reachable(settings, say) as log:
        stop = stop_on_signals()
        if settings.embedded:
            await _alone(lambda: log.owned(GROUP, 0), stop, settings.session_timeout + _LOOK if once else None)
        beat = settings.session_timeout / 3 if settings.embedded else 0.0
        fetcher = Fetcher(
            log, await partition_count(log), chosen, Surroundings(now_us, KeptTokens(settings.tokens_path), beat=beat)
        )
        if not once:
            say(f"fetching for {', '.join(sorted(chosen))}, log {settings.url}")
        with serving_metrics(Metrics(lambda: fetcher.workers), metrics_port, metrics_address):
            work = asyncio.create_task(_work(fetcher, once=once), name="fetching")
            watching = asyncio.create_task(watch_parent(stop), name="watching the parent")
            ending = asyncio.create_task(stop.wait(), name="waiting for a signal")
            try:
                await asyncio.wait({work, ending}, return_when=asyncio.FIRST_COMPLETED)
                workers = await _ended(work)
            finally:
                for each in (watching, ending):
                    each.cancel()
    if once and workers is not None:
        _report(workers, form)


async def _alone(owned: Callable[[], Awaitable[bool]], stop: asyncio.Event, seconds: float | None) -> None:
    """Wait until no other process fetches: one that was killed counts as alive for the session timeout."""
    said, waited = False, 0.0
    while await owned() and not stop.is_set():
        if not said:
            say("another process fetches for this deployment; waiting for it to end")
            said = True
        if seconds is not None and waited >= seconds:
            fail("another process fetches for this deployment, so everything is being read already")
        await asyncio.sleep(_LOOK)
        waited += _LOOK


def _chosen(ways_in: "dict[str, Source]", names: tuple[str, ...]) -> "dict[str, Source]":
    """The ways in to fetch for."""
    able = {name: source for name, source in ways_in.items() if source.fetch is not None}
    for name in names:
        if name not in able:
            raise click.UsageError(f"{CONFIG_FILE} has no [{SOURCES}.{name}.fetch]")
    if not able:
        fail(f"nothing is to be fetched: {CONFIG_FILE} has no [{SOURCES}.NAME.fetch]; see docs/connectors/README.md")
    return {name: able[name] for name in names} if names else able


async def _work(fetcher: "Fetcher", *, once: bool) -> "list[Worker] | None":
    if once:
        return await fetcher.once()
    await fetcher.follow()
    return None


async def _ended(work: "asyncio.Task[list[Worker] | None]") -> "list[Worker] | None":
    """What the work came to; None where it was stopped."""
    if not work.done():
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
        return None
    try:
        return work.result()
    except Fenced:
        fail("another process fetches for this deployment now; this one has stopped")


def _ends(worker: "Worker") -> str | None:
    """When the first watch of a way in ends unless it is renewed; None where nothing is watched."""
    found = worker.watched().values()
    return (iso(min(found)) if min(found) else "not all") if found else None


def _report(workers: "list[Worker]", form: str) -> None:
    rows = [
        {
            "source": worker.name,
            "vendor": worker.vendor,
            "pages": worker.pages,
            "missing": worker.missing,
            "watched_until": _ends(worker),
            "failed": "; ".join(f"{about}: {why}" for about, why in sorted(worker.failed.items())),
        }
        for worker in sorted(workers, key=lambda worker: worker.name)
    ]
    show(rows, form, columns=_COLUMNS)
    if failed := [worker.name for worker in workers if worker.failed]:
        fail(f"not everything could be read for {', '.join(sorted(failed))}; it is tried again next time")
