"""Requests about a lead that may be refused; each is answered in the topic `answers`, once."""

from datetime import date

from events.fact import Count, Currency, Fact, Identifier, Name, PersonalText, Text, Title


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


class AcceptLead(Fact, frozen=True, kw_only=True):
    """Command: sales takes a lead that was handed over. Refused when it was not, or was accepted already.

    Attributes:
        by: who takes it.
    """

    by: PersonalText


class RejectLead(Fact, frozen=True, kw_only=True):
    """Command: sales does not take a lead that was handed over, or gives it up. Refused when sales does not have it.

    By the reason the agreement says what becomes of it: warmed until what is missing changes, put aside, or back to
    marketing.

    Attributes:
        by: who rejects it.
        reason: why, for example `no_budget`.
        feedback: what marketing should know, in words.
    """

    by: PersonalText
    reason: Name
    feedback: PersonalText | None = None


class RecycleLead(Fact, frozen=True, kw_only=True):
    """Command: give a lead back to marketing; one that is unqualified or put aside is opened again.

    Refused when marketing has it, or it is converted.

    Attributes:
        by: who gives it back.
        reason: why, in words.
    """

    by: PersonalText
    reason: Name


class ConvertLead(Fact, frozen=True, kw_only=True):
    """Command: make the lead a contact of an account, with an opportunity or without.

    A second one for the same opportunity group is answered as the first one was, and makes nothing anew. Refused, with
    a list of what is missing, when the agreement's conditions of a conversion do not hold.

    Attributes:
        by: who confirms it; absent only where the agreement asks for nobody.
        account: id of an account there is; absent for the lead's own, or a new one.
        contact: id of a contact there is; absent for the lead's own, or a new one.
        opportunity: id of an opportunity there is; absent for a new one.
        group: the opportunity group, where a lead may bring several opportunities.
        without_opportunity: account and contact only.
        amount_minor: expected amount in minor units of `currency`.
        currency: ISO 4217 code.
        name: what the opportunity is called; absent for the name of the company.
        close_date: the day on which it is expected to close.
        role: in which role they convert it, to which the new pipe is credited: AE, BDR, SDR, ECS, Cloud Sales, ...
    """

    by: PersonalText | None = None
    account: Identifier | None = None
    contact: Identifier | None = None
    opportunity: Identifier | None = None
    group: Name | None = None
    without_opportunity: bool = False
    amount_minor: Count | None = None
    currency: Currency | None = None
    name: Title | None = None
    close_date: date | None = None
    role: Name | None = None


class UnconvertLead(Fact, frozen=True, kw_only=True):
    """Command: take a conversion back. Refused when the lead is not converted.

    Attributes:
        by: who takes it back.
        reason: why, in words.
    """

    by: PersonalText
    reason: Text | None = None


class MergeLead(Fact, frozen=True, kw_only=True):
    """Command: this lead and another one are one person. The younger one is merged into the older one.

    Attributes:
        by: who decides so.
        into: the other lead.
        reason: why, in words.
    """

    by: PersonalText
    into: Name
    reason: Text | None = None


class UnmergeLead(Fact, frozen=True, kw_only=True):
    """Command: a merged lead is a person of its own after all. Refused when it is not merged.

    Attributes:
        by: who decides so.
        reason: why, in words.
    """

    by: PersonalText
    reason: Text | None = None


LeadCommand = (
    HandOverLead
    | ReassignLead
    | AcceptLead
    | RejectLead
    | RecycleLead
    | ConvertLead
    | UnconvertLead
    | MergeLead
    | UnmergeLead
)
