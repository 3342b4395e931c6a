"""`leadstream publish`: facts as CloudEvents, one JSON a line."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import click

from engine.ports import Headers
from events.codec import Codec
from events.envelope import Envelope
from events.registry import WIRE_TYPE
from events.unknown import unknown_fields
from leadstream.cli.options import command, fail
from leadstream.cli.output import counted
from leadstream.cli.root import main
from leadstream.deployment import opened, partition_count
from leadstream.publishing import Refused, check, publish
from leadstream.settings import Settings

_CHUNK = 2000


@command(main, "publish")
@click.argument("file", type=click.File("rb"))
async def publish_file(settings: Settings, file: BinaryIO) -> None:
    """Publish facts from FILE (or - for standard input): CloudEvents 1.0 JSON, one a line.

    Each line is checked. What is well-formed is in the log when the command ends; what is not is named on stderr
    with line, field and reason, and the exit code is 1. Fields that a type does not have are named there too, and
    ignored.

    \b
    Example:
      echo '{"specversion":"1.0","type":"lead.captured.v1","id":"1","source":"/forms/contact","subject":"lead-1",
             "time":"2026-03-02T09:00:00Z","data":{"source":"web"}}' | tr -d '\\n' | leadstream publish -
    """
    codec, accepted, refused, ignored = Codec(), 0, 0, Counter[str]()
    async with opened(settings) as log:
        partitions = await partition_count(log)
        for chunk in _chunks(file, codec):
            good = [item for item in chunk if not isinstance(item, Refused)]
            await publish(log, partitions, good)
            accepted += len(good)
            ignored.update(_ignored(good))
            for item in chunk:
                if isinstance(item, Refused):
                    refused += 1
                    click.echo(f"line {item.line}: {_named(item)}", err=True)
    for what, count in sorted(ignored.items()):
        click.echo(f"leadstream: {what} is not known and is ignored ({counted(count, 'line')})", err=True)
    click.echo(f"{accepted} accepted, {refused} refused")
    if refused:
        fail(
            f"{refused} facts were refused; correct them and publish them again (those accepted may be sent again too)"
        )


def _named(refused: Refused) -> str:
    """The reason with the field it is about."""
    field = f"({refused.field})"
    return refused.reason if not refused.field or refused.reason.endswith(field) else f"{refused.reason} {field}"


def _ignored(good: Sequence[tuple[Envelope, bytes, Headers]]) -> Iterator[str]:
    """Fields that the types of facts do not have: mostly they are misnamed."""
    for envelope, value, _ in good:
        for field in unknown_fields(value, envelope.data):
            yield f"field {field} of {WIRE_TYPE[type(envelope.data)]}"


def _chunks(file: BinaryIO, codec: Codec) -> Iterator[list[tuple[Envelope, bytes, Headers] | Refused]]:
    chunk: list[tuple[Envelope, bytes, Headers] | Refused] = []
    for number, line in enumerate(file, 1):
        value = line.strip()
        if not value:
            continue
        found = check(number, value, codec)
        chunk.append(found if isinstance(found, Refused) else (found, value, ()))
        if len(chunk) >= _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
