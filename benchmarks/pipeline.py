"""`python -m benchmarks.pipeline`: a quarter of a million facts about opportunities, folded, written and asked about.

The facts are put into the canonical log; the projection folds them, the sink writes them, both as a projector does, and
their processor time is measured. Then every view is asked, and its figures are compared with a second opinion.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import click
import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.homes import load
from benchmarks.pipeline_asked import MIDDLE, Answer, plans, questions, server_of, timed
from benchmarks.pipeline_lives import END, PRODUCTS, REGIONS, Told, agreement, envelope, facts, targets
from benchmarks.pipeline_twin import Figures, by_opportunity, figures, won
from engine.drain import drain
from engine.ports import FaustLog, NewRecord
from engine.position import Position, encode_position
from engine.recordtime import TASK_HEADER, TIME_HEADER
from engine.state import POSITION
from events.codec import Codec
from events.envelope import Envelope
from events.instants import from_us, to_us
from events.registry import wrap
from events.topics import AGREEMENTS, COUNCIL_EVENTS, OPPORTUNITY_EVENTS
from leadstream.deployment import opened
from leadstream.settings import Settings
from leadstream.tuning import quiet_gc
from projections.catalogue import OF_COUNCILS, OF_OPPORTUNITIES
from projections.read import read_view
from projections.sink import sink_once
from projections.stores.port import ViewStore
from projections.stores.sqlite import SqliteStore
from projections.views.view import Cell
from projections.worker import view_program
from tests.support.postgresql import PostgresServer

PARTITIONS = 4
_CHUNK = 50_000
_WRONG_SHOWN = 5
_EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN (ANALYZE, BUFFERS)"}
_POINTS = {"now": {}, "as of": {"as_of": MIDDLE}, "as of and known at": {"as_of": MIDDLE, "known_at": MIDDLE}}


class Rate(NamedTuple):
    """What a step took: things done, seconds by the clock and of this process' processor."""

    what: str
    done: int
    seconds: float
    cpu: float


@click.command()
@click.option("--facts", "count", default=1_000_000, show_default=True, help="Facts of the quarter.")
@click.option("--store", "stores", multiple=True, type=click.Choice(list(_EXPLAIN)), help="Only this store.")
@click.option("--runs", default=5, show_default=True, help="How often each question is asked.")
@click.option("--ask", "named", multiple=True, help="Only questions that have one of these in their name.")
@click.option("--seed", default=1, show_default=True, help="Of all data.")
@click.option(
    "--plans", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write query plans to this file."
)
@click.option(
    "--home", type=click.Path(file_okay=False, path_type=Path), help="Keep log and SQLite file there, and go on."
)
def main(
    count: int,
    stores: tuple[str, ...],
    runs: int,
    named: tuple[str, ...],
    seed: int,
    path: Path | None,
    home: Path | None,
) -> None:
    """Measure the pipeline's views; ends with 1 when a figure is wrong.

    \b
    Example: make bench-pipeline
             make bench-pipeline ARGS="--facts 50000 --store sqlite"
             make bench-pipeline ARGS="--ask 'of a week' --plans plans.txt"
    """
    quiet_gc()  # as every process of ours that goes on for long
    with ExitStack() as stack:
        folder = home or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leadstream-pipeline-")))
        told = facts(count, seed)
        rates = asyncio.run(_folded(folder, told))
        lives = by_opportunity(told)
        twins = {
            point: figures(lives, times.get("as_of", END), times.get("known_at")) for point, times in _POINTS.items()
        }
        wins = won(lives, MIDDLE, END)
        wrong, written = list[str](), list[str]()
        for name in stores or tuple(_EXPLAIN):
            store = _opened(name, folder, stack)
            filled = asyncio.run(_filled(folder, store, name))
            _show_rates([*rates, filled])
            rates = []
            server = server_of(store) if name == "postgresql" else float
            wrong += [f"{name}: {what}" for what in _wrong(store, twins, wins)]
            _show_answers(name, [timed(store, each, runs, server) for each in questions(named)])
            if path is not None:
                written += _plans(name, store, named)
            store.close()
        if path is not None:
            path.write_text("\n".join(written) + "\n")
    for what in wrong[:_WRONG_SHOWN]:
        click.echo(f"wrong: {what}")
    click.echo(f"{len(wrong)} figures wrong; {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")
    sys.exit(bool(wrong))


def _opened(name: str, folder: Path, stack: ExitStack) -> ViewStore:
    if name == "sqlite":
        return SqliteStore(folder / "views.db")
    from projections.stores.postgresql import PostgresStore  # noqa: PLC0415 - an optional extra

    url = os.environ.get("LEADSTREAM_STORE", "")
    if not url:
        server = PostgresServer()
        stack.callback(server.close)
        server.start()
        url = server.empty("bench")
    return PostgresStore(url)


def _records(envelopes: Iterable[Envelope]) -> Iterator[NewRecord]:
    codec = Codec()
    for each in envelopes:
        known = each.time if each.recordedat is msgspec.UNSET else each.recordedat
        headers = ((TIME_HEADER, str(to_us(known)).encode()), (TASK_HEADER, b"opportunities"))
        yield NewRecord(each.subject.encode(), codec.encode(each), headers)


