"""`leadstream schema`: what other teams rely on, shown, written out, and held against what it was."""

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from engine.kafka.session import servers_of
from events.changes import Change, Verdict
from events.compatibility import contract_changes
from events.described import Part, envelope_fields, origin, parts_of
from events.registry import CATALOGUE
from events.schema import json_schema
from events.shipped import schemas
from events.upcasters import UPCASTERS
from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.root import main
from leadstream.contract.asyncapi import as_yaml, document
from leadstream.contract.channels import Deployment
from leadstream.contract.logs import topics_of
from leadstream.contract.page import reference
from leadstream.contract.relied_on import NoSchemas, relied_on
from leadstream.settings import Settings

_ENVELOPE = "envelope"


@main.group("schema")
def schema_group() -> None:
    """The contract that other teams rely on: facts, their versions, the topics they stand in.

    \b
    Examples:
      leadstream schema list
      leadstream schema show lead.touched
      leadstream schema export --to schemas/
      leadstream schema asyncapi > asyncapi.yaml
      leadstream schema page --to reference.html
      leadstream schema check
    """


@command(schema_group, "list")
@format_option
async def list_schemas(_settings: Settings, *, form: str) -> None:
    """List every fact and command, with who says it and the topics it stands in.

    \b
    Example: leadstream schema list --format json | jq -r '.[] | select(.from == "upstream").fact'
    """
    rows = [_row(name, schema) for name, schema in {**schemas(), **_today()}.items()]
    show(sorted(rows, key=lambda row: str(row["fact"])), form)


