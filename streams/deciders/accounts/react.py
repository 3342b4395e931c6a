"""What follows from a fact about an account."""

from collections.abc import Sequence

from events.account import AccountOwnerTold
from events.envelope import Envelope
from events.routing import LeadAccountAsked
from streams.deciders.accounts.state import Account
from streams.deciders.subject import Around, speaker
from streams.deciders.told import Told


def react(state: Account, envelope: Envelope, at: int, _around: Around) -> Sequence[Told]:
    """A lead that asks is told who looks after the account."""
    match envelope.data:
        case LeadAccountAsked(number=number):
            told = AccountOwnerTold(lead=speaker(envelope), number=number, owner=state.owner)
            return (Told(told, max(at, state.owner_at)),)
        case _:
            return ()
