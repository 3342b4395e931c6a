"""`leadstream lead`: the whole story of one lead."""

from typing import Any

import click

from events.codec import Codec
from events.instants import iso
from leadstream.agreements import known_agreements
from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.root import main
from leadstream.cli.times import INSTANT
from leadstream.deployment import opened, partition_count
from leadstream.reading import history_of
from leadstream.settings import Settings
from leadstream.story import Story, story_of, timeline


@command(main, "lead")
@click.argument("lead_id")
@click.option(
    "--as-of", "--at", "as_of", type=INSTANT, metavar="TIME",
    help="Score of this instant, from what had happened by then (default: at the last fact).",
)  # fmt: skip
@format_option
async def lead(settings: Settings, lead_id: str, as_of: int | None, form: str) -> None:
    """Tell the story of the lead LEAD_ID: its facts with both times, its score with reasons, its clocks.

    With --format json or csv only the timeline is given, one flat row a fact.

    \b
    Examples:
      leadstream lead 173688
      leadstream lead 173688 --as-of 2026-03-02T09:00:00+02:00
    """
    codec = Codec()
    async with opened(settings) as log:
        partitions = await partition_count(log)
        facts = await history_of(log, partitions, lead_id, codec)
        known = await known_agreements(log, codec)
    if not facts:
        fail(f"no facts about lead {lead_id!r}; is it decided yet? (leadstream run --until-idle, or a worker)")
    story = story_of(facts, known, lead_id, as_of)
    if form == "table":
        _head(lead_id, story)
    show(timeline(facts), form)
    if form == "table":
        _clocks(story)
        _score(story)


def _head(lead_id: str, story: Story) -> None:
    state = story.lead
    name = state.profile.get("person.name") or state.profile.get("company.name") or ""
    click.echo(f"lead {lead_id} {name}".rstrip())
    told = [
        ("captured", iso(state.captured_at) if state.captured_at is not None else "not yet"),
        ("source", state.source or "-"),
        ("status", state.status or "-"),
        ("agreement", state.agreement or "none matches"),
        ("owner", state.owner or "-"),
    ]
    click.echo("  ".join(f"{key}: {value}" for key, value in told))


def _clocks(story: Story) -> None:
    rows: list[dict[str, Any]] = [
        {
            "clause": clock.clause,
            "version": clock.version,
            "cycle": clock.cycle,
            "started": iso(clock.start),
            "due": None if clock.due is None else iso(clock.due),
            "verdict": clock.verdict,
            "revision": clock.revision,
        }
        for clock in story.lead.clocks
    ]
    if rows:
        click.echo("clocks")
        show(rows, "table")


def _score(story: Story) -> None:
    score = story.score
    if not score:
        return
    click.echo(
        f"score {score['score']} (fit {score['fit']}, engagement {score['engagement']}, grade {score['grade']}) "
        f"at {score['scored_at']}, by {score['agreement']} version {score['version']}"
    )
    show(score["reasons"], "table", columns=("points", "rule", "touch"), empty="no points yet")
