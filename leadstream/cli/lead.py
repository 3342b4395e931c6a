"""`leadstream lead`: the whole story of one lead."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import click

from events.codec import Codec
from events.instants import iso
from leadstream.agreements import known_agreements
from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.root import main
from leadstream.cli.times import INSTANT, ZONE
from leadstream.clock import now_us
from leadstream.deployment import opened, partition_count
from leadstream.reading import history_of
from leadstream.settings import Settings
from leadstream.story import Story, story_of, timeline
from streams.deciders.lead.given import Given
from streams.next_action import Action, next_actions


@command(main, "lead")
@click.argument("lead_id")
@click.option(
    "--as-of", "--at", "as_of", type=INSTANT, metavar="TIME",
    help="Score of this instant, from what had happened by then (default: at the last fact).",
)  # fmt: skip
@click.option("--zone", type=ZONE, default="UTC", show_default=True, metavar="NAME", help="In which days are counted.")
@format_option
async def lead(settings: Settings, *, lead_id: str, as_of: int | None, zone: ZoneInfo, form: str) -> None:
    """Tell the story of the lead LEAD_ID: its facts with both times, what is to be done next, its clocks, its score.

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
        if as_of is None:
            _next(next_actions(story.lead, Given(known, now_us(), now_us(), lead_id), zone))
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


def _next(actions: Sequence[Action]) -> None:
    for action in actions:
        click.echo(f"next: {action.words}" + (f" [{action.side}]" if action.side else ""))


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
