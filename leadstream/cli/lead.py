"""`leadstream lead`: the whole story of one lead."""

from zoneinfo import ZoneInfo

import click

from events.codec import Codec
from leadstream.agreements import known_agreements
from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show_story
from leadstream.cli.root import main
from leadstream.cli.story_text import tell
from leadstream.cli.times import INSTANT, ZONE
from leadstream.clock import now_us
from leadstream.deployment import opened, partition_count
from leadstream.reading import history_of
from leadstream.settings import Settings
from leadstream.story import known_by, story_of


@command(main, "lead")
@click.argument("lead_id")
@click.option(
    "--as-of", "--at", "as_of", type=INSTANT, metavar="TIME",
    help="Score of this instant, from what had happened by then (default: at the last fact).",
)  # fmt: skip
@click.option(
    "--known-at", type=INSTANT, metavar="TIME",
    help="By what was recorded up to this instant: nothing that became known later, and the score of then.",
)  # fmt: skip
@click.option(
    "--zone", type=ZONE, default="UTC", show_default=True, metavar="NAME",
    help="In which days are counted and times are shown.",
)  # fmt: skip
@format_option
async def lead(
    settings: Settings, *, lead_id: str, as_of: int | None, known_at: int | None, zone: ZoneInfo, form: str
) -> None:
    """Tell the story of the lead LEAD_ID: its facts with both times, what is to be done next, its clocks, its score.

    Then who has had it and why, its tasks, conversions and consents, and leads that are or may be the same person.

    With --format json all of it is one object, times in UTC. With --format csv only the timeline is given, one flat row
    a fact.

    \b
    Examples:
      leadstream lead 173688
      leadstream lead 173688 --zone Europe/Bucharest
      leadstream lead 173688 --as-of 2026-03-02T09:00:00+02:00
      leadstream lead 173688 --known-at 2026-03-02
    """
    codec = Codec()
    async with opened(settings) as log:
        partitions = await partition_count(log)
        facts = await history_of(log, partitions, lead_id, codec)
        known = await known_agreements(log, codec)
    if not facts:
        fail(f"no facts about lead {lead_id!r}; is it decided yet? (leadstream run --until-idle, or a worker)")
    facts = known_by(facts, known_at)
    if not facts:
        fail(f"nothing was known of lead {lead_id!r} then; its first fact was recorded later")
    at = known_at if as_of is None else as_of
    story = story_of(facts, known, lead_id, at=at, now=now_us(), zone=zone)
    show_story(story, form, lambda: tell(story, zone))
