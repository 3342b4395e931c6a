"""What is asked of a lead at every fact, answered at once where no other lead counts for it.

The properties of `Lead` say the same of every lead. They stand beside a struct, so they are never compiled, and most
leads are by themselves.
"""

from collections.abc import Sequence

from streams.deciders.lead.closings import Closing
from streams.deciders.lead.entries import StatusEntry, Waiting
from streams.deciders.lead.state import Lead


def last_at(lead: Lead) -> int:
    """The greatest instant of anything that happened to the lead, microseconds."""
    closings = lead.closings
    return max(lead.latest_at, closings[-1].at) if closings else lead.latest_at


def statuses_of(lead: Lead) -> Sequence[StatusEntry]:
    """All statuses entered, in order."""
    person = lead.person
    return lead.statuses if person is None or not person.parts else lead.all_statuses


def closings_of(lead: Lead) -> Sequence[Closing]:
    """What closed and opened it, in order."""
    person = lead.person
    return lead.closings if person is None or not person.parts else lead.all_closings


def warmed_for(lead: Lead) -> Waiting | None:
    """What it waits for."""
    person = lead.person
    return lead.waiting if person is None or not person.parts else lead.warmed_for
