"""`leadstream run`: process what is there in virtual time, then stop."""

from collections import Counter
from time import perf_counter

import click

from engine.errors import PoisonBatch
from engine.recordtime import TOLERANCE
from events.instants import iso
from leadstream.cli.options import command, fail
from leadstream.cli.progress import progress
from leadstream.cli.root import main
from leadstream.cli.times import INSTANT
from leadstream.clock import now_us
from leadstream.deployment import opened, partition_count
from leadstream.running import Busy, run_until_idle
from leadstream.settings import Settings
from projections.catalogue import PROJECTIONS


@command(main, "run")
@click.option("--until-idle", is_flag=True, required=True, help="Stop when there is nothing left to read.")
@click.option(
    "--until",
    type=INSTANT,
    metavar="TIME",
    help="Let time pass up to TIME, at most now, firing everything due before it.",
)
async def run(settings: Settings, until_idle: bool, until: int | None) -> None:
    """Decide all that is in the inboxes and bring the views up to it, in virtual time, then stop.

    Time is the time of the records, never the wall clock: a year of history runs in seconds, and running it again
    gives the same bytes. Stop workers and projectors first; a run beside them is refused.

    \b
    Example: leadstream run --until-idle --until 2012-06-01
    """
    assert until_idle
    if (
        until is not None and until > now_us() + TOLERANCE
    ):  # what was fired ahead would make all that comes till then late
        raise click.UsageError(f"--until: {iso(until)} is still to come; time passes up to now at most")
    started, read = perf_counter(), Counter[str]()
    async with opened(settings) as log:
        partitions = await partition_count(log)
        with progress("deciding") as advance:

            def on_batch(group: str, records: int) -> None:
                read[group] += records
                advance(records)

            try:
                ran = await run_until_idle(log, settings, partitions, until=until, progress=on_batch)
            except (Busy, PoisonBatch) as exc:
                fail(str(exc))
    took = perf_counter() - started
    projected = sum(read[each.name] for each in PROJECTIONS)
    click.echo(
        f"{read.total() - projected} inbox records decided, {projected} facts projected, {ran.rows} rows written "
        f"in {took:.1f} s; complete to {iso(ran.time)}"
    )
