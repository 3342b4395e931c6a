"""What is decided about keys of identity: they know who has them, and tell the younger ones of the older one."""

from events.identity import AccountClaimed, LeadIdentityClaimed
from streams.deciders.identity.evolve import evolve
from streams.deciders.identity.react import react
from streams.deciders.identity.state import Key
from streams.deciders.subject import Kind

__all__ = ["IDENTITY", "Key"]

IDENTITY = Kind(
    state=Key,
    outside=frozenset(),
    tasks=frozenset({LeadIdentityClaimed, AccountClaimed}),
    evolve=evolve,
    react=react,
)