async def _folded(folder: Path, told: Sequence[Told]) -> list[Rate]:
    """Fill the log, unless it is filled already, and let the projection read it."""
    rates = list[Rate]()
    async with opened(Settings(broker=f"sqlite:///{folder / 'log.db'}", partitions=PARTITIONS), create=True) as log:
        if not sum(await log.ends(OPPORTUNITY_EVENTS)):
            await _loaded(log, told)
        for projection in (OF_COUNCILS, OF_OPPORTUNITIES):
            done = 0

            def count(_: str, records: int) -> None:
                nonlocal done
                done += records

            clock, cpu = time.perf_counter(), time.process_time()
            await drain(log, view_program(log, PARTITIONS, projection=projection), progress=count)
            rate = Rate("facts folded", done, time.perf_counter() - clock, time.process_time() - cpu)
            rates += [rate] if projection is OF_OPPORTUNITIES else []
    return rates


async def _loaded(log: FaustLog, told: Sequence[Told]) -> None:
    click.echo(f"{len(told):,} facts ...", err=True)
    start = from_us(told[0].recorded)
    said = [wrap(agreement(), subject="bench", id="bench", source="/bench", time=start)]
    await log.append({(AGREEMENTS, 0): list(_records(said))})
    goals = (
        wrap(goal, subject="plan", id=f"goal-{number}", source="/bench", time=start, recordedat=start)
        for number, goal in enumerate(targets())
    )
    await load(log, COUNCIL_EVENTS, PARTITIONS, list(_records(goals)))
    for low in range(0, len(told), _CHUNK):
        envelopes = (envelope(each, number) for number, each in enumerate(told[low : low + _CHUNK], start=low))
        await load(log, OPPORTUNITY_EVENTS, PARTITIONS, list(_records(envelopes)))
    position = encode_position(Position(offsets={}, time=END))
    for projection in (OF_OPPORTUNITIES, OF_COUNCILS):
        await log.append({(projection.writer, n): [NewRecord(POSITION, position)] for n in range(PARTITIONS)})


async def _filled(folder: Path, store: ViewStore, name: str) -> Rate:
    async with opened(Settings(broker=f"sqlite:///{folder / 'log.db'}", partitions=PARTITIONS)) as log:
        clock, cpu = time.perf_counter(), time.process_time()
        rows = await sink_once(log, store)
        return Rate(f"rows written to {name}", rows, time.perf_counter() - clock, time.process_time() - cpu)


def _wrong(store: ViewStore, twins: Mapping[str, Figures], wins: Mapping[tuple[str, str], int]) -> Iterator[str]:
    """Figures that are not those of the second opinion."""
    for point, times in _POINTS.items():
        twin = twins[point]
        rows = read_view(store, "matrix", by="product+region", times=times)
        found = {
            (str(r["product"]), str(r["region"]), str(r["measure"])): r["amount_minor"]
            for r in rows
            if r["measure"] != "coverage"
        }
        for cell in found.keys() | twin.cells.keys():
            if found.get(cell, 0) != twin.cells.get(cell, 0):
                yield f"matrix {point}: {cell}: {found.get(cell)} instead of {twin.cells.get(cell)}"
        if point == "now":
            owners = {row["owner"]: row["opportunities"] for row in read_view(store, "clean-pipe")}
            if owners != twin.owners:
                yield f"clean pipe: {owners} instead of {twin.owners}"
    yield from _wrong_waterfall(store, {"start": twins["as of"], "end": twins["now"]}, wins)


def _wrong_waterfall(
    store: ViewStore, ends: Mapping[str, Figures], wins: Mapping[tuple[str, str], int]
) -> Iterator[str]:
    rows = read_view(store, "waterfall", by="product+region", times={"since": MIDDLE, "as_of": END})
    found = {(row["product"], row["region"]): row for row in rows}
    for place in {(product, region) for product in PRODUCTS for region in REGIONS}:
        row = found.get(place, {})
        wanted = {end: twin.cells.get((*place, "open_pipe"), 0) for end, twin in ends.items()} | {"won": wins[place]}
        for column, amount in wanted.items():
            if row.get(f"{column}_minor", 0) != amount:
                yield f"waterfall: {place}: {column} {row.get(f'{column}_minor')} instead of {amount}"
        if row and not _adds_up(row):
            yield f"waterfall: {place} does not add up"


def _adds_up(row: Mapping[str, Cell]) -> bool:
    def of(*columns: str) -> int:
        return sum(int(row[f"{column}_minor"] or 0) for column in columns)

    gained = of("start", "new", "pulled_in", "increased", "reopened", "entered", "revalued")
    return gained - of("decreased", "moved_out", "won", "lost", "left") == of("end")


def _plans(name: str, store: ViewStore, named: Sequence[str]) -> Iterator[str]:
    for question in questions(named):
        yield f"## {name}: {question.name}"
        yield from plans(store, question, _EXPLAIN[name])
        yield ""


def _show_rates(rates: Sequence[Rate]) -> None:
    table = Table("step", "done", "s", "CPU s", "CPU µs each", "a CPU second")
    for what, done, seconds, cpu in rates:
        each, per = (cpu / done * 1e6, done / cpu) if done else (0.0, 0.0)
        table.add_row(what, f"{done:,}", f"{seconds:.1f}", f"{cpu:.1f}", f"{each:.1f}", f"{per:,.0f}")
    Console(width=120).print(table)


def _show_answers(name: str, answers: Sequence[Answer]) -> None:
    table = Table(name, "median ms", "CPU ms", "runs", "rows")
    for question, seconds, cpu, runs, rows in answers:
        table.add_row(question, f"{seconds * 1000:,.0f}", f"{cpu * 1000:,.0f}", str(runs), f"{rows:,}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
