"""What entering a status means: conversion, archive, or nothing but the status itself."""

from collections.abc import Iterator
from typing import cast

from events.envelope import Envelope
from events.fact import Fact
from events.lead import LeadArchived, LeadConverted, LeadStatusChanged
from streams.deciders.lead.engagement import score_now
from streams.deciders.lead.given import Given, Live, Told
from streams.deciders.lead.state import Lead


def on_status(live: Live, envelope: Envelope, at: int, given: Given) -> Iterator[Told]:
    """A status that means converted is a conversion, one that means archived puts the lead aside; once each."""
    fact = cast("LeadStatusChanged", envelope.data)
    yield from _entered(live, fact.status, at, given)


def on_captured(live: Live, envelope: Envelope, at: int, given: Given) -> Iterator[Told]:
    """Statuses told before the capture mean something only now that the agreement is known."""
    del envelope, at
    told: set[type[Fact]] = set()
    for entry in live.lead.statuses:
        for answer in _entered(live, entry.status, entry.at, given):
            if type(answer.fact) not in told:
                told.add(type(answer.fact))
                yield answer


def _entered(live: Live, status: str, at: int, given: Given) -> Iterator[Told]:
    agreement = given.agreement(live, at) or given.agreement(live)
    means = None if agreement is None else agreement.statuses.get(status)
    if means == "converted" and not live.lead.converted:
        yield Told(LeadConverted(status=status), at)
    elif means == "archived" and not live.lead.archived:
        yield Told(LeadArchived(reason=status), at)


def on_known(live: Live, envelope: Envelope, at: int, given: Given) -> Iterator[Told]:
    """Who they are, or what they did, may put them outside what the company looks for."""
    del envelope, at
    lead, agreement = live.lead, given.agreement(live)
    if agreement is None or agreement.archiving is None or lead.captured_at is None or lead.closings:
        return
    unwanted = agreement.archiving.when
    if unwanted is not None and unwanted(lead.profile, score_now(live, agreement, given.at)):
        yield Told(LeadArchived(reason=NOT_IN_PROFILE), lead.latest_at)


def archive_due(lead: Lead, untouched_for: int | None) -> int | None:
    """When an untouched lead is put aside; None when never, or when it is settled already.

    Args:
        lead: the lead.
        untouched_for: the agreement's patience in microseconds.
    """
    if untouched_for is None or lead.captured_at is None or lead.closings:
        return None
    return max(lead.latest_at, lead.captured_at) + untouched_for


NOT_IN_PROFILE = "not_in_profile"
"""Reason of an archive by profile or score."""

UNTOUCHED = "untouched"
"""Reason of an archive by silence."""
