"""`leadstream verify`: prove that states and views are folds of the log."""

import click

from engine.errors import PoisonBatch
from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.root import main
from leadstream.compared import Compared
from leadstream.deployment import opened, partition_count
from leadstream.redeciding import OTHER_ORDER, Incomplete
from leadstream.redeciding import redecide as decided_anew
from leadstream.settings import Settings
from leadstream.verification import verify_states, verify_tables
from leadstream.views_store import open_store
from projections.sink import sink_once
from projections.upgrading import upgrading
from projections.verify import StillMoving, verify_views


@command(main, "verify")
@click.option("--redecide", is_flag=True, help="Decide the inboxes anew as well, in memory, and compare the facts.")
@format_option
async def verify(settings: Settings, *, redecide: bool, form: str) -> None:
    """Fold the whole log anew and compare, byte for byte.

    Compared are the states of leads and of all they speak to, the answers that leads keep, every view row and every
    table row.

    With --redecide the facts themselves are compared with what the inboxes give when they are decided anew. That needs
    the inboxes from their first record on, and memory for them. Run it while no worker is running, or expect what was
    written meanwhile to be named.

    \b
    Exit code 0: all equal. 1: something differs, and is named.
    Example: leadstream verify --format json
    """
    store = open_store(settings)
    try:
        async with opened(settings) as log:
            partitions = await partition_count(log)
            states = await verify_states(log, partitions, settings.secret.encode())
            facts = await decided_anew(log, partitions, settings.secret.encode()) if redecide else Compared()
            views = await verify_views(log, partitions)
            await sink_once(log, store)
            now = upgrading(store)
            if now is not None or views.rebuilding:
                fail(f"changed views are being rebuilt, verify when it is done: {now or ', '.join(views.rebuilding)}")
            tables = await verify_tables(log, partitions, store)
    except (StillMoving, Incomplete, PoisonBatch) as exc:
        fail(str(exc))
    finally:
        store.close()
    rows = [
        *states.rows(),
        *facts.rows(),
        {"what": "view rows", "compared": views.rows, "differ": len(views.differences)},
        *tables.rows(),
    ]
    show(rows, form)
    named = [
        *states.problems,
        *facts.problems,
        *(f"{d.topic}-{d.partition} {d.key!r}" for d in views.differences),
        *tables.problems,
    ]
    for problem in named[:20]:
        click.echo(problem, err=True)
    if facts.problems:
        click.echo(OTHER_ORDER, err=True)
    if views.behind:
        click.echo(f"{views.behind} facts are not projected yet and were left out", err=True)
    if named:
        fail(f"{len(named)} difference{'s' if len(named) > 1 else ''}")
