"""`python -m benchmarks.moved`: how long after a deal is won its cell of the matrix shows it, on both logs.

A worker and a projector run as processes of their own, beside a steady stream of other facts. A deal a second is won;
the clock runs from when the log has acknowledged the fact to when a reader of the tables sees the sum that has it.

It is asked in two ways: `--as-of` the instant of asking, and without, as most people do. What is complete in all
partitions is behind the clock, by the grace for stragglers and by how often idle tasks say that time has passed; a
deal that was won has to show before that.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import click
import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.homes import Home
from engine.partitioning import partition_of
from engine.ports import FaustLog, NewRecord
from events.topics import OPPORTUNITY_INBOX
from leadstream.clock import now_us
from leadstream.settings import Settings
from leadstream.views_store import open_store
from projections.read import read_view
from projections.stores.port import ViewStore
from tests.support.kafka import KafkaCluster
from tests.support.missing import MissingError
from tests.support.process import leadstream

PARTITIONS = 4
_LOOK = 0.02
_PATIENCE = 120.0
_BEGUN = 1
"""Deals won before the measuring, so that everything has been used once."""


class Moved(NamedTuple):
    """Seconds from the acknowledgement of a win to its cell, by how the matrix was asked."""

    asked: str
    seconds: list[float]

    def percentile(self, percent: int) -> float:
        """Seconds that so many percent of the wins did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _settings(url: str | None, name: str, folder: Path) -> Settings:
    settings = Home.on(url, name, folder, PARTITIONS).settings
    return settings.model_copy(update={"data_dir": folder / name / "data"})


def _environment(settings: Settings) -> dict[str, str]:
    return {f"LEADSTREAM_{name.upper()}": str(value) for name, value in settings.model_dump().items() if value}


def _fact(kind: str, deal: str, number: int, data: Mapping[str, Any]) -> NewRecord:
    said = {
        "specversion": "1.0", "type": f"opportunity.{kind}.v1", "id": f"{number}", "source": "/bench",
        "subject": deal, "time": datetime.now(UTC).isoformat(), "data": data,
    }  # fmt: skip
    return NewRecord(deal.encode(), orjson.dumps(said))


class _Crm:
    """What tells facts: it opens deals, amends them, and wins one when asked."""

    def __init__(self, log: FaustLog) -> None:
        self._log, self._told, self._opened = log, 0, 0

    async def _tell(self, kind: str, deal: str, **data: object) -> None:
        self._told += 1
        record = _fact(kind, deal, self._told, data)
        await self._log.append({(OPPORTUNITY_INBOX, partition_of(deal.encode(), PARTITIONS)): [record]})

    async def open(self) -> str:
        """Open a deal of one minor unit that closes today."""
        self._opened += 1
        deal, day = f"deal-{self._opened}", f"{datetime.now(UTC):%Y-%m-%d}"
        await self._tell(
            "opened", deal, account="acme", name=deal, stage="s", amount_minor=1, currency="EUR", close_date=day
        )
        return deal

    async def win(self, deal: str) -> float:
        """Win it; the instant of the acknowledgement on the steady clock, in seconds."""
        await self._tell("closed_won", deal)
        return time.monotonic()

    async def chatter(self, rate: int) -> None:
        """Amend other deals at so many facts a second, until cancelled."""
        others, begun, told = [await self.open() for _ in range(20)], time.monotonic(), 0
        while True:
            await self._tell("amended", others[told % len(others)], next_step=f"call {told}")
            told += 1
            await asyncio.sleep(max(0.0, begun + told / rate - time.monotonic()))


def _closed(store: ViewStore, *, named: bool) -> int:
    times = {"as_of": now_us()} if named else {}
    rows = read_view(store, "matrix", {"measure": "closed_acv"}, times=times)
    return int(rows[0]["amount_minor"] or 0) if rows else 0


