"""Deciding one command about a lead: what follows, or why it is refused; the same answer however often it comes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from events.commands import (
    AcceptLead,
    ConvertLead,
    HandOverLead,
    MergeLead,
    ReassignLead,
    RecycleLead,
    RejectLead,
    UnconvertLead,
    UnmergeLead,
)
from events.envelope import Envelope
from events.fact import Fact
from events.ids import fingerprint
from events.registry import WIRE_TYPE
from events.sources import OWN_SOURCE
from streams.deciders.lead import conversion, handing_back, identity, ownership, reassigning
from streams.deciders.lead.cascade import commanded
from streams.deciders.lead.entries import Answered
from streams.deciders.lead.given import Before, Given, Live, Refusal, Told
from streams.deciders.lead.state import Lead
from streams.deciders.told import Decided, answer_to

Command = Callable[[Live, Any, int, Given], Sequence[Told] | Refusal | Before]
"""Given the lead, the command, its occurred_at in microseconds and the circumstances: facts, or why not."""

COMMANDS: Mapping[type[Fact], Command] = {
    HandOverLead: ownership.hand_over,
    ReassignLead: reassigning.reassign,
    AcceptLead: handing_back.accept,
    RejectLead: handing_back.reject,
    RecycleLead: handing_back.recycle,
    ConvertLead: conversion.convert,
    UnconvertLead: conversion.unconvert,
    MergeLead: identity.merge,
    UnmergeLead: identity.unmerge,
}
"""Who decides each command."""

REMEMBERED = 256
"""How many answers a lead keeps besides those that it keeps for ever."""

TOO_LARGE = "lead too large"
"""Why a command about a lead is refused that has no room for what would follow; nothing is kept of that."""

UNKNOWN_LEAD = "unknown lead"
"""Why a command about nobody is refused; nothing is kept of that."""

FOR_EVER: Mapping[type[Fact], Callable[[Lead, Any], str] | None] = {
    ConvertLead: conversion.once,
    MergeLead: None,
    UnmergeLead: identity.unmerged_once,
}
"""Commands that do what must not be done twice in years, and the name of what they do.

Once such a command is accepted, its answer is never forgotten, and any other one that would do the same gets it too.
What has no name is done anew by another command: two leads may be merged again after they were taken apart, or once
somebody has heard of the other one; where they are one already nothing follows.
"""


def decide_command(live: Live, envelope: Envelope, at: int, given: Given, *, has_room: bool = True) -> Decided:
    """Answer a command; the lead is changed accordingly.

    Args:
        live: the lead; it is changed.
        envelope: the command.
        at: its occurred_at, microseconds.
        given: the circumstances.
        has_room: the lead can still grow by what would follow.
    """
    kind = type(envelope.data)
    mark = fingerprint(envelope.source, envelope.id, given.secret)
    done, name_of = mark, FOR_EVER.get(kind)
    if name_of is not None:
        done = fingerprint(f"{OWN_SOURCE}/{WIRE_TYPE[kind]}", name_of(live.lead, envelope.data), given.secret)
    before = next((kept for kept in live.lead.answers if kept.mark in (mark, done)), None)
    if before is not None:
        if before.mark != mark and has_room:
            _remember(live, replace(before, mark=mark))
        return Decided([], answer_to(envelope.id, before))
    if not has_room:
        missing = ("its history is as long as it may be; look for a sender that repeats itself",)
        return Decided([], answer_to(envelope.id, Answered(mark, accepted=False, reason=TOO_LARGE, missing=missing)))
    found: Sequence[Told] | Refusal | Before
    if live.lead.sequence == 0:
        found = Refusal(UNKNOWN_LEAD, (f"nothing is known of lead {given.subject!r}",))
    else:
        found = COMMANDS[kind](live, envelope.data, at, given)
    if isinstance(found, Refusal):
        answered = Answered(mark, accepted=False, reason=found.reason, missing=found.missing)
        _remember(live, answered)
        return Decided([], answer_to(envelope.id, answered))
    told = [] if isinstance(found, Before) else commanded(live, envelope, found, given)
    facts = found.facts if isinstance(found, Before) else tuple(each.id for each in told)
    answered = Answered(mark, accepted=True, facts=facts, kept=kind in FOR_EVER)
    _remember(live, answered)
    if done != mark and not (isinstance(found, Before) and found.lent):
        _remember(live, replace(answered, mark=done))
    return Decided(told, answer_to(envelope.id, answered))


def _remember(live: Live, answered: Answered) -> None:
    answers = live.lead.answers
    answers.append(answered)
    passing = [kept for kept in answers if not kept.kept]
    if len(passing) > REMEMBERED:
        answers.remove(passing[0])
