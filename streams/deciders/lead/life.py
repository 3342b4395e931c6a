"""What entering a status means: conversion, archive, warming, or nothing but the status itself."""

from collections.abc import Sequence
from typing import cast

from events.envelope import Envelope
from events.fact import Fact
from events.lead import LeadArchived, LeadConverted, LeadStatusChanged
from streams.deciders.lead import nurture
from streams.deciders.lead.alone import last_at, warmed_for
from streams.deciders.lead.closings import is_told
from streams.deciders.lead.engagement import score_now
from streams.deciders.lead.given import Given, Live, Told
from streams.deciders.lead.state import Lead


def on_status(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """A status that means converted is a conversion, one that means archived puts the lead aside; once each."""
    fact = cast("LeadStatusChanged", envelope.data)
    answer = _entered(live, fact.status, at, given)
    return nurture.on_status(live, envelope, given) if answer is None else (answer,)


def on_captured(live: Live, _envelope: Envelope, _at: int, given: Given) -> Sequence[Told]:
    """Statuses told before the capture mean something only now that the agreement is known."""
    told: dict[type[Fact], Told] = {}
    for entry in live.lead.statuses:
        answer = _entered(live, entry.status, entry.at, given)
        if answer is not None:
            told.setdefault(type(answer.fact), answer)
    return tuple(told.values()) or nurture.on_captured(live, given)


def _entered(live: Live, status: str, at: int, given: Given) -> Told | None:
    agreement = given.agreement(live, at) or given.agreement(live)
    means = None if agreement is None else agreement.statuses.get(status)
    if means == "converted" and not is_told(live.lead.closings, "converted", at):
        return Told(LeadConverted(status=status), at)
    if means == "archived" and not is_told(live.lead.closings, "archived", at):
        return Told(LeadArchived(reason=status), at)
    return None


def on_known(live: Live, _envelope: Envelope, _at: int, given: Given) -> Sequence[Told]:
    """Who they are, or what they did, may open the lead again, or put it outside what the company looks for."""
    lead, agreement = live.lead, given.agreement(live)
    if warmed_for(lead) is not None and (changed := nurture.reopened(live, given) or nurture.permitted(live, given)):
        return changed
    if agreement is None or agreement.archiving is None or lead.captured_at is None or lead.closed:
        return ()
    unwanted = agreement.archiving.when
    if unwanted is None or not unwanted(lead.profile, score_now(live, agreement, given.at)):
        return ()
    return (Told(LeadArchived(reason=NOT_IN_PROFILE), last_at(lead)),)


def archive_due(lead: Lead, untouched_for: int | None) -> int | None:
    """When an untouched lead is put aside; None when never, or when it is settled already.

    Args:
        lead: the lead.
        untouched_for: the agreement's patience in microseconds.
    """
    if untouched_for is None or lead.captured_at is None or lead.closed:
        return None
    return max(last_at(lead), lead.captured_at) + untouched_for


NOT_IN_PROFILE = "not_in_profile"
"""Reason of an archive by profile or score."""
