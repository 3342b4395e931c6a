"""`leadstream dead-letters waiting`: what came before something else that has to come first."""

import msgspec

from engine.reading import latest_values
from engine.state import unpack
from events.codec import Codec
from events.instants import iso
from events.registry import WIRE_TYPE
from leadstream.cli.dead_letters import dead_letters
from leadstream.cli.options import command
from leadstream.cli.output import format_option, show
from leadstream.deployment import opened, partition_count
from leadstream.settings import Settings
from streams.deciders.waiting import Waiting
from streams.programs import SUBJECTS

_COLUMNS = ("subject", "type", "occurred_at", "waits_until", "source", "id", "where", "bytes")


@command(dead_letters, "waiting")
@format_option
async def list_waiting(settings: Settings, form: str) -> None:
    """List facts that came before their opportunity was opened, each with the instant until which it waits.

    They are decided when the opening comes, in the order in which they happened. What has waited long enough becomes a
    dead letter, to be tried again when the opening is there.

    \b
    Example: leadstream dead-letters waiting
    """
    rows = []
    async with opened(settings) as log:
        for partition in range(await partition_count(log)):
            for group, _, kind in SUBJECTS:
                if kind.waiting is not None:
                    load = msgspec.msgpack.Decoder(kind.state).decode
                    states = await latest_values(log, group.changelog, partition)
                    found = [kind.waiting(load(unpack(value)[1])) for value in states.values()]
                    rows += [_row(f"{group.sources[0]}-{partition}", each) for waiting in found for each in waiting]
    rows.sort(key=lambda row: (row["subject"], row["occurred_at"]))
    show(rows, form, columns=_COLUMNS, empty="nothing waits")


def _row(inbox: str, waiting: Waiting) -> dict[str, str | int]:
    envelope = Codec().decode(waiting.value, waiting.headers)
    return {
        "subject": envelope.subject,
        "type": WIRE_TYPE[type(envelope.data)],
        "occurred_at": iso(waiting.at),
        "waits_until": iso(waiting.until),
        "source": envelope.source,
        "id": envelope.id,
        "where": f"{inbox}:{waiting.offset}",
        "bytes": len(waiting.value),
    }
