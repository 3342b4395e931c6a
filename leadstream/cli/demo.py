"""`leadstream demo`: a clearly marked simulated company, as one week at a glance or live."""

import tempfile
from pathlib import Path
from time import perf_counter

import click
from rich.console import Console

from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.progress import progress
from leadstream.cli.root import main
from leadstream.demo.children import ChildEnded
from leadstream.demo.company import Week
from leadstream.demo.home import NotOurs, demo_home
from leadstream.demo.live import Live, run_live
from leadstream.demo.summary import Summary, figures, summarise
from leadstream.demo.summary_text import page
from leadstream.demo.week import run_week
from leadstream.deployment import opened, partition_count
from leadstream.settings import Settings
from leadstream.views_store import open_store

_PLAIN_WIDTH = 120


@command(main, "demo")
@click.option("--once", is_flag=True, help="A simulated week in virtual time and a summary of it, then stop.")
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed gives the same facts.")
@click.option("--days", type=click.IntRange(1, 60), default=7, show_default=True, help="With --once: how many days.")
@click.option(
    "--leads-per-day",
    type=click.IntRange(1, 10_000),
    default=120,
    show_default=True,
    help="With --once: leads on an ordinary Monday.",
)
@click.option(
    "--rate", type=click.FloatRange(0.1, 200), default=5.0, show_default=True, help="Live: facts a second, on average."
)
@click.option("--for", "seconds", type=click.FloatRange(min=1), metavar="SECONDS", help="Live: stop after so long.")
@format_option
async def demo(
    settings: Settings,
    *,
    once: bool,
    seed: int,
    days: int,
    leads_per_day: int,
    rate: float,
    seconds: float | None,
    form: str,
) -> None:
    """Show leadstream at work on a SIMULATED company, in a directory of its own.

    Live, a worker and a projector are started and a board shows scores moving, clocks counting down, breaches, and
    breaches taken back by calls that are told late; Ctrl-C ends it. With --once a simulated week is decided in
    virtual time and summed up.

    The demo always keeps to an embedded log of its own, whatever --broker and --store say.

    \b
    Examples:
      leadstream demo
      leadstream demo --once
      leadstream demo --once --seed 12 --format json
    """
    try:
        if once:
            await _once(settings, Week(seed, days, leads_per_day), form)
        else:
            with demo_home(_home(settings, Path("leadstream-data/demo"))) as home:
                await run_live(_own(settings, home), Live(seed, rate, seconds), Console())
    except (NotOurs, ChildEnded) as exc:
        fail(str(exc))


async def _once(settings: Settings, week: Week, form: str) -> None:
    started = perf_counter()
    with demo_home(_home(settings, None)) as home:
        summary = await _summary(_own(settings, home), week)
        if form != "table":
            show(figures(summary), form)
            return
        console = Console()
        if not console.is_terminal:
            console = Console(width=_PLAIN_WIDTH)
        console.print(page(summary, week, perf_counter() - started, home), crop=False)


async def _summary(settings: Settings, week: Week) -> Summary:
    async with opened(settings) as log:
        partitions = await partition_count(log)
        with progress("simulating a week") as advance:
            run = await run_week(log, settings, partitions, week, lambda _, records: advance(records))
        store = open_store(settings)
        try:
            return await summarise(log, store, partitions, run)
        finally:
            store.close()


def _home(settings: Settings, usual: Path | None) -> Path:
    """The directory chosen, else the usual one, else a fresh one that stays for a look around."""
    if "data_dir" in settings.model_fields_set:
        return settings.data_dir
    return usual or Path(tempfile.mkdtemp(prefix="leadstream-demo-"))


def _own(settings: Settings, home: Path) -> Settings:
    """The settings with everything that leads out of the demo's directory taken away."""
    return settings.model_copy(
        update={"broker": f"sqlite:///{(home / 'log.db').resolve()}", "data_dir": home, "prefix": "", "store": ""}
    )
