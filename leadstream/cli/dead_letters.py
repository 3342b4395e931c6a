"""`leadstream dead-letters`: what could not be taken, why, and another try."""

import base64
from contextlib import suppress

import click
import orjson

from engine.errors import Truncated
from engine.ports import EventLog, Record
from events.instants import iso
from events.topics import DEAD_LETTERS, RAW
from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.places import place_of
from leadstream.cli.retried_rows import NotRetried
from leadstream.cli.root import main
from leadstream.deployment import opened, partition_count
from leadstream.letter_lives import STATUSES, Life, read_lives
from leadstream.letters import Count, Letter, counted, hint, letter_of, said
from leadstream.settings import Settings

LIST = "dead-letters list"
"""The command that shows ids of letters."""
_REASON = click.option("--reason", help="Only those with this reason.")
_SOURCE = click.option("--source", help="Only those from this source, as `count` shows it.")
_STATUS = click.option(
    "--status",
    type=click.Choice([*STATUSES, "all"]),
    default="open",
    show_default=True,
    help="Only those that are open, mended, or superseded by another letter.",
)
_COLUMNS = (
    "id", "status", "kept_at", "reason", "field", "detail", "where", "key", "bytes", "tries", "changed_at", "by"
)  # fmt: skip


@main.group("dead-letters")
def dead_letters() -> None:
    """See what could not be taken, with its reason and original bytes, and try it again."""


def _row(life: Life) -> dict[str, object]:
    letter = life.letter
    return {
        "id": letter.id,
        "status": life.status,
        "kept_at": iso(letter.kept_at),
        "reason": letter.reason,
        "field": letter.field,
        "detail": letter.detail,
        "where": f"{letter.topic or letter.source}:{letter.place}",
        "key": letter.key,
        "bytes": letter.size,
        "tries": life.tries,
        "changed_at": iso(life.changed_at),
        "by": life.by,
    }


async def _lives(settings: Settings, status: str, reason: str | None, source: str | None) -> list[Life]:
    """The letters that are meant, with what became of them."""

    def meant(letter: Letter) -> bool:
        return reason in (None, letter.reason) and source in (None, letter.source)

    async with opened(settings) as log:
        return [life for life in await read_lives(log, meant) if status in ("all", life.status)]


@command(dead_letters, "list")
@_STATUS
@_REASON
@_SOURCE
@click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many, newest last."
)
@format_option
async def list_letters(
    settings: Settings, *, status: str, reason: str | None, source: str | None, limit: int, form: str
) -> None:
    """List dead letters: reason, field, where each came from, and what became of it.

    Those that are open, without --status. A letter is mended when what it holds was taken after all: by a retry, by an
    import in which its row came again, or by a replay. One whose record was put back and refused again is superseded:
    `by` is then the letter that it became.

    \b
    Examples:
      leadstream dead-letters list --reason unknown_type
      leadstream dead-letters list --status mended
      leadstream dead-letters list --source /connectors/contact
    """
    found = sorted(await _lives(settings, status, reason, source), key=lambda life: life.letter.kept_at)
    show([_row(life) for life in found[-limit:]], form, columns=_COLUMNS, empty=_none(status))


def _none(status: str) -> str:
    return "no dead letters" if status == "all" else f"no dead letters are {status}"


@command(dead_letters, "count")
@_STATUS
@_REASON
@_SOURCE
@format_option
async def count_letters(settings: Settings, *, status: str, reason: str | None, source: str | None, form: str) -> None:
    """Count dead letters by reason, source and status, the most first. Those that are open, without --status.

    \b
    Examples: leadstream dead-letters count --format json
              leadstream dead-letters count --status all
    """
    lives = await _lives(settings, status, reason, source)
    rows = [
        {**each._asdict(), "oldest": iso(each.oldest), "newest": iso(each.newest)}
        for each in counted((life.letter, life.status) for life in lives)
    ]
    show(rows, form, columns=Count._fields, empty=_none(status))


async def letter_at(log: EventLog, letter: str) -> tuple[int, Record]:
    """The record of a letter and its partition.

    Raises:
        NotRetried: there is none.
    """
    partition, offset = place_of(letter, LIST)
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
    async with opened(settings) as log:
        try:
            partition, record = await letter_at(log, letter)
        except NotRetried as exc:
            fail(str(exc))
        wanted = letter_of(partition, record).id
        (life,) = await read_lives(log, lambda each: each.id == wanted)
    row = {**_row(life), "hint": _hint(life)}
    original = _original(record).decode(errors="backslashreplace")
    if form == "table":
        for name, value in row.items():
            click.echo(f"{name:10} {value}")
        click.echo(original)
    else:
        show([{**row, "original": original}], form)


def _hint(life: Life) -> str:
    if life.status == "mended":
        return f"nothing is to be done: it was mended by {life.by}"
    if life.status == "superseded":
        return f"its record was refused again; see: leadstream dead-letters show {life.by}"
    return hint(life.letter)


def _original(record: Record) -> bytes:
    """The bytes as they came: of a request its body, which the kept request holds."""
    if said(record, "topic") != RAW:
        return record.value or b""
    try:
        found: dict[str, str] = orjson.loads(record.value or b"")
        return base64.b64decode(found.get("body", ""))
    except (orjson.JSONDecodeError, ValueError, AttributeError):
        return record.value or b""
