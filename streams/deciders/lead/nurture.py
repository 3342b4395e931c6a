"""The nurture path: who lacks need, authority or budget is warmed without a rep, and opens again by itself."""

from collections.abc import Sequence
from typing import cast

from msgspec import structs

from events.envelope import Envelope
from events.instants import from_us
from events.lead import LeadArchived, LeadStatusChanged
from events.life import LeadRecycled, LeadRejected, LeadReopened, NurtureRequested, NurtureWithheld
from streams.agreement.compiled import Agreement
from streams.agreement.records import Nurture
from streams.deciders.lead.alone import last_at, statuses_of, warmed_for
from streams.deciders.lead.closed import is_open
from streams.deciders.lead.engagement import standing_of
from streams.deciders.lead.entries import Waiting
from streams.deciders.lead.given import Given, Live, Told
from streams.deciders.lead.lives import said_last
from streams.deciders.lead.reaching import withheld
from streams.deciders.lead.state import Lead


def on_captured(live: Live, given: Given) -> Sequence[Told]:
    """What the status entered last asks for, now that the agreement is known."""
    waiting = live.lead.waiting
    return entered(live, "" if waiting is None else waiting.reason, given)


def entered(live: Live, reason: str, given: Given, *, of: str | None = None) -> Sequence[Told]:
    """What the status entered last asks for, by its reason or by itself: to be put aside, or to be warmed.

    `of` is the merged lead that entered it: that one was put aside by itself.
    """
    lead, agreement = live.lead, given.agreement(live)
    statuses = statuses_of(lead)
    if agreement is None or not statuses or lead.closed:
        return ()
    entry, nurture = statuses[-1], agreement.nurture
    unqualified = agreement.statuses.get(entry.status) == "unqualified"
    if unqualified and reason in nurture.archive_reasons:
        return (Told(LeadArchived(reason=reason), entry.at),) if of is None else ()
    program = agreement.request_nurture.get(entry.status)
    reason = reason if unqualified and reason in nurture.reasons else ""
    if program is None and not reason:
        return ()
    program = program or nurture.program
    waiting = warmed_for(lead)
    if waiting is not None and (waiting.program, waiting.reason, waiting.status) == (program, reason, entry.status):
        return ()  # told again, asked once
    asked = NurtureRequested(program=program, reason=reason, status=entry.status, awaits=nurture.awaits(reason), of=of)
    return (Told(_allowed(lead, nurture, asked), entry.at),)


def _allowed(lead: Lead, nurture: Nurture, asked: NurtureRequested) -> NurtureRequested | NurtureWithheld:
    """What is asked of a program, or that it must leave the lead alone."""
    why = withheld(lead, nurture, asked.program)
    return NurtureWithheld(why=why, **structs.asdict(asked)) if why else asked


def permitted(live: Live, given: Given) -> Sequence[Told]:
    """A program that may warm a lead no more is told so, and so is one that may again.

    Who is closed by more than silence is to be left alone no less, but is not to be warmed again.
    """
    lead, agreement = live.lead, given.agreement(live)
    waiting = warmed_for(lead)
    if agreement is None or waiting is None or not waiting.program or is_open(lead, agreement):
        return ()
    why = withheld(lead, agreement.nurture, waiting.program)
    if bool(why) == bool(waiting.withheld) or (not why and _is_settled(lead)):
        return ()
    said = said_last(statuses_of(lead), lead.statuses, lead.person)
    asked = NurtureRequested(
        program=waiting.program,
        reason=waiting.reason,
        status=waiting.status or None,
        awaits=tuple(waiting.held),
        of=None if said is None else said[0],
        since=from_us(waiting.at),
    )
    return (Told(_allowed(lead, agreement.nurture, asked), max(waiting.at, last_at(lead))),)


def on_permission(live: Live, _envelope: Envelope, _at: int, given: Given) -> Sequence[Told]:
    """A consent was given or taken back, or an address turned out to be none."""
    return permitted(live, given)


def on_joined(live: Live, _envelope: Envelope, _at: int, given: Given) -> Sequence[Told]:
    """The last status is that of a merged lead: what it asks for is asked for the lead that counts."""
    lead = live.lead
    statuses = statuses_of(lead)
    said = said_last(statuses, lead.statuses, lead.person)
    if said is None or any(each.how == "reopened" and each.at >= statuses[-1].at for each in lead.closings):
        return ()
    return entered(live, said[1].reason, given, of=said[0])


def on_status(live: Live, envelope: Envelope, given: Given) -> Sequence[Told]:
    """A status was entered; one that was left before it became known asks for nothing any more."""
    last = statuses_of(live.lead)[-1]
    if (last.source, last.id) != (envelope.source, envelope.id):
        return ()
    return entered(live, cast("LeadStatusChanged", envelope.data).reason or "", given)


def on_rejected(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """What becomes of a rejected lead: the status that its reason belongs to, or back to marketing."""
    fact = cast("LeadRejected", envelope.data)
    back = Told(LeadRecycled(reason=fact.reason, by=fact.by, cycle=fact.cycle), at)
    agreement = given.agreement(live)
    if agreement is None:
        return (back,)
    nurture = agreement.nurture
    status = nurture.status_for(fact.reason)
    if status is not None:
        return (Told(LeadStatusChanged(status=status, reason=fact.reason, by=fact.by), at),)
    if fact.reason in nurture.archive_reasons:
        return (Told(LeadArchived(reason=fact.reason), at),)
    if fact.reason in nurture.reasons:
        asked = NurtureRequested(program=nurture.program, reason=fact.reason, awaits=nurture.awaits(fact.reason))
        return (back, Told(_allowed(live.lead, nurture, asked), at))
    return (back,)


def on_requested(live: Live, _envelope: Envelope, _at: int, given: Given) -> Sequence[Told]:
    """What it waits for may have come already, when the request rests on something told late."""
    return reopened(live, given)


def reopened(live: Live, given: Given) -> Sequence[Told]:
    """Open a lead that waits, once the missing thing has changed."""
    lead, agreement = live.lead, given.agreement(live)
    waiting = warmed_for(lead)
    if agreement is None or waiting is None or not waiting.program or is_open(lead, agreement):
        return ()
    if _is_settled(lead):
        return ()
    reason = _changed(live, waiting, agreement)
    return () if reason is None else (Told(LeadReopened(reason=reason, cycle=lead.cycle), last_at(lead)),)


def _is_settled(lead: Lead) -> bool:
    """Whether something closes the lead that no change of what it lacks undoes."""
    return any(how != "archived" for how in lead.lasting)


def _changed(live: Live, waiting: Waiting, agreement: Agreement) -> str | None:
    """What has changed since the lead began to wait, in words."""
    profile = live.lead.profile
    for name, held in waiting.held.items():
        value = profile.get(name)
        if value not in (None, "") and value != held:
            return f"{name} changed" if held not in (None, "") else f"{name} is known now"
    if agreement.scorer is None:
        return None
    hits = standing_of(live, agreement, agreement.scorer).hits
    signals = agreement.scorer.signals(hit for hit in hits if hit.occurred_at > waiting.at)
    return f"buying signal: {signals[0]}" if signals else None
