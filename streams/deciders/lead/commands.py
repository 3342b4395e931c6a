"""Deciding one command about a lead: what follows, or why it is refused; the same answer however often it comes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from events.agreement import CommandAnswered
from events.commands import HandOverLead, ReassignLead
from events.envelope import Envelope
from events.fact import Fact
from streams.deciders.lead import ownership, reassigning
from streams.deciders.lead.cascade import commanded
from streams.deciders.lead.evolve import fingerprint
from streams.deciders.lead.given import Given, Live, Refusal, Told
from streams.deciders.lead.state import Answered

Command = Callable[[Live, Any, int, Given], Sequence[Told] | Refusal]
"""Given the lead, the command, its occurred_at in microseconds and the circumstances: facts, or why not."""

COMMANDS: Mapping[type[Fact], Command] = {
    HandOverLead: ownership.hand_over,
    ReassignLead: reassigning.reassign,
}
"""Who decides each command."""

REMEMBERED = 256
"""How many answers a lead keeps besides those that it keeps for ever."""

UNKNOWN_LEAD = "unknown lead"
"""Why a command about nobody is refused; nothing is kept of that."""

FOR_EVER: frozenset[type[Fact]] = frozenset()
"""Commands whose answer is never forgotten, because what they do must not be done twice in years."""


class Decided(NamedTuple):
    """What a command leads to.

    Attributes:
        told: canonical facts in order; empty when refused, or answered before.
        answer: what the sender is told.
    """

    told: list[Envelope]
    answer: CommandAnswered


def decide_command(live: Live, envelope: Envelope, at: int, given: Given) -> Decided:
    """Answer a command; the lead is changed accordingly.

    Args:
        live: the lead; it is changed.
        envelope: the command.
        at: its occurred_at, microseconds.
        given: the circumstances.
    """
    mark = fingerprint(envelope.source, envelope.id, given.secret)
    before = next((kept for kept in live.lead.answers if kept.mark == mark), None)
    if before is not None:
        return Decided([], _told(envelope.id, before))
    kind = type(envelope.data)
    found: Sequence[Told] | Refusal
    if live.lead.sequence == 0:
        found = Refusal(UNKNOWN_LEAD, (f"nothing is known of lead {given.subject!r}",))
    else:
        found = COMMANDS[kind](live, envelope.data, at, given)
    if isinstance(found, Refusal):
        told, answered = [], Answered(mark, accepted=False, reason=found.reason, missing=found.missing)
    else:
        told = commanded(live, envelope, found, given)
        answered = Answered(mark, accepted=True, facts=tuple(each.id for each in told), kept=kind in FOR_EVER)
    _remember(live, answered)
    return Decided(told, _told(envelope.id, answered))


def _remember(live: Live, answered: Answered) -> None:
    answers = live.lead.answers
    answers.append(answered)
    passing = [kept for kept in answers if not kept.kept]
    if len(passing) > REMEMBERED:
        answers.remove(passing[0])


def _told(command_id: str, answered: Answered) -> CommandAnswered:
    return CommandAnswered(
        command=command_id,
        accepted=answered.accepted,
        facts=answered.facts,
        reason=answered.reason,
        missing=answered.missing,
    )
