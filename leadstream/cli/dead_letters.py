"""`leadstream dead-letters`: what could not be taken, why, and another try."""

import base64
from contextlib import suppress
from pathlib import Path

import click
import orjson

from engine.errors import Truncated
from engine.ports import EventLog, NewRecord, Record
from engine.reading import records_of
from engine.recordtime import TASK_HEADER, TIME_HEADER, header
from events.instants import iso
from events.topics import DEAD_LETTERS, RAW
from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.places import place_of
from leadstream.cli.retried_rows import NotRetried, row_once_more
from leadstream.cli.root import main
from leadstream.cli.ways_in import configured
from leadstream.deployment import opened, partition_count
from leadstream.letters import Count, Letter, counted, hint, letter_of, said
from leadstream.settings import Settings
from leadstream.settings_file import CONFIG_FILE

_RETRIED = "dlq.retried"
_LIST = "dead-letters list"
_REASON = click.option("--reason", help="Only those with this reason.")
_SOURCE = click.option("--source", help="Only those from this source, as `count` shows it.")
_COLUMNS = ("id", "kept_at", "reason", "field", "detail", "where", "key", "bytes")


@main.group("dead-letters")
def dead_letters() -> None:
    """See what could not be taken, with its reason and original bytes, and try it again."""


def _row(letter: Letter) -> dict[str, object]:
    return {
        "id": letter.id,
        "kept_at": iso(letter.kept_at),
        "reason": letter.reason,
        "field": letter.field,
        "detail": letter.detail,
        "where": f"{letter.topic or letter.source}:{letter.place}",
        "key": letter.key,
        "bytes": letter.size,
    }


async def _letters(settings: Settings, reason: str | None, source: str | None) -> list[Letter]:
    """The letters that are meant."""
    found = []
    async with opened(settings) as log:
        for partition in range(await partition_count(log)):
            async for record in records_of(log, DEAD_LETTERS, partition):
                letter = letter_of(partition, record)
                if reason in (None, letter.reason) and source in (None, letter.source):
                    found.append(letter)
    return found


@command(dead_letters, "list")
@_REASON
@_SOURCE
@click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many, newest last."
)
@format_option
async def list_letters(settings: Settings, *, reason: str | None, source: str | None, limit: int, form: str) -> None:
    """List dead letters: reason, field, where each came from.

    \b
    Examples:
      leadstream dead-letters list --reason unknown_type
      leadstream dead-letters list --source /connectors/contact
    """
    found = sorted(await _letters(settings, reason, source), key=lambda letter: letter.kept_at)
    show([_row(letter) for letter in found[-limit:]], form, columns=_COLUMNS, empty="no dead letters")


@command(dead_letters, "count")
@_REASON
@_SOURCE
@format_option
async def count_letters(settings: Settings, *, reason: str | None, source: str | None, form: str) -> None:
    """Count dead letters by reason and source, the most first. One that was tried again is still there, for 90 days.

    \b
    Example: leadstream dead-letters count --format json
    """
    rows = [
        {**each._asdict(), "oldest": iso(each.oldest), "newest": iso(each.newest)}
        for each in counted(await _letters(settings, reason, source))
    ]
    show(rows, form, columns=Count._fields, empty="no dead letters")


async def _found(settings: Settings, letter: str) -> tuple[int, Record]:
    """The record of a letter and its partition.

    Raises:
        NotRetried: there is none.
    """
    partition, offset = place_of(letter, _LIST)
    async with opened(settings) as log:
        if partition < await partition_count(log):
            with suppress(Truncated):
                for record in (await log.read(DEAD_LETTERS, partition, offset, 1)).records:
                    if record.offset == offset:
                        return partition, record
    raise NotRetried(f"there is no dead letter {letter}; see: leadstream dead-letters list")


@command(dead_letters, "show")
@click.argument("letter")
@format_option
async def show_letter(settings: Settings, letter: str, form: str) -> None:
    """Show the dead letter LETTER whole, with its original bytes and what can be done about it.

    \b
    Example: leadstream dead-letters show 2-17
    """
    try:
        partition, record = await _found(settings, letter)
    except NotRetried as exc:
        fail(str(exc))
    found = letter_of(partition, record)
    row = {**_row(found), "hint": hint(found)}
    original = _original(record).decode(errors="backslashreplace")
    if form == "table":
        for name, value in row.items():
            click.echo(f"{name:8} {value}")
        click.echo(original)
    else:
        show([{**row, "original": original}], form)


def _original(record: Record) -> bytes:
    """The bytes as they came: of a request its body, which the kept request holds."""
    if said(record, "topic") != RAW:
        return record.value or b""
    try:
        found: dict[str, str] = orjson.loads(record.value or b"")
        return base64.b64decode(found.get("body", ""))
    except (orjson.JSONDecodeError, ValueError, AttributeError):
        return record.value or b""


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

    What fails again becomes a dead letter again; what was accepted meanwhile is dropped as a duplicate. A request of a
    vendor or a form is translated again, and so is a row of an imported file, by the mapping that is named. Its facts
    happened when the file says and are known from now on. Each letter is tried and answered, whatever became of those
    before it; where any of them failed it ends with 1.

    \b
    Examples: leadstream dead-letters retry 2-17 3-4
              leadstream dead-letters retry 0-5 --mapping contacts.yaml --format json
    """
    for letter in letters:
        place_of(letter, _LIST)  # what is no id is wrong use, before anything is done
    rows: list[dict[str, str]] = []
    try:
        for letter in letters:
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
    partition, record = await _found(settings, letter)
    topic = letter_of(partition, record).topic
    if not topic:
        return await row_once_more(settings, letter, record, mapping)
    if topic == RAW:
        async with opened(settings) as log:
            return await _translated_again(settings, log, letter, record)
    kept = [(name, value) for name, value in record.headers if not name.startswith("dlq.") and name != TASK_HEADER]
    if header(kept, TIME_HEADER) is None and (at := header(record.headers, "dlq.timestamp")):
        kept.append((TIME_HEADER, at))
    origin = int(header(record.headers, "dlq.partition") or partition)
    async with opened(settings) as log:
        await log.append({(topic, origin): [NewRecord(record.key, record.value, [*kept, (_RETRIED, letter.encode())])]})
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
            f"{letter} cannot be translated still ({told}); {len(found.facts)} facts of it are in the inboxes"
        )
    return f"{letter} is translated, {len(found.facts)} facts are in the inboxes"
