"""Lists that are read by time: each reading begins a little before the end of the last one, and knows what it has seen.

Vendors stamp a record before others can read it, and a list may grow or shrink while it is read. So what was stamped in
the last minutes of a reading is read once more by the next, and what had been seen then is told apart by id and stamp.
"""

from collections.abc import Mapping
from datetime import datetime

from events.instants import DAY, MINUTE, to_us
from leadstream.fetching.port import Asked, Cursor, Page, Refused, begun_anew

OVERLAP = 5 * MINUTE
"""So long a record may take to be seen by readers after it was stamped."""


def since(asked: Asked) -> int:
    """From which stamp on this reading asks, microseconds."""
    found = asked.cursor.get("since")
    return int(found) if found is not None else asked.now - asked.setup.days * DAY


def stamp(text: str, missing: str) -> int:
    """The stamp of a record, microseconds.

    Raises:
        Refused: it is none; `missing` says of what.
    """
    try:
        return to_us(datetime.fromisoformat(text))
    except (ValueError, TypeError):
        raise Refused(200, missing) from None


def is_new(cursor: Cursor, stamps: Mapping[str, int]) -> bool:
    """Whether any of a page's records, by id with their stamps, was not seen yet."""
    seen = cursor.get("seen", {})
    return any(seen.get(identity) != stamp for identity, stamp in stamps.items())


def moved(asked: Asked, stamps: Mapping[str, int], place: Mapping[str, object]) -> dict[str, object]:
    """The cursor after a page.

    Args:
        asked: what the page was asked for.
        stamps: its records' stamps by id, microseconds.
        place: where the reading goes on, in the vendor's words; empty at its end.
    """
    cursor, start = asked.cursor, since(asked)
    high = max([int(cursor.get("high", start)), *stamps.values()])
    begin = max(start, high - OVERLAP)
    seen = {name: at for name, at in {**cursor.get("seen", {}), **stamps}.items() if at >= begin}
    if place:
        return {"since": start, "high": high, "seen": seen, **place}
    return {"since": begin, "seen": seen}


def begun(asked: Asked) -> Page:
    """The reading once more from where it began, since the vendor does not know its place any more."""
    return begun_anew({"since": since(asked), "seen": asked.cursor.get("seen", {})})
