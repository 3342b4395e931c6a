"""`leadstream export`: a view as a file for analysts."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from engine.ports import EventLog
from events.codec import Codec
from leadstream.agreements import known_agreements
from leadstream.cli.options import command, fail
from leadstream.cli.output import say_if_upgrading
from leadstream.cli.progress import progress
from leadstream.cli.root import main
from leadstream.cli.tables import tables
from leadstream.companies import companies, equal_names
from leadstream.deployment import opened
from leadstream.exporting import Form, MissingPackage, export
from leadstream.settings import Settings
from projections.catalogue import BY_NAME
from projections.read import Where, answer_columns, condition, sifted, stream_view
from projections.sink import sink_once
from projections.stores.port import ViewStore
from projections.views.companies import COMPANIES
from projections.views.view import Cell

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
@click.option(
    "--where",
    multiple=True,
    metavar="COLUMN=VALUE",
    help="Only rows in which this holds; also !=, <, <=, >, >=. Nothing after the sign: an empty cell.",
)
@click.option("--by", metavar="COLUMN", help="Split a total by a column, where the view allows it.")
async def export_view(
    settings: Settings, *, name: str, output: Path, form: Form | None, where: tuple[str, ...], by: str | None
) -> None:
    """Write the rows of VIEW to a file: Parquet with typed columns and UTC timestamps, or CSV.

    The rows are those of `leadstream view`, in the same order, as of one moment. Parquet needs the package
    leadstream[parquet].

    \b
    Examples:
      leadstream export leads -o leads.parquet
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
                await sink_once(log, store)
                rows = await _rows(log, store, name, [condition(text) for text in where], by)
                say_if_upgrading(store)
                with progress(f"exporting {name}") as advance:
                    written = export(output, form, columns, rows, advance)
    except OverflowError as exc:  # no column holds a whole number of more than 64 bits
        raise click.UsageError("--where: a number is too large to be in any row") from exc
    except MissingPackage as exc:
        fail(str(exc))
    click.echo(f"{written} rows of {name} in {output}")


async def _rows(
    log: EventLog, store: ViewStore, name: str, where: Sequence[Where], by: str | None
) -> Iterator[dict[str, Cell]]:
    if name != COMPANIES.name:
        return stream_view(store, name, where, by)
    known = await known_agreements(log, Codec())  # scores fade: they are computed for now
    found = await companies(log, store, known, None, equal_names(where))
    return iter(sifted(found, answer_columns(name, by), name, where))
