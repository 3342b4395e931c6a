"""`leadstream agreement`: check, propose, sign, publish and retire what marketing and sales agree on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from engine.ports import EventLog
from events.agreement import (
    AgreementCommand,
    ProposeAgreement,
    PublishAgreement,
    RetireAgreement,
    Side,
    SignAgreement,
)
from events.codec import Codec
from events.instants import from_us, iso
from leadstream.agreements import ask, told, untouched
from leadstream.agreements.versions import SIDES, Version, Versions
from leadstream.asking import NoAnswer
from leadstream.cli.agreement_files import is_file, loaded, problems_of
from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.people import WHO
from leadstream.cli.root import main
from leadstream.cli.times import INSTANT
from leadstream.clock import now_us
from leadstream.deployment import opened
from leadstream.settings import Settings
from streams.agreement.described.items import counted, every
from streams.agreement.load import document
from streams.agreement.problems import Problem

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


def _version_option(help_text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option("--version", "number", type=click.IntRange(min=1), metavar="N", help=help_text)


@main.group()
def agreement() -> None:
    """Write down, sign and put in force what marketing and sales have agreed on."""


@command(agreement, "check")
@_FILE
@format_option
async def check(_settings: Settings, file: Path, form: str) -> None:
    """Say whether FILE is an agreement that can be published, or what is wrong with it, with path and line.

    With --format json or csv the problems are given, one flat row each, none where it is fine.

    \b
    Examples:
      leadstream agreement check examples/agreements/bpi2012.yaml
      leadstream agreement check next.yaml --format json
    """
    if form != "table":
        problems = problems_of(file, now_us())
        show([problem._asdict() for problem in problems], form, columns=Problem._fields)
        if problems:
            fail(f"{file}: {counted(len(problems), 'problem')}")
        return
    spec = loaded(file, new_at=now_us())
    clauses = counted(len(spec.sales_clauses) + len(spec.marketing_clauses), "clause")
    click.echo(f"{file}: agreement {spec.agreement}, version {spec.version}: fine, {clauses}")


@command(agreement, "propose")
@_FILE
async def propose(settings: Settings, file: Path) -> None:
    """Propose the agreement in FILE, so that both sides can read and sign it. Nothing is governed by it yet.

    Until a side has signed, the same version may be proposed again with changes. Signatures in the file are taken.

    \b
    Example: leadstream agreement propose examples/agreements/inbound-b2b.yaml
    """
    spec = loaded(file, new_at=now_us())
    async with opened(settings) as log:
        await _ask(
            log,
            spec.agreement,
            ProposeAgreement(document=document(spec), before_first_lead=await untouched(log)),
        )
        version = await _version(log, spec.agreement, spec.version)
    click.echo(f"agreement {spec.agreement}, version {spec.version}: proposed; {_next(version)}")


@command(agreement, "sign")
@click.argument("name")
@_version_option("The version to sign (default: the last one proposed).")
@click.option("--side", type=click.Choice(SIDES), required=True, help="Whom you sign for.")
@click.option("--by", type=WHO, required=True, metavar="WHO", help="Who signs.")
@click.option("--at", "signed_at", metavar="DATE", help="When it was signed, if not now.")
async def sign(
    settings: Settings, *, name: str, number: int | None, side: Side, by: str, signed_at: str | None
) -> None:
    """Sign a proposed version of the agreement NAME for one side. What is signed cannot be changed any more.

    \b
    Examples:
      leadstream agreement sign inbound-b2b --side sales --by "head of sales"
      leadstream agreement sign inbound-b2b --version 3 --side marketing --by "head of marketing" --at 2025-12-10
    """
    async with opened(settings) as log:
        version = await _proposed(log, name, number)
        signature = SignAgreement(version=version.number, side=side, by=by, at=signed_at, digest=version.digest)
        await _ask(log, name, signature)
        version = await _version(log, name, version.number)
    click.echo(f"agreement {name}, version {version.number}: signed by {side}; {_next(version)}")


_UNKEYED = (
    "warning: the agreement has an identity section and LEADSTREAM_SECRET is not set: whoever reads topics can test "
    "guessed e-mail addresses and phone numbers against the hashes by which people are known"
)


@command(agreement, "publish")
@click.argument("target", metavar="FILE|NAME")
@_version_option("The proposed version of NAME (default: the last one).")
@click.option("--as", "signed_as", type=WHO, metavar="NAME", help="Sign for both sides; only before the first lead.")
async def publish(settings: Settings, target: str, number: int | None, signed_as: str | None) -> None:
    """Publish the proposed and signed version of an agreement NAME, or the agreement in FILE with both signatures.

    Both sides must have signed it: with `agreement sign`, or with `signed:` in the file, or --as NAME. It must take
    effect a minute from now or later; while no lead was decided yet, any date is allowed, so that history can be
    loaded.

    \b
    Examples:
      leadstream agreement publish inbound-b2b --version 3
      leadstream agreement publish examples/agreements/bpi2012.yaml --as "head of sales"
    """
    spec = loaded(Path(target), new_at=now_us()) if number is None and is_file(target) else None
    async with opened(settings) as log:
        how: dict[str, Any] = {"signed_as": signed_as, "before_first_lead": await untouched(log)}
        if spec is not None:
            name, number, since = spec.agreement, spec.version, spec.effective_from
            await _ask(log, name, PublishAgreement(document=document(spec), **how))
            known_by_keys = spec.identity is not None
        else:
            version = await _proposed(log, target, number)
            name, number, since = target, version.number, version.document["effective_from"]
            await _ask(log, name, PublishAgreement(version=number, **how))
            known_by_keys = version.document.get("identity") is not None
    click.echo(f"agreement {name}, version {number}: published, in force from {since}")
    if known_by_keys and not settings.secret:
        click.echo(_UNKEYED, err=True)


@command(agreement, "retire")
@click.argument("name")
@click.option(
    "--from", "since", type=INSTANT, required=True, metavar="TIME", help="From when; a minute from now or later."
)
@_version_option("The version (default: the one in force then).")
@click.option("--by", type=WHO, metavar="WHO", help="Who retires it.")
async def retire(settings: Settings, *, name: str, since: int, number: int | None, by: str | None) -> None:
    """Retire the agreement NAME: from then on no lead, clock or qualification starts by it.

    What has started goes on by it to its end.

    \b
    Example: leadstream agreement retire inbound-b2b --from 2026-07-01T00:00:00+03:00 --by "head of sales"
    """
    async with opened(settings) as log:
        versions = Versions(await told(log, Codec()))
        found = versions.in_force(name, since) if number is None else versions.get(name, number)
        if found is None:
            fail(_not_there(versions, name, "is in force then" if number is None else f"has the version {number}"))
        retirement = RetireAgreement(
            version=found.number, retired_from=from_us(since), before_first_lead=await untouched(log), by=by
        )
        await _ask(log, name, retirement)
    later = [each for each in versions.of(name) if each.is_published and each.effective_from > found.effective_from]
    but = f"; version {later[0].number} takes effect at {iso(later[0].effective_from)}" if later else ""
    click.echo(f"agreement {name}, version {found.number}: starts nothing from {iso(since)} on{but}")


async def _ask(log: EventLog, name: str, asked: AgreementCommand) -> None:
    """Have a command decided; a refusal ends this one with its reason."""
    try:
        answer = await ask(log, name, asked)
    except NoAnswer as exc:
        fail(str(exc))
    if not answer.accepted:
        fail(f"refused ({answer.reason}): {'; '.join(answer.missing)}")


async def _version(log: EventLog, name: str, number: int) -> Version:
    found = Versions(await told(log, Codec())).get(name, number)
    assert found is not None, "accepted a moment ago"
    return found


async def _proposed(log: EventLog, name: str, number: int | None) -> Version:
    """A version that is to be signed or published; what it has come to is for the agreement task to say."""
    versions = Versions(await told(log, Codec()))
    found = versions.last(name, published=False) if number is None else versions.get(name, number)
    if found is None:
        fail(_not_there(versions, name, "is proposed" if number is None else f"has the version {number}"))
    return found


def _not_there(versions: Versions, name: str, what: str) -> str:
    names = list(dict.fromkeys(each.name for each in versions.all()))
    there = f"there is {', '.join(names)}" if names else "there is none"
    known = ", ".join(str(each.number) for each in versions.of(name))
    return f"no agreement {name!r} {what}; " + (f"its versions are {known}" if known else there)


def _next(version: Version) -> str:
    """What has to be done before it can be in force."""
    missing = version.missing()
    if not missing:
        return f"both sides have signed; put it in force with: leadstream agreement publish {version.name}"
    words = f"the signature{'s' if len(missing) > 1 else ''} of {every(missing)}"
    return f"{words} {'are' if len(missing) > 1 else 'is'} missing"
