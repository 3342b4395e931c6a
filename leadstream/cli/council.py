"""`leadstream council`: the weekly pipeline council, from the frozen matrix to what became of its cells."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

import click

from engine.ports import EventLog
from events.codec import Codec
from events.council import DIMENSIONS, CommentCell, ConveneCouncil, CouncilConvened, FinishAction, PlanAction
from events.envelope import Envelope
from events.instants import iso, to_us
from events.topics import COUNCIL_EVENTS
from leadstream.cli.asking import Asked, asking_options, check_subject, refuse, register, told_by
from leadstream.cli.options import command, fail
from leadstream.cli.output import Row, format_option, say_if_early, say_if_open, say_if_upgrading, show
from leadstream.cli.people import WHO
from leadstream.cli.root import main
from leadstream.cli.tables import tables
from leadstream.cli.times import INSTANT
from leadstream.clock import now_us
from leadstream.councils.convening import CUTS, RESTS_ON, NotFinal, convening, held_back
from leadstream.councils.data import json_of
from leadstream.councils.meeting import Meeting, meeting_of, slice_words, weeks_of
from leadstream.councils.money import amount_text, percent_text
from leadstream.councils.page import page_of
from leadstream.councils.text import text_of
from leadstream.deployment import opened, partition_count
from leadstream.lead_rows import rows_of as rows_of_facts
from leadstream.looking import finality_alone, finality_of, up_to_date
from leadstream.reading import history_of
from leadstream.running import Busy, run_until_idle
from leadstream.settings import Settings
from leadstream.viewing import Question, rows_of
from projections.past import Then
from projections.read import Where, answer_columns
from projections.stores.port import ViewStore
from projections.views.council_cells import COUNCIL_CELLS, WATCHED
from streams.programs import COUNCILS

EXAMPLES = {
    "comment": '--measure closed_acv --region north --by "Ines" --text "two deals slipped to April"',
    "plan": '--measure closed_acv --region north --kind spiff --what "double points until the 20th" '
    '--owner "Radu" --due 2026-02-20 --by "Ines"',
    "finish": '--action 1 --by "Radu" --outcome "three deals won"',
}
"""An example of each command's options."""
_REPORTS: dict[str, Callable[[Meeting], str]] = {"text": text_of, "html": page_of, "json": json_of}
_WEEK = click.option("--week", metavar="WEEK", help="The meeting, such as 2026-W08 (default: the last one).")


@main.group()
def council() -> None:
    """Run the weekly pipeline council: freeze the matrix, comment, plan, finish, and see what became of it.

    \b
    Examples:
      leadstream council convene emea --by "Ines" --cut region
      leadstream council comment emea --measure closed_acv --region north --by "Ines" --text "two deals slipped"
      leadstream council show emea
      leadstream council report emea --format html > council.html
    """


_COUNCILS = Asked(council, "leadstream council", "council", "emea", EXAMPLES)


@command(council, "convene")
@click.argument("name", metavar="COUNCIL")
@click.option("--by", type=WHO, required=True, metavar="WHO", help="Who convenes it.")
@click.option("--known-at", type=INSTANT, metavar="TIME", help="The instant to freeze (default: the last final one).")
@click.option("--quarter", metavar="QUARTER", help="The fiscal quarter, such as 2026Q1 (default: that of the instant).")
@click.option(
    "--cut", "cuts", multiple=True, type=click.Choice(CUTS), metavar="DIMENSION", default=DIMENSIONS,
    help="Cut the matrix by it, besides the total; several are allowed, and pairs such as region+segment (default: "
    "product, region, segment and source, those of which anything is said).",
)  # fmt: skip
@asking_options
@format_option
async def convene(
    settings: Settings, *, name: str, by: str, known_at: int | None, quarter: str | None, cuts: Sequence[str],
    wait: float, command_id: str | None, form: str,
) -> None:  # fmt: skip
    """Freeze the matrix of this week for COUNCIL, as it is known now, and list its red and yellow cells.

    The instant has to be final: time has passed it in every task, nothing of before is on its way from one to another,
    and the tables hold it all. Where neither worker nor projector runs, time is let pass up to now, as `leadstream
    run` does. What is told late never changes what was frozen. A council meets once a week; convened again it is
    answered as the first time.

    \b
    Examples:
      leadstream council convene emea --by "Ines"
      leadstream council convene emea --by "Ines" --known-at 2026-02-16T09:00:00+02:00 --cut region --cut region+segment
    """
    async with opened(settings) as log:
        await _pass_time(log, settings)
        facts = await history_of(log, await partition_count(log), name, Codec(), COUNCIL_EVENTS)
        met = [fact.data for fact in facts if isinstance(fact.data, CouncilConvened)]
        asked = await _read(log, settings, by=by, known_at=known_at, quarter=quarter, cut_by=cuts, met=met)
        check_subject(asked, name, "COUNCIL")
        told = await told_by(log, settings, name, asked, name=command_id or str(uuid4()), patience=wait)
    refuse(told, form)
    (fact,) = told.facts
    _convened(name, fact, asked, form)


