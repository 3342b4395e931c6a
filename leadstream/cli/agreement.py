"""`leadstream agreement`: check, publish and show the agreement between marketing and sales."""

from pathlib import Path

import click
import yaml

from events.codec import Codec
from events.instants import iso, to_us
from leadstream.agreements import NoAnswer, published, request_publication, text_of
from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.root import main
from leadstream.deployment import opened
from leadstream.settings import Settings
from streams.agreement.grammar import AgreementSpec
from streams.agreement.load import load
from streams.agreement.problems import AgreementError

_COLUMNS = ("agreement", "version", "effective_from", "priority", "signed")
_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@main.group()
def agreement() -> None:
    """Check, publish and show what marketing and sales have agreed on."""


def _loaded(file: Path) -> AgreementSpec:
    """The agreement in a file; every problem on a line of its own, then the end."""
    try:
        return load(text_of(file))
    except AgreementError as exc:
        for problem in exc.problems:
            click.echo(f"{file}:{problem.text()}", err=True)
        fail(f"{file}: {len(exc.problems)} problem{'s' if len(exc.problems) > 1 else ''}")
    except UnicodeDecodeError:
        fail(f"{file}: is not UTF-8 text")


@command(agreement, "check")
@_FILE
async def check(_settings: Settings, file: Path) -> None:
    """Say whether FILE is an agreement that can be published, or what is wrong with it, with path and line.

    \b
    Example: leadstream agreement check examples/agreements/bpi2012.yaml
    """
    spec = _loaded(file)
    clauses = len(spec.sales_clauses) + len(spec.marketing_clauses)
    click.echo(f"{file}: agreement {spec.agreement}, version {spec.version}: fine, {clauses} clauses")


@command(agreement, "publish")
@_FILE
@click.option("--as", "signed_as", metavar="NAME", help="Sign for both sides; only before the first lead.")
async def publish(settings: Settings, file: Path, signed_as: str | None) -> None:
    """Publish the agreement in FILE. Both sides must have signed it (`signed:` in the file, or --as NAME).

    It must take effect a minute from now or later; while no lead was decided yet, any date is allowed, so that history
    can be loaded.

    \b
    Example: leadstream agreement publish examples/agreements/bpi2012.yaml --as "head of sales"
    """
    spec = _loaded(file)
    async with opened(settings) as log:
        try:
            answer = await request_publication(log, spec, signed_as)
        except NoAnswer as exc:
            fail(str(exc))
    if not answer.accepted:
        fail(f"refused ({answer.reason}): {'; '.join(answer.missing)}")
    click.echo(f"agreement {spec.agreement}, version {spec.version}: published, in force from {spec.effective_from}")


@command(agreement, "show")
@click.argument("name", required=False)
@click.option("--version", "number", type=int, metavar="N", help="That version (default: the last one).")
@format_option
async def show_agreement(settings: Settings, name: str | None, number: int | None, form: str) -> None:
    """List the published versions, or show the document of the agreement NAME.

    \b
    Examples:
      leadstream agreement show
      leadstream agreement show bpi2012 --version 1
    """
    async with opened(settings) as log:
        facts = await published(log, Codec())
    if name is None:
        rows = [
            {
                "agreement": fact.name,
                "version": fact.version,
                "effective_from": iso(to_us(fact.effective_from)),
                "priority": fact.priority,
                "signed": ", ".join(f"{signature.side}: {signature.by}" for signature in fact.signed),
            }
            for fact in facts
        ]
        show(rows, form, columns=_COLUMNS, empty="no agreement is published")
        return
    found = [fact for fact in facts if fact.name == name and number in (None, fact.version)]
    if not found:
        fail(
            f"no such agreement: {name}" + (f" version {number}" if number else "") + "; see: leadstream agreement show"
        )
    if form == "json":
        show([found[-1].document], form)
    else:
        click.echo(yaml.safe_dump(found[-1].document, sort_keys=False, allow_unicode=True), nl=False)
