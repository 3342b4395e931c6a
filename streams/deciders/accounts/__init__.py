"""What is decided about accounts: they know who looks after them, and tell the leads that ask."""

from events.account import AccountAmended, AccountOpened, AccountOwnerChanged, AccountRelated
from events.opportunity import OpportunityOwnerTold
from events.routing import LeadAccountAsked
from streams.deciders.accounts.evolve import evolve
from streams.deciders.accounts.react import react
from streams.deciders.accounts.state import Account
from streams.deciders.subject import Kind

__all__ = ["ACCOUNT", "Account"]

ACCOUNT = Kind(
    state=Account,
    outside=frozenset({AccountOpened, AccountAmended, AccountOwnerChanged, AccountRelated}),
    tasks=frozenset({LeadAccountAsked, OpportunityOwnerTold}),
    evolve=evolve,
    react=react,
)
