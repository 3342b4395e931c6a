"""`leadstream topics`: make the topics and look at them."""

import click

from events.topics import LEAD_INBOX, TOPICS
from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.root import main
from leadstream.deployment import check_topics, create_topics, make_log, other_count, topic_specs
from leadstream.settings import Settings
from projections.catalogue import VIEW_TOPICS


@main.group()
def topics() -> None:
    """Make the topics of a deployment and look at them."""


@command(topics, "create")
async def create(settings: Settings) -> None:
    """Make every topic that is missing, with the right settings; those that are there stay as they are.

    The partition count is for good: another one than the deployment's is refused.

    \b
    Example: leadstream --broker kafka://localhost:9092 topics create --partitions 8 --replication 3
    """
    log = make_log(settings)
    await log.start()
    try:
        if (there := await other_count(log, settings)) is not None:
            fail(
                f"the deployment has {there} partitions, which never changes, since keys would be cut differently; "
                f"nothing was done about the {settings.partitions} asked for: leave out --partitions, or take another "
                "--prefix or --data-dir"
            )
        made = await create_topics(log, settings)
        partitions = await check_topics(log)
    finally:
        await log.stop()
    click.echo(
        f"{len(made)} topics made, {partitions} partitions" if made else f"nothing to do, {partitions} partitions"
    )


@command(topics, "describe")
@format_option
async def describe(settings: Settings, form: str) -> None:
    """Show each topic: how it is, and how it must be where that differs.

    \b
    Example: leadstream topics describe --format json
    """
    definitions = {definition.name: definition for definition in (*TOPICS, *VIEW_TOPICS)}
    log = make_log(settings)
    await log.start()
    try:
        found = await log.describe_topics(list(definitions))
        rows = []
        inbox = found[LEAD_INBOX]
        for spec in topic_specs(inbox.partitions if inbox else settings.partitions):
            there = found[spec.name]
            ends = await log.ends(spec.name) if there else []
            rows.append(
                {
                    "topic": spec.name,
                    "partitions": there.partitions if there else None,
                    "cleanup": None if there is None else "compact" if there.compacted else "delete",
                    "retention_ms": there.retention_ms if there else None,
                    "max_record_bytes": there.max_record_bytes if there else None,
                    "end_offsets": sum(ends),
                    "state": "; ".join(await log.topic_faults([spec])) or "ok" if there else "missing",
                    "content": definitions[spec.name].content,
                }
            )
    finally:
        await log.stop()
    show(rows, form)
