"""`leadstream view`: the current rows of a view."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import click

from leadstream.cli.options import command
from leadstream.cli.output import Row, format_option, say_if_early, say_if_left_out, say_if_upgrading, show
from leadstream.cli.questions import question_options
from leadstream.cli.root import main
from leadstream.cli.tables import tables
from leadstream.cli.times import ZONE
from leadstream.cli.urgency import with_urgency
from leadstream.clock import now_us
from leadstream.deployment import opened
from leadstream.looking import up_to_date
from leadstream.settings import Settings
from leadstream.viewing import Question, rows_of
from projections.catalogue import BY_NAME
from projections.pipeline.asking import LEFT_OUT
from projections.read import answer_columns, condition
from projections.views.view import Computed


@command(main, "view")
@click.argument("name", metavar="VIEW", type=click.Choice(sorted(BY_NAME)))
@question_options
@click.option("--sort", multiple=True, metavar="COLUMN", help="Sort by it; a minus in front turns the order round.")
@click.option(
    "--zone", type=ZONE, default="UTC", show_default=True, metavar="NAME",
    help="In which days are counted where a table says how urgent something is.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N rows.")
@format_option
async def view(
    settings: Settings,
    *,
    name: str,
    where: tuple[str, ...],
    as_of: int | None,
    known_at: int | None,
    since: int | None,
    scores_as_of: int | None,
    sort: tuple[str, ...],
    by: str | None,
    zone: ZoneInfo,
    limit: int | None,
    form: str,
) -> None:
    """Show the rows of VIEW, each with `complete_to`: the time up to which the answer is complete.

    A name that there is not is answered with all there are. Every view can be asked for another time (--as-of,
    --known-at, or both). Those of the pipeline's figures keep it; others are folded from the log for the question,
    which takes as long as reading it does.

    \b
    Examples:
      leadstream view funnel
      leadstream view leads --where status=Open --format csv
      leadstream view queue --where grade=A1 --where "score>=50" --sort -score --limit 20
      leadstream view response-times --by source --format json
      leadstream view queue --scores-as-of 2026-03-02T09:00:00+02:00 --where "score>=50" --sort -score
      leadstream view companies --as-of 2026-03-02T09:00:00+02:00
      leadstream view hygiene --as-of 2026-03-02T09:00:00Z --known-at 2026-03-02T12:00:00Z --where state=untidy
      leadstream view matrix --by region --as-of 2026-03-02T09:00:00Z --known-at 2026-03-02T12:00:00Z
      leadstream view attribution --by channel --where model=linear --where measure=pipe_generation
      leadstream view waterfall --since 2026-03-02T09:00:00Z --as-of 2026-03-09T09:00:00Z --where region=north
    """
    with tables(settings, "they are shown") as store:
        columns = [column.name for column in answer_columns(name, by)]
        async with opened(settings) as log:
            known = await up_to_date(log, store, known_at)
            conditions = [condition(text) for text in where]
            asked = Question(
                name, conditions, sort, by, as_of, limit, scores_as_of=scores_as_of, known_at=known_at, since=since
            )
            rows = await rows_of(log, store, asked)
            say_if_upgrading(store)
            say_if_left_out(rows)
            say_if_early(rows, as_of, known_at, known=known)
    if form == "table":
        columns = _with_something_in_them(name, rows, columns)
        rows, columns = with_urgency(name, rows, columns, now_us(), zone)
    show(rows, form, columns=columns, empty=f"view {name} has no rows")


def _with_something_in_them(name: str, rows: Sequence[Row], columns: Sequence[str]) -> list[str]:
    """A table leaves out by what a figure is not cut: columns of a computed view that are empty in every row.

    What sums leave out is said once, and not in every row.
    """
    if not rows or not isinstance(BY_NAME[name], Computed):
        return list(columns)
    return [column for column in columns if column != LEFT_OUT.name and any(row[column] is not None for row in rows)]
