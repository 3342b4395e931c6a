"""`leadstream agreement show` and `diff`: what is agreed, and what changes, in words."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import yaml

from events.agreement import Signature
from events.codec import Codec
from events.instants import from_us, iso
from leadstream.agreements import told
from leadstream.agreements.page import page_of
from leadstream.agreements.text import changes_text, text_of
from leadstream.agreements.versions import Version, Versions
from leadstream.cli.agreement import agreement
from leadstream.cli.agreement_files import is_file, loaded
from leadstream.cli.options import FORMATS, command, fail, from_file
from leadstream.cli.output import format_option, show
from leadstream.cli.times import INSTANT
from leadstream.clock import now_us
from leadstream.deployment import opened
from leadstream.settings import Settings
from streams.agreement.compile import review_of
from streams.agreement.described.compare import compare
from streams.agreement.grammar import AgreementSpec
from streams.agreement.load import document, from_document
from streams.agreement.problems import AgreementError
from streams.deciders.agreement.proposing import digest_of, without_signatures

_COLUMNS = ("agreement", "version", "state", "effective_from", "retired_from", "priority", "signed", "review")
_WHOLE = ("text", "json", "yaml", "html")
_LISTED = FORMATS
_CHANGES = ("concerns", "about", "key", "what", "was", "now")


class Shown(NamedTuple):
    """An agreement to be shown.

    Attributes:
        spec: what is agreed.
        signed: who has signed.
        state: how far it has come.
        digest: what the signatures are for.
    """

    spec: AgreementSpec
    signed: Sequence[Signature]
    state: str
    digest: str


@command(agreement, "show")
@click.argument("name", required=False, metavar="[NAME|FILE]")
@click.option("--version", "number", type=int, metavar="N", help="That version (default: the last published one).")
@click.option("--as-of", "as_of", type=INSTANT, metavar="TIME", help="The version in force then.")
@click.option(
    "--format",
    "form",
    type=click.Choice((*_WHOLE, "table", "csv")),
    default=lambda: from_file().get("format", "text"),
    show_default="text",
    envvar="LEADSTREAM_FORMAT",
    help="Of an agreement: text in words, json or yaml of its document, html to print and sign. Of the list: text or "
    "table, json, csv.",
)
async def show_agreement(
    settings: Settings, *, name: str | None, number: int | None, as_of: int | None, form: str
) -> None:
    """List all versions, or show the agreement NAME, or the one in FILE that is not proposed yet.

    \b
    Examples:
      leadstream agreement show
      leadstream agreement show inbound-b2b --as-of 2026-03-01
      leadstream agreement show inbound-b2b --version 3 --format html > agreement.html
    """
    at = now_us() if as_of is None else as_of
    if name is not None and number is None and as_of is None and is_file(name):
        _print(_of_file(Path(name)), form)
        return
    async with opened(settings) as log:
        versions = Versions(await told(log, Codec()))
    if name is None:
        rows = [_row(version, versions, at) for version in versions.all()]
        form = form if form in _LISTED else "table"
        show(rows, form, columns=_COLUMNS, empty="no agreement is proposed or published")
        return
    version = _wanted(versions, name, number, as_of)
    _print(_of_version(version, versions.state(version, at)), form)


@command(agreement, "diff")
@click.argument("old")
@click.argument("new")
@format_option
async def diff(settings: Settings, old: str, new: str, form: str) -> None:
    """Say in words what changes for leads, sales and marketing between two agreements, OLD and NEW.

    Each is a file, or NAME@VERSION, or NAME alone for its last published version.

    \b
    Examples:
      leadstream agreement diff inbound-b2b@2 inbound-b2b@3
      leadstream agreement diff inbound-b2b next.yaml
    """
    specs = {target: loaded(Path(target)) for target in (old, new) if is_file(target)}
    if len(specs) < len({old, new}):
        async with opened(settings) as log:
            versions = Versions(await told(log, Codec()))
        for target in {old, new} - specs.keys():
            specs[target] = _of_version(_named(versions, target), "").spec
    changes = compare(specs[old], specs[new])
    if form == "table":
        click.echo(changes_text(specs[old], specs[new], changes))
        return
    rows = [
        {
            "concerns": change.audience,
            "about": change.title,
            "key": change.key,
            "what": change.what,
            "was": change.was,
            "now": change.now,
        }
        for change in changes
    ]
    show(rows, form, columns=_CHANGES)


def _print(shown: Shown, form: str) -> None:
    match form:
        case "html":
            click.echo(page_of(*shown))
        case "yaml":
            click.echo(yaml.safe_dump(_written(shown), sort_keys=False, allow_unicode=True), nl=False)
        case "json":
            show([_written(shown)], form)
        case "csv":
            raise click.UsageError(f"--format csv: of an agreement there is {', '.join(_WHOLE)}")
        case _:
            click.echo(text_of(*shown))


def _written(shown: Shown) -> dict[str, Any]:
    """The document with the signatures where people write them."""
    written = document(shown.spec)
    if shown.signed:
        written["signed"] = [{"side": each.side, "by": each.by, "at": each.at[:10]} for each in shown.signed]
    return written


def _of_file(file: Path) -> Shown:
    spec = loaded(file)
    signed = [Signature(side=part.side, by=part.by, at=part.at) for part in spec.signed]
    return Shown(spec, signed, "not proposed yet", digest_of(without_signatures(spec)))


def _of_version(version: Version, state: str) -> Shown:
    try:
        spec = from_document(version.document)
    except AgreementError as exc:
        fail(f"agreement {version.name}, version {version.number}: this program cannot carry it out ({exc})")
    return Shown(spec, version.signed, state, version.digest)


def _wanted(versions: Versions, name: str, number: int | None, as_of: int | None) -> Version:
    if number is not None:
        found, which = versions.get(name, number), f" version {number}"
    elif as_of is not None:
        found, which = versions.in_force(name, as_of), f" in force at {iso(as_of)}"
    else:
        found, which = versions.last(name, published=True) or versions.last(name, published=False), ""
    if found is None:
        fail(f"no such agreement: {name}{which}; see: leadstream agreement show")
    return found


def _named(versions: Versions, target: str) -> Version:
    name, _, number = target.rpartition("@")
    if name and number.isdecimal():
        return _wanted(versions, name, int(number), None)
    return _wanted(versions, target, None, None)


def _row(version: Version, versions: Versions, at: int) -> dict[str, Any]:
    return {
        "agreement": version.name,
        "version": version.number,
        "state": versions.state(version, at),
        "effective_from": iso(version.effective_from),
        "retired_from": None if version.retired_from is None else iso(version.retired_from),
        "priority": version.document.get("priority", 0),
        "signed": ", ".join(f"{signature.side}: {signature.by}" for signature in version.signed),
        "review": _review(version, at),
    }


def _review(version: Version, at: int) -> str | None:
    """The next review; None where there is none, and where the document is beyond this program."""
    try:
        review = review_of(from_document(version.document))
    except AgreementError:
        return None
    return None if review is None else review.next_after(from_us(at).date()).isoformat()
