"""Watches: vendors announce changes for some days, and want to be asked again before these are over. Pure.

A watch is renewed when about half of its life is over, so that there is as much time to mend what hinders it. One that
has ended, or was asked for with other settings, is made anew; what changed meanwhile is read as soon as it is there.
"""

from hashlib import blake2b
from uuid import UUID

from leadstream.fetching.configured import Feed, Fetch
from leadstream.fetching.desk import Kept
from leadstream.fetching.port import Watched, Watching

_FROM, _SPREAD = 50, 20
"""Percent of a life after which a watch is renewed: from, and how far spread, so that not all come at once."""
_LEAST = 60 * 1_000_000
"""Microseconds between two renewals, however short a life the vendor gives."""


def due(name: str, feed: Feed, watched: Watched, now: int) -> int:
    """When a watch that was just made, or renewed, is to be renewed, microseconds."""
    percent = _FROM + _number(name, feed, watched.until) % _SPREAD
    return now + max(_LEAST, (watched.until - now) * percent // 100)


def next_due(fetch: Fetch, agreed: str, watches: dict[Feed, Kept]) -> dict[Feed, int]:
    """The lists that are to be watched, with the time at which each needs it, microseconds; 0 for at once."""
    found = {}
    for feed in fetch.watched:
        kept = watches.get(feed)
        found[feed] = kept.due if kept is not None and kept.agreed == agreed else 0
    return found


def asked(name: str, fetch: Fetch, feed: Feed, kept: Kept | None, *, agreed: str, now: int) -> Watching:
    """What a vendor is asked for: that a watch goes on, or a new one."""
    goes_on = kept is not None and kept.agreed == agreed and kept.watched.until > now
    held = kept.watched if kept is not None and goes_on else None
    return Watching(fetch.setup, feed.id, held, str(UUID(int=_number(f"{name}\0{agreed}", feed, now))), now)


def is_gap(kept: Kept | None, now: int) -> bool:
    """Whether changes may have happened that nobody has announced."""
    return kept is None or kept.watched.until <= now


def _number(name: str, feed: Feed, at: int) -> int:
    """128 bits that follow from what is watched and when."""
    return int.from_bytes(blake2b(f"{name}\0{feed.kind}\0{feed.id}\0{at}".encode(), digest_size=16).digest())
