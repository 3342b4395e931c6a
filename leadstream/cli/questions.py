"""What a view can be asked, as options of commands: which rows, of which time, split by what."""

from collections.abc import Callable
from typing import Any

import click

from leadstream.cli.times import INSTANT

as_of_option = click.option(
    "--as-of", type=INSTANT, metavar="TIME", help="As it was: by what had happened up to this instant."
)
known_at_option = click.option(
    "--known-at", type=INSTANT, metavar="TIME",
    help="By what was recorded up to this instant alone; as it was then, unless --as-of says when.",
)  # fmt: skip
_OPTIONS = (
    click.option(
        "--where", multiple=True, metavar="COLUMN=VALUE",
        help="Only rows in which this holds; also !=, <, <=, >, >=. Nothing after the sign: an empty cell.",
    ),
    as_of_option,
    known_at_option,
    click.option("--since", type=INSTANT, metavar="TIME", help="From this instant on, of a waterfall or of velocity."),
    click.option(
        "--scores-as-of", type=INSTANT, metavar="TIME",
        help="Scores and grades of this instant instead of those told last; all else as it is now. Only of leads.",
    ),
    click.option("--by", metavar="COLUMN", help="Split a total by a column, where the view allows it."),
)  # fmt: skip


def question_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--where`, `--as-of`, `--known-at`, `--since`, `--scores-as-of`, `--by`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
