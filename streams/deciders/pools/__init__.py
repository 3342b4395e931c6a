"""What is decided about pools: whose turn it is, who has to wait, and who comes first when somebody has room again."""

from events.routing import LeadOwnerRequested, LeadRequestWithdrawn, MemberAway, MemberBack
from streams.deciders.pools.absences import settle
from streams.deciders.pools.evolve import evolve
from streams.deciders.pools.react import next_wake, on_version, react, wake
from streams.deciders.pools.state import Pool
from streams.deciders.subject import Kind

__all__ = ["POOL", "Pool"]

POOL = Kind(
    state=Pool,
    outside=frozenset({MemberAway, MemberBack}),
    tasks=frozenset({LeadOwnerRequested, LeadRequestWithdrawn}),
    evolve=evolve,
    react=react,
    next_wake=next_wake,
    wake=wake,
    on_version=on_version,
    settle=settle,
)
