"""`leadstream keys`: who may call the gateway."""

from pathlib import Path

import click

from events.instants import from_us, iso, to_us
from leadstream.cli.gateway import KEYS_OPTION, keys_path
from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.root import main
from leadstream.clock import now_us
from leadstream.keys import ANY_SOURCE, SCOPES, BadKeys, Scope, add, made, read_keys, revoke
from leadstream.settings import Settings

_COLUMNS = ("id", "name", "scopes", "sources", "rate", "created_at", "revoked_at")


@main.group("keys")
def keys_group() -> None:
    """Make, list and revoke the keys that callers of the gateway show. Kept are their hashes alone."""


@command(keys_group, "create")
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, help="What it may do (default: publish).")
@click.option(
    "--source", "sources", multiple=True, metavar="SOURCE",
    help=f"CloudEvents source it may speak for, with all below it; {ANY_SOURCE} for any. Needed to publish.",
)  # fmt: skip
@click.option(
    "--rate", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, metavar="N",
    help="Events, commands and questions a second, on average.",
)  # fmt: skip
@KEYS_OPTION
async def create(
    settings: Settings,
    *,
    name: str,
    scopes: tuple[Scope, ...],
    sources: tuple[str, ...],
    rate: int,
    keys_file: Path | None,
) -> None:
    """Make a key for NAME and print it, once: it is kept nowhere.

    \b
    Examples:
      KEY=$(leadstream keys create "web forms" --source /forms)
      leadstream keys create "board" --scope read --scope command --rate 50
    """
    scopes = tuple(dict.fromkeys(scopes)) or ("publish",)
    if "publish" in scopes and not sources:
        raise click.UsageError(f"--source: whose events may it publish? ({ANY_SOURCE} for anybody's)")
    new = made(name, scopes, sources, rate, from_us(now_us()))
    try:
        add(keys_path(settings, keys_file), new.key)
    except BadKeys as exc:
        fail(str(exc))
    click.echo(f"leadstream: key {new.key.id} may {', '.join(scopes)}; keep it, it is not shown again", err=True)
    click.echo(new.text)


@command(keys_group, "list")
@KEYS_OPTION
@format_option
async def list_keys(settings: Settings, *, keys_file: Path | None, form: str) -> None:
    """List the keys: what each may do, and whether it was revoked.

    \b
    Example: leadstream keys list --format json
    """
    try:
        found = read_keys(keys_path(settings, keys_file))
    except BadKeys as exc:
        fail(str(exc))
    rows = [
        {
            "id": key.id,
            "name": key.name,
            "scopes": " ".join(key.scopes),
            "sources": " ".join(key.sources),
            "rate": key.rate,
            "created_at": iso(to_us(key.created_at)),
            "revoked_at": None if key.revoked_at is None else iso(to_us(key.revoked_at)),
        }
        for key in found
    ]
    show(rows, form, columns=_COLUMNS, empty="no keys; leadstream keys create makes one")


@command(keys_group, "revoke")
@click.argument("key_id", metavar="ID")
@KEYS_OPTION
async def revoke_key(settings: Settings, *, key_id: str, keys_file: Path | None) -> None:
    """Have the key ID not taken any more; a running gateway sees it within a second.

    \b
    Example: leadstream keys revoke 3f0a9c21d4b7
    """
    try:
        if not revoke(keys_path(settings, keys_file), key_id, from_us(now_us())):
            fail(f"there is no key {key_id!r}; leadstream keys list shows them")
    except BadKeys as exc:
        fail(str(exc))
    click.echo(f"key {key_id} revoked")
