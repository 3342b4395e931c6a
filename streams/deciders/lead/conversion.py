"""Conversion: once for each opportunity group, under ids that follow from the lead, whoever asks however often."""

from collections.abc import Iterable, Sequence
from typing import cast

from msgspec.structs import replace

from events.commands import ConvertLead, UnconvertLead
from events.envelope import Envelope
from events.ids import derived_id
from events.lead import LeadCaptured, LeadConverted, LeadOriginTold, Made
from events.life import LeadUnconverted
from streams.deciders.lead.closed import why_closed
from streams.deciders.lead.closings import lasting
from streams.deciders.lead.engagement import score_now
from streams.deciders.lead.given import Before, Given, Live, Refusal, Told
from streams.deciders.lead.lives import converted_as, lives, standing, taken_back_at
from streams.deciders.lead.ownership import account_of
from streams.deciders.lead.state import Lead


def once(lead: Lead, command: ConvertLead) -> str:
    """What must not be done twice: the conversion of a group, anew only after a conversion was taken back."""
    taken_back = sum(each.how == "unconverted" for each in lead.closings)
    return f"{taken_back}\x1f{command.group or ''}"


def convert(live: Live, command: ConvertLead, at: int, given: Given) -> Sequence[Told] | Refusal | Before:
    """Make the lead a contact of an account, with an opportunity or without.

    What a lead that was merged into it was converted into counts, so a person is not converted twice. A merged lead
    only tells what became of it itself; all else is asked of the lead that counts for it.
    """
    lead = live.lead
    closed = [how for how in lead.lasting if how != "converted"]
    if closed in ([], ["merged"]):
        own = standing(lead.conversions, lead.closings)
        others = [each for _, part in lives(lead.person) for each in standing(part.conversions, part.closings)]
        for each in (*own, *others):
            if each.group == (command.group or "") and (each.account or each.contact or each.opportunity):
                return Before((each.id,), lent=each not in own)
    if closed:
        return Refusal("lead is closed", (why_closed(lead, closed[0]) + _REMEDY.get(closed[0], ""),))
    missing = _missing(live, command, given)
    if missing:
        return Refusal("not ready to be converted", missing)
    return (Told(_converted(lead, command, given.subject), max(at, taken_back_at(lead.closings) + 1)),)


def unconvert(live: Live, command: UnconvertLead, at: int, _given: Given) -> Sequence[Told] | Refusal:
    """Take the conversion back; what was made by it stays where it is. Of merged leads each takes back its own."""
    lead = live.lead
    if "converted" not in lasting(lead.closings):
        other = converted_as(lead.person)
        why = "there is no conversion to take back" if other is None else f"lead {other!r} is: take it back of that one"
        return Refusal("not converted", (why,))
    last = max(each.at for each in lead.closings if each.how == "converted")
    return (Told(LeadUnconverted(by=command.by, reason=command.reason), max(at, last)),)


def _missing(live: Live, command: ConvertLead, given: Given) -> tuple[str, ...]:
    agreement, missing = given.agreement(live), list[str]()
    if not (command.by or "").strip() and (agreement is None or agreement.conversion.confirm):
        missing.append("by: a person has to confirm it")
    if command.amount_minor is not None and command.currency is None:
        missing.append("currency: an amount needs one")
    if command.currency is not None and command.amount_minor is None:
        missing.append("amount_minor: a currency needs an amount")
    if command.without_opportunity and (command.opportunity is not None or command.amount_minor is not None):
        missing.append("opportunity: there is none for an amount or an id to belong to")
    if agreement is not None:
        missing += agreement.conversion.missing(live.lead.profile, score_now(live, agreement, given.at))
    return tuple(missing)


def _converted(lead: Lead, command: ConvertLead, subject: str) -> LeadConverted:
    """The fact. It goes to account and contact of what was converted before, even if that was taken back."""
    group = command.group or ""
    others = [each for _, part in lives(lead.person) for each in part.conversions]
    former = (*others, *lead.conversions)
    known = _last(each.account for each in former) or account_of(lead)
    account = command.account or known or derived_id(subject, "account")
    contact = command.contact or _last(each.contact for each in former) or derived_id(subject, "contact")
    opportunity = None
    if not command.without_opportunity:
        opportunity = command.opportunity or derived_id(subject, "opportunity", group)
    before = {name for each in former for name in (each.account, each.contact, each.opportunity)}
    given = {command.account, command.contact, command.opportunity, known}
    ids: list[tuple[Made, str | None]] = [("account", account), ("contact", contact), ("opportunity", opportunity)]
    fact = LeadConverted(
        account=account,
        contact=contact,
        opportunity=opportunity,
        amount_minor=command.amount_minor,
        currency=command.currency,
        by=command.by,
        group=command.group,
        made=tuple(name for name, made in ids if made is not None and made not in before | given),
        name=command.name,
        close_date=command.close_date,
        role=command.role,
    )
    return credited(lead, fact)


def credited(lead: Lead, fact: LeadConverted) -> LeadConverted:
    """A conversion with what its opportunity has from the lead, where nobody says otherwise."""
    if not fact.opportunity:
        return fact
    company = lead.profile.get("company.name")
    return replace(
        fact,
        name=fact.name or (str(company) if company else None),
        owner=fact.owner or lead.owner,
        source=fact.source or lead.source or None,
        campaign=fact.campaign or next((each.campaign for each in lead.touches if each.campaign), None),
    )


def on_captured(live: Live, envelope: Envelope, at: int, _given: Given) -> Sequence[Told]:
    """A lead that was converted before it was captured tells its opportunities only now where it came from."""
    fact, lead = cast("LeadCaptured", envelope.data), live.lead
    if not fact.source or at != lead.captured_at:
        return ()
    opportunities = dict.fromkeys(each.opportunity for each in lead.conversions if each.opportunity)
    return [Told(LeadOriginTold(opportunity=each, source=fact.source), at) for each in opportunities]


def _last(names: Iterable[str | None]) -> str | None:
    found = None
    for name in names:
        found = name or found
    return found


_REMEDY = {"archived": "; open it again first (recycle)"}
