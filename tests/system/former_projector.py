"""`leadstream projector` of a former version of the views. Run as `python -m tests.system.former_projector projector`;
settings as everywhere.
"""

import asyncio

import click

from engine.faust_app import build_task_app
from engine.ports import EventLog
from leadstream.beside import beside
from leadstream.cli.options import command
from leadstream.cli.workers import Watching, _served
from leadstream.clock import now_us
from leadstream.deployment import app_name, opened, partition_count
from leadstream.serving import stop_on_signals
from leadstream.settings import Settings
from projections.sink import sink, sink_once
from projections.stores.port import ViewStore
from projections.worker import shapes_of, view_programs
from tests.projections.former import FORMER, FORMER_LAYOUT, FORMER_LEADS, project_as_former


def former_store(settings: Settings) -> ViewStore:
    """The deployment's tables, as the former version opens them."""
    if settings.store:
        from projections.stores.postgresql import PostgresStore  # noqa: PLC0415 - an optional extra

        return PostgresStore(settings.store, layout=FORMER_LAYOUT)
    from projections.stores.sqlite import SqliteStore  # noqa: PLC0415 - one of two

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return SqliteStore(settings.views_path, FORMER_LAYOUT)


async def projected_by_former(log: EventLog, settings: Settings) -> None:
    """The former version has read all there is, and filled its tables."""
    await project_as_former(log, settings.partitions)
    store = await asyncio.to_thread(former_store, settings)
    try:
        await sink_once(log, store)
    finally:
        store.close()


@click.group()
def main() -> None:
    """Programs of a former version."""


@command(main, "projector")
async def projector(settings: Settings) -> None:
    stop = stop_on_signals()
    async with opened(settings) as log:
        partitions = await partition_count(log)
        app = build_task_app(
            app_name(settings, shapes_of(FORMER_LEADS).group),
            log,
            view_programs(log, partitions, projections=FORMER),
            clock=now_us,
            session_timeout=settings.session_timeout,
        )
        store = former_store(settings)
        async with beside(stop, {"keeping the tables": sink(log, store, stop)}):
            await _served(app, stop, settings, Watching())
        store.close()


if __name__ == "__main__":
    main()
