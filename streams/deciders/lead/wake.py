"""What a lead says when time passes: warnings, breaches, a grade that decays, an archive by silence."""

from collections.abc import Callable, Sequence

from events.envelope import Envelope
from events.ids import derived_id
from events.lead import LeadArchived
from streams.agreement.compiled import Agreement
from streams.deciders.lead import engagement, life, overdue, qualification, work
from streams.deciders.lead.cascade import answered
from streams.deciders.lead.evolve_life import UNTOUCHED
from streams.deciders.lead.given import Given, Live, Told


def next_wake(live: Live, given: Given) -> int | None:
    """The earliest instant at which the lead has something to say by itself, or a bound below it; None when never."""
    return _next(live, given, engagement.next_crossing)


def latest_wake(live: Live, given: Given) -> int | None:
    """That instant exactly, which costs more to find: whoever wakes the lead later is late."""
    return _next(live, given, engagement.latest_crossing)


def _next(live: Live, given: Given, crossing_of: Callable[[Live, Agreement, int], int | None]) -> int | None:
    agreement, lead = given.agreement(live), live.lead
    wake = overdue.next_due(lead, given) if lead.clocks else None
    if lead.tasks:
        reminder = work.next_reminder(lead)
        if reminder is not None and (wake is None or reminder < wake):
            wake = reminder
    if agreement is None:
        return wake
    crossing = crossing_of(live, agreement, given.at)
    if crossing is not None and (wake is None or crossing < wake):
        wake = crossing
    if agreement.archiving is not None:
        archive = life.archive_due(lead, agreement.archiving.untouched_us)
        if archive is not None and (wake is None or archive < wake):
            wake = archive
    return wake


def wake(live: Live, due: int, given: Given) -> list[Envelope]:
    """The canonical facts that the passing of `due` brings about; the lead is changed accordingly.

    An archiving, and a lead that is given back, come first: what ends a clock at its due instant ends it in time.
    """
    told: list[Envelope] = []
    cause, ordinal = "", 0
    for part in (_archived, engagement.on_deadline, qualification.on_deadline, overdue.on_deadline, work.on_deadline):
        for answer in part(live, due, given):
            cause = cause or derived_id(given.subject, "deadline", str(due))
            ordinal += 1
            told += answered(live, answer, cause, ordinal, given)
    return told


def move(live: Live, at: int, given: Given) -> list[Envelope]:
    """The canonical facts that follow when a version of the agreement takes effect at `at`."""
    told: list[Envelope] = []
    ordinal = 0
    for part in (engagement.on_version, qualification.on_version):
        for answer in part(live, at, given):
            told += answered(live, answer, derived_id(given.subject, "version", str(at)), ordinal, given)
            ordinal += 1
    return told


def untouched_for(agreement: Agreement | None) -> int | None:
    """How long the agreement waits before it puts a silent lead aside, in microseconds."""
    return agreement.archiving.untouched_us if agreement and agreement.archiving else None


def _archived(live: Live, due: int, given: Given) -> Sequence[Told]:
    archive_at = life.archive_due(live.lead, untouched_for(given.agreement(live)))
    if archive_at is None or archive_at > due:
        return ()
    return (Told(LeadArchived(reason=UNTOUCHED), archive_at),)
