"""`leadstream opportunity`: the whole story of one opportunity."""

from zoneinfo import ZoneInfo

import click

from leadstream.cli.opportunity_text import tell
from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, say_if_open, show_story
from leadstream.cli.questions import as_of_option, known_at_option
from leadstream.cli.root import main
from leadstream.cli.tables import tables
from leadstream.cli.times import ZONE
from leadstream.deployment import opened, partition_count
from leadstream.looking import up_to_date
from leadstream.opportunity_story import opportunity_told
from leadstream.settings import Settings
from projections.past import Then


@command(main, "opportunity")
@click.argument("opportunity_id")
@as_of_option
@known_at_option
@click.option(
    "--zone", type=ZONE, default="UTC", show_default=True, metavar="NAME", help="In which times are shown.",
)  # fmt: skip
@format_option
async def opportunity(
    settings: Settings, *, opportunity_id: str, as_of: int | None, known_at: int | None, zone: ZoneInfo, form: str
) -> None:
    """Tell the story of OPPORTUNITY_ID: where it stands, what it adds to which figure, and fact by fact how it came so.

    Beside each fact stands the amount that was known once it was; the last one is the amount that the cells of the
    matrix are made of. From a cell to its opportunities: leadstream view matrix-opportunities.

    With --format json all of it is one object, times in UTC. With --format csv only the facts are given, one flat row
    a fact; `leadstream view opportunity-timeline` has those of all opportunities.

    \b
    Examples:
      leadstream view matrix-opportunities --where region=north --where measure=open_pipe
      leadstream opportunity o-7
      leadstream opportunity o-7 --zone Europe/Bucharest
      leadstream opportunity o-7 --as-of 2026-03-02T09:00:00Z --known-at 2026-03-02T12:00:00Z
    """
    with tables(settings, "figures are shown") as store:
        async with opened(settings) as log:
            known = await up_to_date(log, store, known_at)
            partitions = await partition_count(log)
            found = await opportunity_told(log, store, partitions, opportunity_id, Then(as_of, known_at))
            if known is not None:
                say_if_open(known, known_at)
    if found is None:
        if as_of is None and known_at is None:
            fail(
                f"no facts about opportunity {opportunity_id!r}; is it decided yet? (leadstream run --until-idle, or a "
                "worker)"
            )
        fail(f"no facts about opportunity {opportunity_id!r} had happened, and were known, then")
    show_story(found, form, lambda: tell(found, zone))
