"""What is decided about opportunities: what is taken of them, what they are worth, and what is untidy about them."""

from operator import attrgetter

from events.lead import LeadConverted, LeadOriginTold
from events.registry import ABOUT_OPPORTUNITIES
from streams.deciders.opportunities.admit import settle
from streams.deciders.opportunities.evolve import evolve
from streams.deciders.opportunities.react import next_wake, on_version, react, wake
from streams.deciders.opportunities.state import Opportunity
from streams.deciders.subject import Kind

__all__ = ["OPPORTUNITY", "Opportunity"]

OPPORTUNITY = Kind(
    state=Opportunity,
    outside=ABOUT_OPPORTUNITIES,
    tasks=frozenset({LeadConverted, LeadOriginTold}),
    settle=settle,
    evolve=evolve,
    react=react,
    next_wake=next_wake,
    wake=wake,
    on_version=on_version,
    waiting=attrgetter("waiting"),
)