async def _seen(store: ViewStore, wins: int, *, named: bool) -> list[float]:
    """The instants at which the sum had come to one, two and so on, as one reader saw them."""
    found, until = list[float](), time.monotonic() + _PATIENCE + 2 * wins
    while len(found) < wins:
        assert time.monotonic() < until, f"only {len(found)} of {wins} wins were seen"
        count = await asyncio.to_thread(_closed, store, named=named)
        found += [time.monotonic()] * (count - len(found))
        await asyncio.sleep(_LOOK)
    return found


@asynccontextmanager
async def _running(settings: Settings, folder: Path) -> AsyncIterator[None]:
    """A worker and a projector."""
    env = _environment(settings)
    with leadstream("topics", "create", log=folder / "topics.log", env=env) as made:
        assert await asyncio.to_thread(made.wait, _PATIENCE) == 0, made.tail()
    with (
        leadstream("worker", log=folder / "worker.log", env=env) as worker,
        leadstream("projector", log=folder / "projector.log", env=env) as projector,
    ):
        yield
        for each in (worker, projector):
            assert each.alive, each.tail()


async def measured(settings: Settings, folder: Path, rate: int, wins: int) -> list[Moved]:
    """Win so many deals, one a second, beside so many other facts a second."""
    home = Home(settings, folder)
    async with _running(settings, folder), home.log() as log:
        crm = _Crm(log)
        deals = [await crm.open() for _ in range(wins + _BEGUN)]
        chatter = asyncio.create_task(crm.chatter(rate))
        stores = {named: open_store(settings) for named in (True, False)}
        try:
            for deal in deals[:_BEGUN]:
                await crm.win(deal)
            for named, store in stores.items():
                await _seen(store, _BEGUN, named=named)
            async with asyncio.TaskGroup() as group:
                readers = [group.create_task(_seen(store, len(deals), named=named)) for named, store in stores.items()]
                won = [at async for at in _one_a_second(crm.win, deals[_BEGUN:])]
        finally:
            chatter.cancel()
            for store in stores.values():
                store.close()
    asked = ("as of the instant of asking", "without an instant")
    return [
        Moved(how, [saw - at for saw, at in zip(reader.result()[_BEGUN:], won, strict=True)])
        for how, reader in zip(asked, readers, strict=True)
    ]


async def _one_a_second(win: Callable[[str], Awaitable[float]], deals: list[str]) -> AsyncIterator[float]:
    begun = time.monotonic()
    for number, deal in enumerate(deals, 1):
        yield await win(deal)
        await asyncio.sleep(max(0.0, begun + number - time.monotonic()))


def _all(folder: Path, only: str | None, rate: int, wins: int) -> Iterator[tuple[str, Moved]]:
    if only in (None, "embedded"):
        yield from (("embedded", each) for each in asyncio.run(_on(None, folder, rate, wins)))
    if only in (None, "kafka"):
        with KafkaCluster() as cluster:
            yield from (("kafka", each) for each in asyncio.run(_on(cluster.url, folder, rate, wins)))


async def _on(url: str | None, folder: Path, rate: int, wins: int) -> list[Moved]:
    name = "embedded" if url is None else "kafka"
    return await measured(_settings(url, name, folder), folder / name, rate, wins)


@click.command()
@click.option("--rate", default=50, show_default=True, help="Other facts a second.")
@click.option("--wins", default=30, show_default=True, help="Deals won, one a second.")
@click.option("--only", type=click.Choice(("embedded", "kafka")), help="Only this log.")
def main(rate: int, wins: int, only: str | None) -> None:
    """Measure how long after a deal is won its cell of the matrix shows it."""
    table = Table("log", "matrix", "p50 s", "p90 s", "longest s")
    try:
        with tempfile.TemporaryDirectory(prefix="leadstream-moved-") as name:
            for log, moved in _all(Path(name), only, rate, wins):
                figures = (moved.percentile(50), moved.percentile(90), max(moved.seconds))
                table.add_row(log, moved.asked, *(f"{seconds:.2f}" for seconds in figures))
    except MissingError as error:
        raise click.ClickException(str(error)) from error
    Console(width=100).print(table)
    click.echo(
        f"{wins} wins beside {rate} facts a second; {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
