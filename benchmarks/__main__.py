"""`python -m benchmarks`: loads, measures, checks and reports; nothing of it stays behind."""

import asyncio
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click
import orjson
from rich.console import Console

from benchmarks import report, scores
from benchmarks.bench import Bench, Plan, Result
from benchmarks.cases import CASES, COMPILED, PEERS, Case, engine_scores
from benchmarks.homes import Home
from leadstream.cli.progress import progress
from tests.support.compiled import compiled_core
from tests.support.kafka import KafkaCluster
from tests.support.missing import MissingError

_QUICK = {"events": 60_000, "stock_events": 5_000, "facts": 30_000, "keys": 3_000}
_COLUMNS = 130
"""Width of the table where there is no terminal."""
_WARM_EVENTS = 200_000
_WARM_UP = Case("warming the broker up, kafka", True, engine_scores)
"""Not in the report: Java compiles what it runs often, and the first case would pay for all that follow."""
_FORMATS = click.Choice(["table", "json", "markdown"])


@click.command()
@click.option("--events", type=click.IntRange(1), help="Events of the simple workload [400000].")
@click.option("--stock-events", type=click.IntRange(1), help="How many of them stock Faust gets [40000].")
@click.option("--facts", type=click.IntRange(1), help="Facts of the lead workload [200000].")
@click.option("--keys", type=click.IntRange(1), help="Keys of the simple workload [20000].")
@click.option("--partitions", type=click.IntRange(1, 64), help="Of every source [4].")
@click.option("--seed", type=int, help="Of all data [1].")
@click.option("--quick", is_flag=True, help="Small counts, to see whether it works; the figures mean little.")
@click.option("--peers", is_flag=True, help="Also Quix Streams, Bytewax and Kafka Streams; installs them first.")
@click.option("--compiled", is_flag=True, help="Also the lead decider with its core compiled to C; builds it first.")
@click.option("--only", multiple=True, metavar="TEXT", help="Only cases with TEXT in their name; may be repeated.")
@click.option("--format", "style", type=_FORMATS, default="table", show_default=True)
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Also write the JSON to this file.")
@click.option("--from", "saved", type=click.Path(exists=True, path_type=Path), help="Measure nothing, show this file.")
def main(
    quick: bool,
    peers: bool,
    compiled: bool,
    only: tuple[str, ...],
    style: str,
    save: Path | None,
    saved: Path | None,
    **given: int | None,
) -> None:
    """Measure the engine and the lead decider against stock Faust, on the same broker and data, and check the results.

    \b
    Example: make bench
             make bench ARGS=--quick
             make bench ARGS="--format markdown --save bench.json"
    """
    if saved is None:
        chosen = {name: value for name, value in given.items() if value is not None}
        plan = Plan(**{**(_QUICK if quick else {}), **chosen})
        wanted = (*CASES, *(COMPILED if compiled else ()), *(PEERS if peers else ()))
        cases = [case for case in wanted if not only or any(text in case.name for text in only)]
        before = scores.handler_us(plan.seed)
        try:
            results = _all(cases, plan)
        except MissingError as error:
            raise click.ClickException(str(error)) from error
        raw = report.document(plan, report.rows(results), (before, scores.handler_us(plan.seed)))
    else:
        raw = saved.read_bytes()
    if save is not None:
        save.write_bytes(raw + b"\n")
    content = orjson.loads(raw)
    if style == "json":
        click.echo(raw)
    elif style == "markdown":
        click.echo(report.markdown(content))
    else:
        report.show(content["cases"], _wide())
    sys.exit(any(row["problem_count"] for row in content["cases"]))


def _wide() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_COLUMNS)


def _all(cases: list[Case], plan: Plan) -> list[Result]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leadstream-bench-")))
        cluster: KafkaCluster | None = None
        if any(case.kafka for case in cases):
            click.echo("starting a broker ...", err=True)
            cluster = stack.enter_context(KafkaCluster())
            _one(_WARM_UP, replace(plan, events=min(plan.events, _WARM_EVENTS)), cluster, folder)
        return [_one(case, plan, cluster if case.kafka else None, folder) for case in cases]


def _one(case: Case, plan: Plan, cluster: KafkaCluster | None, folder: Path) -> Result:
    click.echo(f"{case.name}: loading ...", err=True)
    home = Home.on(None if cluster is None else cluster.url, case.name, folder, plan.partitions)
    with progress(case.name) as advance:
        done = 0

        def told(now: int) -> None:
            nonlocal done
            advance(now - done)
            done = now

        core = compiled_core() if case.compiled else None
        result = asyncio.run(case.run(Bench(case.name, plan, home, cluster, told, core)))
    (row,) = report.rows([result])
    rate = row["per_second"]
    click.echo(f"{case.name}: {'too few to time' if rate is None else f'{rate:,.0f}/s'}", err=True)
    return result


if __name__ == "__main__":
    main()
