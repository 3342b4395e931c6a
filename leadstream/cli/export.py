"""`leadstream export`: a view as a file for analysts."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from engine.ports import EventLog
from leadstream.cli.options import command, fail
from leadstream.cli.output import Row, say_if_early, say_if_left_out, say_if_upgrading
from leadstream.cli.progress import progress
from leadstream.cli.questions import question_options
from leadstream.cli.root import main
from leadstream.cli.tables import tables
from leadstream.deployment import opened
from leadstream.exporting import Form, MissingPackage, export
from leadstream.finality import Finality
from leadstream.looking import up_to_date
from leadstream.settings import Settings
from leadstream.viewing import Question, rows_of
from projections.catalogue import BY_NAME
from projections.read import answer_columns, condition, stream_view
from projections.stores.port import ViewStore
from projections.views.companies import COMPANIES
from projections.views.view import Computed

_FORMS: Mapping[str, Form] = {".parquet": "parquet", ".csv": "csv"}


@command(main, "export")
@click.argument("name", metavar="VIEW", type=click.Choice(sorted(BY_NAME)))
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to; it takes the place of a file that is there when all is written.",
)
@click.option("--format", "form", type=click.Choice(sorted(_FORMS.values())), help="Default: as FILE ends.")
@question_options
async def export_view(
    settings: Settings,
    *,
    name: str,
    output: Path,
    form: Form | None,
    where: tuple[str, ...],
    as_of: int | None,
    known_at: int | None,
    since: int | None,
    scores_as_of: int | None,
    by: str | None,
) -> None:
    """Write the rows of VIEW to a file: Parquet with typed columns and UTC timestamps, or CSV.

    The rows are those that `leadstream view` shows with the same options, in the same order. Parquet needs the package
    leadstream[parquet].

    \b
    Examples:
      leadstream export leads -o leads.parquet
      leadstream export matrix --by region --as-of 2026-03-02T09:00:00Z --known-at 2026-03-02T12:00:00Z -o week.csv
      leadstream export verdicts --format csv -o /mnt/share/verdicts.csv
      duckdb -c "SELECT owner, count(*) FROM 'leads.parquet' GROUP BY owner"
    """
    form = form or _FORMS.get(output.suffix.lower())
    if form is None:
        raise click.UsageError(f"-o {output.name}: ends neither with .parquet nor .csv; say --format")
    if not output.parent.is_dir():
        raise click.UsageError(f"-o: there is no directory {output.parent}")
    try:
        with tables(settings, "they are written") as store:
            columns = answer_columns(name, by)
            async with opened(settings) as log:
                known = await up_to_date(log, store, known_at)
                asked = Question(
                    name, [condition(text) for text in where], by=by, as_of=as_of, scores_as_of=scores_as_of,
                    known_at=known_at, since=since,
                )  # fmt: skip
                rows = await _rows(log, store, asked, known)
                say_if_upgrading(store)
                with progress(f"exporting {name}") as advance:
                    written = export(output, form, columns, rows, advance)
    except OverflowError as exc:  # no column holds a whole number of more than 64 bits
        raise click.UsageError("--where: a number is too large to be in any row") from exc
    except MissingPackage as exc:
        fail(str(exc))
    click.echo(f"{written} rows of {name} in {output}")


async def _rows(log: EventLog, store: ViewStore, asked: Question, known: Finality | None) -> Iterable[Row]:
    """The rows: one after the other where they stand in a table as they are asked for, else all at once."""
    other_time = {asked.as_of, asked.known_at, asked.since, asked.scores_as_of} != {None}
    if not other_time and asked.name != COMPANIES.name and not isinstance(BY_NAME[asked.name], Computed):
        return stream_view(store, asked.name, asked.where, asked.by)
    rows = await rows_of(log, store, asked)
    say_if_left_out(rows)
    say_if_early(rows, asked.as_of, asked.known_at, known=known)
    return rows
