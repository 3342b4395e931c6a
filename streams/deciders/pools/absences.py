"""Which words about absences make no sense, so that nobody waits in vain for what they say."""

from events.envelope import Envelope
from events.instants import iso, to_us
from events.routing import MemberAway
from streams.deciders.pools.state import Pool
from streams.deciders.subject import Around
from streams.deciders.told import Refused


def settle(_state: Pool, envelope: Envelope, at: int, _around: Around) -> Envelope | Refused:
    """A word about somebody of a pool, or what is wrong with it.

    Args:
        envelope: what was said.
        at: when it happened, microseconds; an absence begins then unless it says otherwise.
    """
    fact = envelope.data
    if not isinstance(fact, MemberAway):
        return envelope
    since = at if fact.since is None else to_us(fact.since)
    if fact.until is not None and to_us(fact.until) <= since:
        words = f"ends at {iso(to_us(fact.until))}, not after it begins at {iso(since)} (until)"
        return Refused("invalid", words, "until")
    if fact.replacement == fact.member:
        words = "who is away cannot stand in for themself; leave it out if nobody does (replacement)"
        return Refused("invalid", words, "replacement")
    return envelope
