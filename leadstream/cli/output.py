"""How rows are shown: a table for people, JSON or CSV for programs."""

import csv
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
import orjson
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from leadstream.cli.options import FORMATS, from_file
from leadstream.finality import Finality
from projections.stores.port import ViewStore
from projections.upgrading import upgrading
from projections.views.times import us_of_text

Row = Mapping[str, Any]
_ENDLESS = 1 << 24
"""Columns of a console that never folds."""


def format_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--format table|json|csv`."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default=lambda: from_file().get("format", "table"),
        show_default="table",
        envvar="LEADSTREAM_FORMAT",
        help="A table for people, a list of flat JSON objects or CSV for programs.",
    )(command)


def show(rows: Sequence[Row], form: str, *, columns: Sequence[str] = (), empty: str = "nothing to show") -> None:
    """Write rows to stdout in one of the three forms; `columns` fixes the header where there may be no rows."""
    names = list(columns) or (list(rows[0]) if rows else [])
    if form == "json":
        click.echo(orjson.dumps(list(rows), option=orjson.OPT_INDENT_2).decode())
    elif form == "csv":
        out = io.StringIO()
        writer = csv.DictWriter(out, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        click.echo(out.getvalue(), nl=False)
    elif not rows:
        click.echo(empty)
    else:
        _table(rows, names)


def show_story(story: Mapping[str, Any], form: str, tell: Callable[[], None]) -> None:
    """Write a story to stdout: as `tell` does, as one object of JSON, or its `facts` alone as CSV."""
    if form == "json":
        click.echo(orjson.dumps(story, option=orjson.OPT_INDENT_2).decode())
    elif form == "csv":
        show(story["facts"], form)
    else:
        tell()


def counted(count: int, what: str) -> str:
    """A number of things in words: `1 row`, `2 rows`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def say_if_upgrading(store: ViewStore) -> None:
    """Tell on stderr that the rows are of the former definitions of changed views, and how far the new ones are."""
    now = upgrading(store)
    if now is not None:
        click.echo(f"leadstream: {now}", err=True)


def say_if_early(rows: Sequence[Row], *instants: int | None, known: Finality | None = None) -> None:
    """Tell on stderr that an answer for an instant may still change.

    Args:
        rows: the answer.
        instants: that it is for, microseconds.
        known: up to when all is known, where it is asked by what was known at the last one of them.
    """
    asked = max((at for at in instants if at is not None), default=None)
    told = [str(row["complete_to"]) for row in rows if row.get("complete_to") is not None]
    complete = us_of_text(min(told, default=None))
    if asked is not None and complete is not None and complete < asked:
        click.echo(f"leadstream: complete up to {min(told)} only; what comes until then may change this", err=True)
    elif known is not None:
        say_if_open(known, instants[-1])


def say_if_open(known: Finality, at: int | None) -> None:
    """Tell on stderr what is outstanding that may change an answer as known at an instant, in microseconds."""
    if at is not None and (outstanding := known.against(at)):
        click.echo(f"leadstream: not final yet, what comes of this may change it: {outstanding}", err=True)


def say_if_left_out(rows: Sequence[Row]) -> None:
    """Tell on stderr what sums leave out, because no rate is known, and what can be done."""
    for what in sorted({str(row["left_out"]) for row in rows if row.get("left_out")}):
        click.echo(
            f"leadstream: left out of sums: {what}. They are listed by: leadstream view left-out. An agreement that "
            "says rates from an earlier day on (pipeline.rates) brings them in, also for days that are over",
            err=True,
        )


def _table(rows: Sequence[Row], names: Sequence[str]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        numeric = all(isinstance(row.get(name), int | float) or row.get(name) is None for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_text(row.get(name)) for name in names))
    # Only a terminal has a width to fit into; a file or a pipe gets every row whole, on one line.
    Console(width=None if sys.stdout.isatty() else _ENDLESS).print(table)


def _text(value: Any) -> str:
    return "" if value is None else escape(str(value))
