"""How the facts of a lead's life change it: closed, given back, warmed, opened again, converted, worked on."""

from collections.abc import Callable, Mapping
from typing import cast

from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.instants import us_or_none
from events.lead import LeadArchived, LeadConverted, LeadStatusChanged
from events.life import (
    LeadAccepted,
    LeadBounced,
    LeadRecycled,
    LeadRejected,
    LeadReopened,
    LeadUnconverted,
    NurtureRequested,
    NurtureWithheld,
)
from events.work import TaskCreated, TaskDone, TaskReminderDue
from streams.deciders.lead.closings import LASTING, Closing, How, add
from streams.deciders.lead.entries import Conversion, ProfileValue, Waiting, Work
from streams.deciders.lead.lives import lives
from streams.deciders.lead.reaching import bounced
from streams.deciders.lead.state import Lead

Change = Callable[[Lead, Envelope, int], None]
"""Changes a lead by a fact that happened at an instant, in microseconds."""

UNTOUCHED = "untouched"
"""Reason of an archive by silence."""


def catch_up(waiting: Waiting, lead: Lead, profile: Mapping[str, ProfileValue], at: int) -> None:
    """What was told late, and held before the lead began to wait, is no change that it waits for."""
    if at <= waiting.at:
        for name in profile.keys() & waiting.held.keys():
            if lead.profile_at.get(name) == at:
                waiting.held[name] = profile[name]


def enter(lead: Lead, fact: LeadStatusChanged, at: int) -> None:
    """The lead entered a status, and none later: it waits no more for what another one asked for."""
    if lead.waiting is not None and lead.waiting.status != fact.status:
        lead.waiting = None
    if lead.captured_at is None and fact.reason:
        lead.waiting = Waiting(at, "", fact.reason, fact.status, {})


def _closed(lead: Lead, how: How, at: int) -> None:
    add(lead.closings, Closing(at, how, 0 if how in LASTING else lead.cycle))


def _archived(lead: Lead, envelope: Envelope, at: int) -> None:
    _closed(lead, "archived", at)
    if cast("LeadArchived", envelope.data).reason != UNTOUCHED:  # who is silent may still come back
        lead.waiting = None


def _converted(lead: Lead, envelope: Envelope, at: int) -> None:
    fact = cast("LeadConverted", envelope.data)
    _closed(lead, "converted", at)
    lead.waiting = None
    lead.conversions.append(Conversion(at, envelope.id, fact.group or "", fact.account, fact.contact, fact.opportunity))


def _unconverted(lead: Lead, _: Envelope, at: int) -> None:
    _closed(lead, "unconverted", at)


def _accepted(lead: Lead, envelope: Envelope, at: int) -> None:
    lead.accepted_at = at
    lead.acceptances[cast("LeadAccepted", envelope.data).cycle] = at


def _rejected(lead: Lead, _: Envelope, at: int) -> None:
    _closed(lead, "rejected", at)
    _end_cycle(lead)


def _recycled(lead: Lead, _: Envelope, at: int) -> None:
    _closed(lead, "recycled", at)
    _end_cycle(lead)


def _reopened(lead: Lead, _: Envelope, at: int) -> None:
    _closed(lead, "reopened", at)
    lead.waiting = None
    for _name, part in lives(lead.person):
        part.waiting = None
    _end_cycle(lead)


def _end_cycle(lead: Lead) -> None:
    if lead.handed_over_at is not None:
        lead.former_hand_overs[lead.cycle] = lead.handed_over_at
    lead.qualified_at = lead.handed_over_at = lead.accepted_at = lead.carried = None


def _nurture_requested(lead: Lead, envelope: Envelope, at: int) -> None:
    _wait(lead, cast("NurtureRequested", envelope.data), at, "")


def _nurture_withheld(lead: Lead, envelope: Envelope, at: int) -> None:
    fact = cast("NurtureWithheld", envelope.data)
    _wait(lead, fact, at, fact.why)


def _wait(lead: Lead, fact: NurtureRequested | NurtureWithheld, at: int, why: str) -> None:
    """The lead waits, or goes on to wait: a program that must leave it alone for a while changes nothing in that."""
    waiting = _waiting(lead, fact.of)
    if fact.since is not None and waiting is not None:
        _warm(lead, fact.of, replace(waiting, withheld=why))
        return
    known, since = lead.profile, lead.profile_at
    held = {name: known.get(name) if since.get(name, at) <= at else None for name in fact.awaits}
    _warm(lead, fact.of, Waiting(at, fact.program, fact.reason, fact.status or "", held, why))


def _waiting(lead: Lead, of: str | None) -> Waiting | None:
    if of is None:
        return lead.waiting
    part = None if lead.person is None else lead.person.parts.get(of)
    return None if part is None else part.waiting


def _warm(lead: Lead, of: str | None, waiting: Waiting) -> None:
    """It waits by itself, or because of a lead that was merged into it, which takes that along when it leaves."""
    if of is None:
        lead.waiting = waiting
    elif lead.person is not None and of in lead.person.parts:
        lead.person.parts[of].waiting = waiting


def _task_created(lead: Lead, envelope: Envelope, at: int) -> None:
    fact = cast("TaskCreated", envelope.data)
    work = lead.tasks.setdefault(fact.task, Work())
    if at < work.told_at:
        return
    remind_at = us_or_none(fact.remind_at)
    if work.reminded and work.remind_at != remind_at:
        work.reminded, work.moved = False, work.moved + 1
    work.told_at, work.title, work.owner = at, fact.title, fact.owner
    work.due, work.remind_at = us_or_none(fact.due), remind_at


def _task_done(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    lead.tasks.setdefault(cast("TaskDone", envelope.data).task, Work()).done = True


def _reminded(lead: Lead, envelope: Envelope, at: int) -> None:
    del at
    lead.tasks[cast("TaskReminderDue", envelope.data).task].reminded = True


LIFE: dict[type[Fact], Change] = {
    LeadArchived: _archived,
    LeadConverted: _converted,
    LeadUnconverted: _unconverted,
    LeadAccepted: _accepted,
    LeadRejected: _rejected,
    LeadRecycled: _recycled,
    LeadReopened: _reopened,
    NurtureRequested: _nurture_requested,
    NurtureWithheld: _nurture_withheld,
    LeadBounced: bounced,
    TaskCreated: _task_created,
    TaskDone: _task_done,
    TaskReminderDue: _reminded,
}
