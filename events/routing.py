"""Facts about who gets a lead: what leads ask for, and what they are given."""

from events.fact import Count, Fact, Identifier


class LeadAccountAsked(Fact, frozen=True, kw_only=True):
    """A lead that is to be handed over asked the account it belongs to who looks after it.

    Attributes:
        account: id of the account.
        number: of the lead's requests, from 1; the answer names it.
    """

    account: Identifier
    number: Count


RoutingFact = LeadAccountAsked
