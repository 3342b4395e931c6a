"""Requests about a lead that may be refused; each is answered in the topic `answers`, once."""

from events.fact import Fact, Name, PersonalText, Text


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


class ReassignLead(Fact, frozen=True, kw_only=True):
    """Command: give a lead that was handed over to somebody else. Name an owner, or a pool that is to find one.

    Attributes:
        by: who decides so.
        owner: who is to have it.
        pool: name of a pool of the lead's agreement; the present owner is left out.
        reason: why, in words.
    """

    by: PersonalText
    owner: PersonalText | None = None
    pool: Name | None = None
    reason: Text | None = None


LeadCommand = HandOverLead | ReassignLead