def _row(wire_type: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    is_current = wire_type in CATALOGUE
    return {
        "fact": wire_type,
        "from": origin(wire_type) if is_current else f"read as {UPCASTERS[wire_type][0]}",
        "topics": " ".join(topics_of(wire_type)) if is_current else "",
        "meaning": schema["description"],
    }


@command(schema_group, "show")
@click.argument("fact", metavar="FACT[.vN]")
@format_option
async def show_schema(_settings: Settings, *, fact: str, form: str) -> None:
    """Show the fields of FACT, its current version unless another is named; --format json is its JSON Schema.

    \b
    Examples:
      leadstream schema show lead.touched
      leadstream schema show lead.touched.v1 --format json > lead.touched.v1.json
    """
    name = _named(fact)
    if form == "json":
        click.echo(_written(json_schema(name) if name in CATALOGUE else schemas()[name]).decode(), nl=False)
        return
    if name not in CATALOGUE:
        fail(f"{name} is an old version, read as {UPCASTERS[name][0]}; its JSON Schema: --format json")
    parts = [*parts_of(name), Part(_ENVELOPE, "", envelope_fields())]
    if form == "table":
        click.echo(f"{name}: {parts[0].meaning}\nFrom {origin(name)}; topics {', '.join(topics_of(name))}.")
    show([_field_row(part, name, field) for part in parts for field in part.fields], form)


def _field_row(part: Part, name: str, field: Any) -> dict[str, Any]:
    where = "data" if part.name == name else part.name
    return {
        "of": where,
        "field": field.name,
        "type": field.type,
        "unit": field.unit or None,
        "required": field.needed,
        "meaning": field.meaning,
    }


def _named(fact: str) -> str:
    """The wire type that is meant."""
    known = {**schemas(), **CATALOGUE}
    if fact in known:
        return fact
    versions = [name for name in CATALOGUE if name.rpartition(".")[0] == fact]
    if versions:
        return versions[-1]
    near = get_close_matches(fact, [*known, *(name.rpartition(".")[0] for name in known)], n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; see: leadstream schema list"
    raise click.UsageError(f"there is no fact {fact!r}{hint}")


@command(schema_group, "export")
@click.option(
    "--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
    help="Where to; it is made where it is not there.",
)  # fmt: skip
async def export_schemas(_settings: Settings, *, folder: Path) -> None:
    """Write a JSON Schema (draft 2020-12) for every version of every fact, a file each, named as its type.

    A schema describes the whole record as it stands in a topic: the CloudEvents envelope with the fact in `data`. Old
    versions are written too, as long as their records are read.

    \b
    Example: leadstream schema export --to schemas/
    """
    written = {**schemas(), **_today()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in written.items():
        (folder / f"{name}.json").write_bytes(_written(schema))
    click.echo(f"{len(written)} schemas in {folder}")


@command(schema_group, "asyncapi")
@click.option(
    "--format",
    "form",
    type=click.Choice(("yaml", "json")),
    default="yaml",
    show_default=True,
    help="How it is written.",
)
async def asyncapi(settings: Settings, *, form: str) -> None:
    """Write the AsyncAPI 3.0 document: topics, messages with their headers and keys, schemas, examples.

    Brokers, --prefix, --partitions and --replication are those of the deployment; topics are not looked at.

    \b
    Examples:
      leadstream schema asyncapi > asyncapi.yaml
      leadstream --broker kafka://kafka-1:9092 --partitions 8 --replication 3 schema asyncapi --format json
    """
    hosts = {} if settings.embedded else {"hosts": tuple(servers_of(settings.broker))}
    made = document(Deployment(prefix=settings.prefix, partitions=settings.partitions,
                               replication=settings.replication, **hosts))  # fmt: skip
    if form == "json":
        click.echo(json.dumps(made, indent=2, ensure_ascii=False))
    else:
        click.echo(as_yaml(made), nl=False)


@command(schema_group, "page")
@click.option(
    "--to", "path", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Where to; it takes the place of a file that is there.",
)  # fmt: skip
async def page(_settings: Settings, *, path: Path) -> None:
    """Write the reference of every fact, topic and view as one page of HTML that stands alone.

    It can be searched, each fact has a link of its own (reference.html#lead.touched.v1), and nothing is loaded from
    elsewhere.

    \b
    Example: leadstream schema page --to reference.html
    """
    if not path.parent.is_dir():
        raise click.UsageError(f"--to: there is no directory {path.parent}")
    made = reference().encode()
    path.write_bytes(made)
    click.echo(f"{len(made):,} bytes in {path}")


@command(schema_group, "check")
@click.option(
    "--against", type=click.Path(exists=True, path_type=Path), metavar="FOLDER|FILE",
    help="Schemas that others rely on: a folder or a file of `schema export`, or a document of `schema asyncapi`. "
    "Default: those that ship with leadstream.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Fail as well on what breaks only readers that check strictly.")
@format_option
async def check(_settings: Settings, *, against: Path | None, strict: bool, form: str) -> None:
    """Hold today's facts against those that others rely on; end with 1 where they would break somebody.

    Incompatible is what events that are kept do not survive: a field removed or renamed, a type, an enumeration or a
    bound narrowed, a field that must be there now, another default or unit. Such a change needs a new version and an
    upcaster. What is wider than before breaks only readers that check strictly, and is named.

    \b
    Examples:
      leadstream schema check
      leadstream schema check --against schemas-of-last-release/
      leadstream schema check --against asyncapi.yaml --strict --format json
    """
    try:
        old = relied_on(against)
    except NoSchemas as exc:
        raise click.UsageError(f"--against: {exc}") from exc
    complete = against is None or against.is_dir() or len(old) > 1
    today = _today() if complete else {name: schema for name, schema in _today().items() if name in old}
    found = contract_changes(old, today, {name: step[0] for name, step in UPCASTERS.items()})
    fails = {Verdict.INCOMPATIBLE, Verdict.WIDER} if strict else {Verdict.INCOMPATIBLE}
    broken = [change for change in found if change.verdict in fails]
    if form == "table":
        _tell(found, len(old), against)
    else:
        show([_change_row(change) for change in found], form, columns=_COLUMNS)
    if broken:
        what = "breaking change" if strict else "incompatible change"
        facts = len({change.fact for change in broken})
        fail(f"{_many(len(broken), what)} in {_many(facts, 'fact')} of {len(old)}")


_COLUMNS = ("verdict", "fact", "path", "what", "breaks_old_events", "breaks_old_readers", "remedy")


def _change_row(change: Change) -> dict[str, Any]:
    rule = change.kind.value
    return {
        "verdict": change.verdict.value,
        "fact": change.fact,
        "path": change.path or None,
        "what": change.what,
        "breaks_old_events": rule.events or None,
        "breaks_old_readers": rule.readers or None,
        "remedy": rule.remedy or None,
    }


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _tell(found: Sequence[Change], facts: int, against: Path | None) -> None:
    for change in found:
        rule = change.kind.value
        click.echo(f"{change.verdict.value:12}  {change.fact}  {change.line}")
        for whom, why in (("old events", rule.events), ("old readers", rule.readers)):
            if why:
                click.echo(f"{'':14}breaks {whom}: {why}")
        if rule.remedy:
            click.echo(f"{'':14}do: {rule.remedy}")
    counts = [(verdict, sum(change.verdict is verdict for change in found)) for verdict in Verdict]
    told = ", ".join(f"{count} {verdict.value}" for verdict, count in counts if count) or "nothing has changed"
    click.echo(f"{facts} facts held against {against or 'the schemas that ship with leadstream'}: {told}")


def _today() -> dict[str, dict[str, Any]]:
    return {name: json_schema(name) for name in CATALOGUE}


def _written(schema: Mapping[str, Any]) -> bytes:
    """As the golden files have it."""
    return json.dumps(schema, indent=2, ensure_ascii=False).encode() + b"\n"