async def _pass_time(log: EventLog, settings: Settings) -> None:
    """Where no worker and no projector run, nobody else lets time pass up to now, so that now can become final."""
    with suppress(Busy):
        await run_until_idle(log, settings, await partition_count(log), until=now_us(), session_timeout=0)


async def _read(log: EventLog, settings: Settings, **how: Any) -> ConveneCouncil:
    """The matrix, from tables that are brought up to date."""
    with tables(settings, "the matrix is read") as store:
        known = await finality_of(log, store, RESTS_ON)
        try:
            asked = convening(store, known, **how)
        except NotFinal as exc:
            fail(
                f"{exc}. Wait until workers and projectors have passed it; where none runs, let time pass: "
                "leadstream run --until-idle --until TIME"
            )
        if how["known_at"] is None and (outstanding := held_back(store, known)):
            click.echo(f"leadstream: {iso(to_us(asked.known_at))} is the last final instant: {outstanding}", err=True)
        return asked


def _convened(name: str, fact: Envelope, asked: ConveneCouncil, form: str) -> None:
    """What was frozen, now or earlier in the week."""
    frozen = fact.data
    assert isinstance(frozen, CouncilConvened), "what a council is convened by"
    rows = [row for row in rows_of_facts(COUNCIL_CELLS, name, [fact]) if row["colour"] in WATCHED]
    if form != "table":
        columns = [column.name for column in COUNCIL_CELLS.columns]
        show([{"council": name, **row} for row in rows], form, columns=columns)
        return
    known = iso(to_us(frozen.known_at))
    if frozen.known_at != asked.known_at:
        click.echo(f"council {name} has met in {frozen.week} already; what was frozen then stays")
    click.echo(
        f"council {name}, {frozen.week}: {frozen.quarter}, day {frozen.day} of {frozen.days}, known at {known}; "
        f"{len(frozen.cells)} cells frozen"
    )
    show([_cell(row) for row in rows], form, empty="no cell is red or yellow")


def _cell(row: Row) -> dict[str, Any]:
    amounts = {name: row[f"{name}_minor"] for name in ("amount", "target")}
    return {
        "measure": row["measure"],
        "slice": slice_words(row),
        **{name: amount_text(amount, row["currency"]) for name, amount in amounts.items()},
        "currency": row["currency"],
        "reached": percent_text(amounts["amount"], amounts["target"]),
        "colour": row["colour"],
    }


for _kind in (CommentCell, PlanAction, FinishAction):
    register(_kind, _COUNCILS)


@command(council, "show")
@click.argument("name", required=False, metavar="[COUNCIL]")
@_WEEK
@click.option("--as-of", type=INSTANT, metavar="TIME", help="What became of them by then (default: by now).")
@click.option("--known-at", type=INSTANT, metavar="TIME", help="By what was recorded up to this instant.")
@format_option
async def show_council(
    settings: Settings, *, name: str | None, week: str | None, as_of: int | None, known_at: int | None, form: str
) -> None:
    """List all meetings, or show what became of the red and yellow cells of COUNCIL: then, now, and the actions.

    These are the views `councils` and `council-follow-up`; without --week all meetings of COUNCIL are followed.

    \b
    Examples:
      leadstream council show
      leadstream council show emea
      leadstream council show emea --week 2026-W08 --as-of 2026-02-28
    """
    view = "councils" if name is None else "council-follow-up"
    told = {"council": name, "week": week}
    where = [Where(column, "=", text) for column, text in told.items() if text is not None]
    with tables(settings, "they are shown") as store:
        async with opened(settings) as log:
            known = await up_to_date(log, store, known_at)
            rows = await rows_of(log, store, Question(view, where, as_of=as_of, known_at=known_at))
            say_if_upgrading(store)
            say_if_early(rows, as_of, known_at, known=known)
            if not rows and name is not None:
                await _met_and_shown(log, store, name, week)
    empty = (
        "the views show no council that has met" if name is None else f"council {name} has frozen no red or yellow cell"
    )
    if form != "table" or name is None:
        show(rows, form, columns=[column.name for column in answer_columns(view)], empty=empty)
        return
    show([_followed(row) for row in rows], form, empty=empty)


