"""`leadstream dead-letters retry`: what could not be taken is tried again, each letter by the way it came."""

from pathlib import Path

import click

from engine.letters import RETRIED_HEADER, Outcome
from engine.ports import EventLog, NewRecord, Record
from engine.recordtime import TASK_HEADER, TIME_HEADER, header
from events.topics import RAW
from leadstream.cli.dead_letters import LIST, dead_letters, letter_at
from leadstream.cli.options import command
from leadstream.cli.output import format_option, show
from leadstream.cli.places import place_of
from leadstream.cli.retried_rows import RETRY, NotRetried, row_once_more
from leadstream.cli.ways_in import configured
from leadstream.deployment import opened, partition_count
from leadstream.letter_lives import tell
from leadstream.letters import letter_of
from leadstream.settings import Settings
from leadstream.settings_file import CONFIG_FILE


@command(dead_letters, "retry")
@click.argument("letters", nargs=-1, required=True)
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The mended mapping, for rows of files that were imported.",
)
@format_option
async def retry(settings: Settings, *, letters: tuple[str, ...], mapping: Path | None, form: str) -> None:
    """Put LETTERS back where they came from, for another try after their cause is mended.

    A letter whose record, request or row is taken is mended. A record that fails again becomes another letter, by which
    the first one is superseded; what was accepted meanwhile is dropped as a duplicate. A request of a vendor or form is
    translated again, and so is a row of an imported file, by the mapping that is named; its letter stays open where it
    fails again. Its facts happened when the file says and are known from now on. Each letter is tried and answered,
    whatever became of those before it; where any of them failed it ends with 1.

    \b
    Examples: leadstream dead-letters retry 2-17 3-4
              leadstream dead-letters retry 0-5 --mapping contacts.yaml --format json
    """
    # What is no id is wrong use, before anything is done; 02-17 is 2-17.
    ids = ["{}-{}".format(*place_of(letter, LIST)) for letter in letters]
    rows: list[dict[str, str]] = []
    try:
        for letter in ids:
            try:
                row = {"id": letter, "outcome": "retried", "detail": await _once_more(settings, letter, mapping)}
            except NotRetried as exc:
                row = {"id": letter, "outcome": "failed", "detail": str(exc)}
            except click.ClickException as exc:  # what the letter needs is not set up here; others may need it not
                row = {"id": letter, "outcome": "failed", "detail": f"{letter}: {exc.format_message()}"}
            rows.append(row)
            if form == "table":  # at once: many of them take a while
                failed = row["outcome"] == "failed"
                click.echo(f"leadstream: {row['detail']}" if failed else row["detail"], err=failed)
    finally:  # those that are answered are told where the log fails at a later one
        if form != "table":
            show(rows, form, columns=("id", "outcome", "detail"))
    if any(row["outcome"] == "failed" for row in rows):
        raise click.exceptions.Exit(1)


async def _once_more(settings: Settings, letter: str, mapping: Path | None) -> str:
    """What became of a letter.

    Raises:
        NotRetried: nothing.
    """
    async with opened(settings) as log:
        try:
            return await _tried(settings, log, letter, mapping)
        except NotRetried as exc:
            if exc.refusal is not None:
                await tell(log, [Outcome(letter, "refused", RETRY, *exc.refusal)])
            raise


async def _tried(settings: Settings, log: EventLog, letter: str, mapping: Path | None) -> str:
    """What became of a letter.

    Raises:
        NotRetried: nothing.
    """
    partition, record = await letter_at(log, letter)
    topic = letter_of(partition, record).topic
    if not topic:
        secret = settings.secret.encode()
        return await row_once_more(log, await partition_count(log), letter, record, mapping, secret=secret)
    if topic == RAW:
        return await _translated_again(settings, log, letter, record)
    kept = [(name, value) for name, value in record.headers if not name.startswith("dlq.") and name != TASK_HEADER]
    if header(kept, TIME_HEADER) is None and (at := header(record.headers, "dlq.timestamp")):
        kept.append((TIME_HEADER, at))
    origin = int(header(record.headers, "dlq.partition") or partition)
    again = NewRecord(record.key, record.value, [*kept, (RETRIED_HEADER, letter.encode())])
    await log.append({(topic, origin): [again]})
    return f"{letter} is back in {topic}"


async def _translated_again(settings: Settings, log: EventLog, letter: str, record: Record) -> str:
    """What became of the request in a letter.

    Raises:
        NotRetried: not all that is in it could be told.
    """
    try:
        ways_in = configured(settings)
    except click.exceptions.Exit as exc:  # which said what is wrong there
        raise NotRetried(f"{letter} waits until {CONFIG_FILE} is right; see: leadstream connectors check") from exc
    from leadstream.intake.replaying import Replay  # noqa: PLC0415 - the extra is there, as was just seen
    from leadstream.intake.taking import NotKept, read  # noqa: PLC0415

    try:
        raw = read(record.value)
    except NotKept as exc:
        raise NotRetried(f"{letter} holds no request that this version can read") from exc
    work = Replay(log, await partition_count(log), ways_in)
    found = await work.take(raw)
    await work.flush()
    if found is None:
        raise NotRetried(f"{letter} came to {raw.endpoint!r}, which {CONFIG_FILE} does not have")
    if found.letters:
        told = "; ".join(f"{each.reason}: {each.detail}" for each in found.letters)
        raise NotRetried(
            f"{letter} cannot be translated still ({told}); {len(found.facts)} facts of it are in the inboxes",
            (found.letters[0].field, found.letters[0].detail),
        )
    await tell(log, [Outcome(letter, "mended", RETRY)])
    return f"{letter} is translated, {len(found.facts)} facts are in the inboxes"
