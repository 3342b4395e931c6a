"""Records as broken systems send them; each has to end in the dead letters, with another reason."""

from random import Random
from typing import Any

import orjson

from events.instants import DAY, iso


def broken_value(rng: Random, lead: str, at: int, source: str) -> bytes:
    """The bytes of a broken record about a lead, sent at `at` (microseconds)."""
    fields: dict[str, Any] = {
        "specversion": "1.0",
        "type": "lead.touched.v1",
        "id": f"{lead}-broken",
        "source": source,
        "subject": lead,
        "time": iso(at),
        "data": {"channel": "website", "kind": "visited", "direction": "inbound", "asset": "broken-page"},
    }
    match rng.randrange(4):
        case 0:
            return orjson.dumps(fields)[:-25]
        case 1:
            fields["type"] = "lead.sneezed.v1"
        case 2:
            del fields["data"]["channel"]
        case _:
            fields["time"] = iso(at + DAY)
    return orjson.dumps(fields)
