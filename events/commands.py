"""Requests about a lead that may be refused; each is answered in the topic `answers`, once."""

from events.fact import Fact, PersonalText, Text


class HandOverLead(Fact, frozen=True, kw_only=True):
    """Command: hand a qualified lead over to sales. Refused when it is not qualified, or was handed over already.

    Attributes:
        by: who decides so.
        owner: who is to have it; absent leaves that to the routing.
        reason: why, in words.
    """

    by: PersonalText
    owner: PersonalText | None = None
    reason: Text | None = None


LeadCommand = HandOverLead