async def _met_and_shown(log: EventLog, store: ViewStore, name: str, week: str | None) -> None:
    """Nothing to show is an answer only of a council that met, once the views have come to its meetings."""
    weeks = weeks_of(name, await history_of(log, await partition_count(log), name, Codec(), COUNCIL_EVENTS))
    _check_met(name, week, weeks)
    known = {row["week"] for row in await rows_of(log, store, Question("councils", [Where("council", "=", name)]))}
    if behind := [each for each in weeks if each not in known and week in (None, each)]:
        fail(
            f"council {name!r} met in {', '.join(behind)}, which the views have not come to yet; "
            "where no projector runs, bring them up to date with: leadstream run --until-idle"
        )


def _check_met(name: str, week: str | None, weeks: Sequence[str]) -> None:
    if not weeks:
        fail(f"council {name!r} has not met; convene it with: leadstream council convene {name} --by WHO")
    if week is not None and week not in weeks:
        fail(f"council {name!r} did not meet in {week}; it met in {', '.join(weeks)}")


def _followed(row: Row) -> dict[str, Any]:
    now = row["now_currency"] or row["currency"]
    states = [f"{row[f'actions_{state}']} {state}" for state in ("open", "done", "overdue") if row[f"actions_{state}"]]
    return {
        "week": row["week"],
        "measure": row["measure"],
        "slice": slice_words(row),
        "then": amount_text(row["amount_minor"], row["currency"]),
        "colour": row["colour"],
        "now": amount_text(row["now_amount_minor"], now),
        "now_colour": row["now_colour"],
        "currency": now,
        "comments": row["comments"],
        "actions": ", ".join(states),
    }


@command(council, "report")
@click.argument("name", metavar="COUNCIL")
@_WEEK
@click.option(
    "--as-of", type=INSTANT, metavar="TIME",
    help="With the meetings, comments and actions that there were at this instant (default: all).",
)  # fmt: skip
@click.option(
    "--known-at", type=INSTANT, metavar="TIME",
    help="By what was recorded up to this instant alone: the report as it was written then.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(tuple(_REPORTS)), default="text", show_default=True,
    help="Text for a terminal or a mail; html: one page that stands alone, to print and to hand round; json: all of it "
    "as one object.",
)  # fmt: skip
async def report(
    settings: Settings, *, name: str, week: str | None, as_of: int | None, known_at: int | None, form: str
) -> None:
    """Write the report of a meeting of COUNCIL: matrix, red and yellow cells, what became of last week's, actions.

    It is made of the facts of the council alone, so its figures never change. Comments and actions are the latest, or
    those of a past instant: with the same --known-at the same report is written again, whatever was said since.

    \b
    Examples:
      leadstream council report emea
      leadstream council report emea --week 2026-W08 --format html > council.html
      leadstream council report emea --known-at 2026-02-16T18:00:00+02:00
    """
    then = Then(as_of, known_at)
    async with opened(settings) as log:
        known = await finality_alone(log, COUNCILS)
        facts = await history_of(log, await partition_count(log), name, Codec(), COUNCIL_EVENTS)
    weeks = weeks_of(name, facts, then)
    if not weeks and (met := weeks_of(name, facts)):
        fail(f"council {name!r} had not met then; it met in {', '.join(met)}")
    _check_met(name, week, weeks)
    say_if_open(known, known_at)
    click.echo(_REPORTS[form](meeting_of(name, facts, week or weeks[-1], then)))
