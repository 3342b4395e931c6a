"""A merged lead's life as it is told, and as the lead that counts for it keeps it."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from events.envelope import Envelope
from events.identity import LeadHistoryShared
from events.instants import from_us, to_us, us_or_none
from events.lead import LeadArchived, LeadConverted, LeadStatusChanged
from events.life import LeadReopened, LeadUnconverted
from events.shared_life import SharedHandOver, SharedStatus, SharedTurn, Turn
from streams.deciders.lead.closings import Closing, How, add
from streams.deciders.lead.entries import Conversion, HandedOver, StatusEntry
from streams.deciders.lead.person import Part
from streams.deciders.lead.state import Lead


def life_of(of: Lead | Part) -> Iterator[SharedStatus | SharedTurn]:
    """The statuses and turns of a life, in order."""
    last = of.statuses[-1] if of.statuses else None
    for entry in of.statuses:
        reason = _last_reason(of) if entry is last else ""
        yield SharedStatus(
            id=entry.id, source=entry.source, at=from_us(entry.at), status=entry.status, reason=reason or None
        )
    conversions = sorted(of.conversions, key=_order)
    for closing in of.closings:
        how = _told(of, closing)
        if how == "converted":
            yield turn_of(conversions.pop(0))
        elif how is not None:
            yield SharedTurn(how=how, at=from_us(closing.at))


def lived(lead: Lead, envelope: Envelope, at: int) -> Sequence[SharedStatus | SharedTurn] | None:
    """What a new fact adds to a life; None of a fact that is no part of it."""
    fact, instant = envelope.data, from_us(at)
    match fact:
        case LeadStatusChanged():
            reason = fact.reason or None
            return (
                SharedStatus(id=envelope.id, source=envelope.source, at=instant, status=fact.status, reason=reason),
            )
        case LeadConverted():
            told = (at, envelope.id)  # the last of these: an id is unique with its source only
            return (turn_of(next(each for each in reversed(lead.conversions) if (each.at, each.id) == told)),)
        case LeadUnconverted():
            return (SharedTurn(how="unconverted", at=instant),)
        case LeadReopened():
            return (SharedTurn(how="reopened", at=instant),)
        case LeadArchived() if put_aside_by_sales(lead, at):
            return (SharedTurn(how="archived", at=instant),)
        case _:
            return None


def hand_over_of(of: Lead | Part) -> tuple[SharedHandOver, ...]:
    """The last hand-over of a lead, one at most."""
    known = of.handed_over if isinstance(of, Part) else _handed_over(of)
    if known is None:
        return ()
    told = SharedHandOver(
        agreement=known.agreement,
        at=from_us(known.at),
        owner=known.owner,
        accepted_at=None if known.accepted_at is None else from_us(known.accepted_at),
        qualified_at=None if known.qualified_at is None else from_us(known.qualified_at),
        is_over=known.is_over,
    )
    return (told,)


def _handed_over(lead: Lead) -> HandedOver | None:
    """It is over once sales has given the lead back, or something but a merge has closed it.

    Of former cycles no qualification is remembered: there the hand-over stands for it.
    """
    at, former = lead.with_sales_since, lead.former_hand_overs
    if at is None or not lead.agreement:
        return None
    qualified_at = former[min(former)] if former else lead.qualified_at
    is_over = lead.handed_over_at is None or any(how != "merged" for how in lead.lasting)
    return HandedOver(at, lead.agreement, lead.owner, lead.accepted_at, qualified_at, is_over)


def turn_of(conversion: Conversion) -> SharedTurn:
    """A conversion as it is told."""
    return SharedTurn(
        how="converted",
        at=from_us(conversion.at),
        id=conversion.id,
        account=conversion.account,
        contact=conversion.contact,
        opportunity=conversion.opportunity,
        group=conversion.group or None,
    )


def put_aside_by_sales(lead: Lead, at: int) -> bool:
    """Whether a lead was put aside at an instant because sales rejected it, and not by silence or by its profile.

    Those two the lead that counts for it judges by itself, and a status is told as one.
    """
    return any(each.how == "rejected" and each.at == at for each in lead.closings)


def live(part: Part, fact: LeadHistoryShared) -> None:
    """Take in what a piece tells of a life."""
    for told in fact.statuses:
        entry = StatusEntry(to_us(told.at), told.source, told.id, told.status)
        if entry in part.statuses:
            continue
        part.statuses = sorted([*part.statuses, entry])
        if part.statuses[-1] is entry:
            part.reason = told.reason or ""
    for turn in fact.turns:
        add(part.closings, Closing(to_us(turn.at), turn.how))
        if turn.how == "converted":
            part.conversions.append(
                Conversion(
                    to_us(turn.at), turn.id or "", turn.group or "", turn.account, turn.contact, turn.opportunity
                )
            )
            part.conversions.sort(key=_order)
    for known in fact.handed_over:
        part.handed_over = HandedOver(
            to_us(known.at),
            known.agreement,
            known.owner,
            us_or_none(known.accepted_at),
            us_or_none(known.qualified_at),
            known.is_over,
        )


def _told(of: Lead | Part, closing: Closing) -> Turn | None:
    """What is told of a closing; None of what ends a cycle alone, and of what the other lead judges by itself."""
    how: How = closing.how
    match how:
        case "converted" | "unconverted" | "reopened":
            return how
        case "archived":
            return how if isinstance(of, Part) or put_aside_by_sales(of, closing.at) else None
        case "erased" | "merged" | "recycled" | "rejected" | "unmerged":
            return None
        case _:
            assert_never(how)


def _last_reason(of: Lead | Part) -> str:
    """Why it entered its last status, as far as that is remembered: what it waits for."""
    if isinstance(of, Part):
        return of.reason
    waiting = of.waiting
    return waiting.reason if waiting is not None and waiting.status == of.statuses[-1].status else ""


def _order(conversion: Conversion) -> tuple[int, str]:
    return conversion.at, conversion.id
