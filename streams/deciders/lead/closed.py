"""Whether a lead was closed at an instant, and what ended its clocks, by status and by all else that closes it.

Where a status and something else fall on one instant, the status comes first: a lead that is opened again is open
whatever its status said until then.
"""

from collections.abc import Sequence

from streams.agreement.compiled import Agreement
from streams.deciders.lead.alone import closings_of, statuses_of
from streams.deciders.lead.closings import LASTING, UNDONE_BY, Closing, How, lasting
from streams.deciders.lead.entries import StatusEntry
from streams.deciders.lead.given import is_closed
from streams.deciders.lead.lives import converted_as
from streams.deciders.lead.state import Lead


def closed_at(lead: Lead, agreement: Agreement, at: int) -> str | None:
    """Why the lead was closed just before an instant, and still is at it; None when it was open or is opened then.

    A lead may well be opened and qualified at one instant: a qualification happens at the latest instant known, and
    what brings it about may be a late fact, or one of the same instant.
    """
    closings, statuses = closings_of(lead), statuses_of(lead)
    if not closings and not statuses:
        return None
    passed = [each for each in closings if each.at < at or (each.at == at and each.how in UNDONE_BY)]
    found = lasting(passed) if passed else None
    return found[0] if found else _closing_status(statuses, agreement, at, passed)


def is_open(lead: Lead, agreement: Agreement) -> bool:
    """Whether somebody has to act on the lead, after all that is known."""
    closings, statuses = closings_of(lead), statuses_of(lead)
    if closings:
        return not lasting(closings) and _closing_status(statuses, agreement, None, closings) is None
    return not (statuses and is_closed(agreement, statuses[-1].status))


def why_closed(lead: Lead, how: How | None = None) -> str:
    """What closes the lead besides its status, in words; the longest-standing unless another one is named."""
    how = how or lead.lasting[0]
    into = None if lead.person is None else lead.person.into
    if how == "merged":
        return f"it is merged into {into!r}, which counts for it"
    if how != "converted" or how in lasting(lead.closings) or (by := converted_as(lead.person)) is None:
        return f"it is {how}"
    return f"it is {how} as lead {by!r}, which was merged into it"


def closing_status(lead: Lead, agreement: Agreement) -> str | None:
    """The status that closes the lead after all that is known."""
    return _closing_status(statuses_of(lead), agreement, None, closings_of(lead))


def _closing_status(
    statuses: Sequence[StatusEntry], agreement: Agreement, at: int | None, passed: Sequence[Closing]
) -> str | None:
    """The status that closes the lead at an instant, or in the end, if nothing opened it since."""
    last = None
    for entry in statuses:
        if at is None or entry.at < at or (entry.at == at and not is_closed(agreement, entry.status)):
            last = entry
    if last is None or not is_closed(agreement, last.status):
        return None
    converted = agreement.statuses.get(last.status) == "converted"
    opened = any(
        each.at >= last.at and (each.how == "reopened" or (converted and each.how == "unconverted")) for each in passed
    )
    return None if opened else last.status


def began_after(lead: Lead, cycle: int) -> int | None:
    """When the lead was last given back or opened before a cycle; what happened until then belongs to former ones."""
    count, at = _began(lead, cycle)
    return at if count else None


def _began(lead: Lead, cycle: int) -> tuple[int, int]:
    """How many of the closings belong to former cycles, and when the last of them happened."""
    count, at = 0, -1
    for index, each in enumerate(lead.closings):
        if each.how not in LASTING and each.cycle < cycle:
            count, at = index + 1, each.at
    return count, at


def ends(lead: Lead, agreement: Agreement, start: int, cycle: int) -> list[tuple[int, str]]:
    """When and why a clock that started at `start` had to end, in order of time; the first one ends it.

    `cycle` is the lead's cycle that the clock belongs to, 0 of a clock that a capture started.

    What happened before the lead was given back or opened for that cycle is no concern of its clocks, even if all of
    it fell on one instant.
    """
    statuses = statuses_of(lead)
    if not closings_of(lead) and not statuses:
        return []
    closed_before = closed_at(lead, agreement, start)
    found = [] if closed_before is None else [(start, closed_before)]
    since, opened_at = _began(lead, cycle)
    found += [(entry.at, entry.status) for entry in statuses
              if entry.at >= start and entry.at > opened_at and is_closed(agreement, entry.status)]  # fmt: skip
    closings = lead.closings_from(since)
    found += [(each.at, each.how) for each in closings if each.at >= start and each.how not in UNDONE_BY]
    found.sort(key=lambda entry: entry[0])
    return found
