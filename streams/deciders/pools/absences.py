"""Which words about absences make no sense, so that nobody waits in vain for what they say."""

from typing import cast

from events.envelope import Envelope
from events.instants import iso, to_us
from events.routing import MemberAway, MemberBack
from streams.deciders.subject import Flaw


def flaw(envelope: Envelope, at: int) -> Flaw | None:
    """What is wrong with a word about somebody of a pool.

    Args:
        envelope: what was said.
        at: when it happened, microseconds; an absence begins then unless it says otherwise.
    """
    fact = cast("MemberAway | MemberBack", envelope.data)
    if isinstance(fact, MemberBack):
        return None
    since = at if fact.since is None else to_us(fact.since)
    if fact.until is not None and to_us(fact.until) <= since:
        return Flaw(f"ends at {iso(to_us(fact.until))}, not after it begins at {iso(since)} (until)", "until")
    if fact.replacement == fact.member:
        return Flaw(
            "who is away cannot stand in for themself; leave it out if nobody does (replacement)", "replacement"
        )
    return None
