"""`leadstream raw`: requests of vendors and forms as they came, and their translation once more."""

from typing import TYPE_CHECKING

import click

from engine.letters import Outcome
from engine.ports import EventLog
from events.instants import iso
from events.topics import RAW
from leadstream.cli.options import command, fail
from leadstream.cli.output import counted, format_option, show
from leadstream.cli.places import place_of
from leadstream.cli.progress import progress
from leadstream.cli.root import main
from leadstream.cli.times import INSTANT
from leadstream.cli.ways_in import configured
from leadstream.deployment import opened, partition_count
from leadstream.letter_lives import about_requests, read_lives, tell
from leadstream.settings import Settings
from leadstream.settings_file import CONFIG_FILE

if TYPE_CHECKING:  # they need the packages of the extra
    from leadstream.intake.replaying import Kept, Replayed
    from leadstream.intake.sources import Source

_COLUMNS = ("id", "received_at", "source", "connector", "key", "method", "bytes", "facts", "rejected", "wanted")
_SOURCE = click.option(
    "--source", "sources", multiple=True, metavar="NAME", help="Only of this way in; may be repeated."
)
_SINCE = click.option("--since", type=INSTANT, metavar="TIME", help="Only those received then or later.")
_UNTIL = click.option("--until", type=INSTANT, metavar="TIME", help="Only those received before.")


@main.group("raw")
def raw_group() -> None:
    """See requests of vendors and forms as they came, and translate them again after a mapping was mended."""


@command(raw_group, "list")
@_SOURCE
@_SINCE
@_UNTIL
@click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many, newest last."
)
@format_option
async def list_requests(
    settings: Settings, *, sources: tuple[str, ...], since: int | None, until: int | None, limit: int, form: str
) -> None:
    """List kept requests, with what is made of each now.

    \b
    Examples:
      leadstream raw list --source contact-form
      leadstream raw list --since 2026-03-02 --format json
    """
    ways_in = configured(settings)
    from leadstream.intake.replaying import Wish, kept_requests  # noqa: PLC0415 - the extra is there, as was just seen

    wish = Wish(frozenset(sources), since, until)
    found: list[Kept] = []
    async with opened(settings) as log:
        async for each in kept_requests(log, await partition_count(log), wish):
            found.append(each)
            if len(found) >= 2 * limit:  # of a long topic no more is held than is shown
                found = _newest(found, limit)
    show([_row(each, ways_in) for each in _newest(found, limit)], form, columns=_COLUMNS, empty="no requests are kept")


def _newest(found: "list[Kept]", limit: int) -> "list[Kept]":
    return sorted(found, key=lambda each: each.raw.received_at)[-limit:]


def _row(kept: "Kept", ways_in: "dict[str, Source]") -> dict[str, object]:
    from leadstream.intake.replaying import translated  # noqa: PLC0415 - as above

    raw, found = kept.raw, translated(kept.raw, ways_in)
    row: dict[str, object] = {
        "id": kept.id,
        "received_at": iso(raw.received_at),
        "source": raw.endpoint,
        "connector": raw.connector,
        "key": kept.key,
        "method": raw.method,
        "bytes": len(raw.body),
    }
    if found is None:
        return {**row, "facts": None, "rejected": f"not in {CONFIG_FILE}", "wanted": None}
    return {
        **row,
        "facts": len(found.facts),
        "rejected": "; ".join(f"{each.reason}: {each.detail}" for each in found.letters),
        "wanted": " ".join(f"{each.kind}:{each.id}" for each in found.wanted),
    }


@command(raw_group, "show")
@click.argument("request_id", metavar="ID")
@format_option
async def show_request(settings: Settings, *, request_id: str, form: str) -> None:
    """Show the kept request ID whole, with what is made of it now.

    \b
    Example: leadstream raw show 2-17
    """
    ways_in = configured(settings)
    async with opened(settings) as log:
        kept = await _found(log, await partition_count(log), request_id)
    raw = kept.raw
    row = {
        **_row(kept, ways_in),
        "request": f"{raw.method} {raw.path}{'?' if raw.query else ''}{raw.query}",
        "headers": "\n".join(f"{name}: {value}" for name, value in raw.headers),
        "body": raw.body.decode(errors="backslashreplace"),
    }
    if form != "table":
        show([row], form)
        return
    for name in _COLUMNS:
        click.echo(f"{name:11} {'' if row[name] is None else row[name]}")
    click.echo(f"\n{row['request']}\n{row['headers']}\n\n{row['body']}")


async def _found(log: EventLog, partitions: int, text: str) -> "Kept":
    from leadstream.intake.replaying import kept_request  # noqa: PLC0415 - as above

    partition, offset = place_of(text, "raw list")
    kept = await kept_request(log, partition, offset) if partition < partitions else None
    return kept or fail(f"there is no request {text}; see: leadstream raw list")


@command(raw_group, "replay")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@_SOURCE
@_SINCE
@_UNTIL
@click.option("--all", "everything", is_flag=True, help="All that is kept.")
@click.option("--dry-run", is_flag=True, help="Say what would be translated, and put nothing into the log.")
async def replay(
    settings: Settings,
    *,
    ids: tuple[str, ...],
    sources: tuple[str, ...],
    since: int | None,
    until: int | None,
    everything: bool,
    dry_run: bool,
) -> None:
    """Translate kept requests again and put their facts into the log. What was decided before is dropped there.

    A fact keeps its id, so a mended mapping adds what was missing and changes nothing that is there. Dead letters about
    requests of which all can be translated now are mended.

    \b
    Examples:
      leadstream raw replay 2-17 3-4
      leadstream raw replay --source contact-form --since 2026-03-02
      leadstream raw replay --all --dry-run
    """
    by_wish = bool(sources) or since is not None or until is not None or everything
    if bool(ids) == by_wish:
        raise click.UsageError("which requests? give IDs, or else --source, --since, --until or --all")
    ways_in = configured(settings)
    from leadstream.intake.replaying import Replay, Wish, kept_requests  # noqa: PLC0415 - as above

    async with opened(settings) as log:
        partitions = await partition_count(log)
        work = Replay(log, partitions, ways_in, dry=dry_run)
        letters, mended = about_requests(await read_lives(log, lambda letter: letter.topic == RAW)), list[str]()

        async def take(kept: "Kept") -> None:
            found = await work.take(kept.raw)
            if found is not None and not found.letters:
                mended.extend(letters.pop((kept.key, kept.raw.received_at), ()))

        with progress("translating") as advance:
            if ids:
                for kept in [await _found(log, partitions, text) for text in ids]:
                    await take(kept)
            else:
                async for kept in kept_requests(log, partitions, Wish(frozenset(sources), since, until)):
                    await take(kept)
                    advance(1)
            await work.flush()
        if not dry_run:
            await tell(log, [Outcome(letter, "mended", "replay") for letter in mended])
    _tell(work.done, len(mended), dry=dry_run)


def _tell(done: "Replayed", mended: int, *, dry: bool) -> None:
    verb = "would be put" if dry else "put"
    click.echo(f"{done.requests} requests translated, {done.facts} facts {verb} into the inboxes")
    if mended:
        click.echo(f"{counted(mended, 'dead letter')} {'would be ' if dry else ''}mended")
    for reason, count in sorted(done.rejected.items()):
        click.echo(f"rejected as {reason}: {count}; leadstream raw list shows where and why")
    if done.without:
        told = ", ".join(f"{count} of {name!r}" for name, count in sorted(done.without.items()))
        fail(f"left as they are, since {CONFIG_FILE} does not have their ways in: {told}")
