"""What one sees who watches the canonical log: scores that move, clocks that run, breaches and their retractions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from msgspec import UNSET

from events.envelope import Envelope
from events.instants import to_us, us_or_none
from events.lead import LeadCaptured, LeadScored
from events.sla import (
    SlaBreached,
    SlaBreachRetracted,
    SlaCancelled,
    SlaFact,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRevised,
    SlaStarted,
)

MOST = 40
"""Entries kept of each list: more than any terminal shows."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Move:
    """A score moved.

    Attributes:
        lead: whose.
        score: whole points now.
        was: whole points before; None for the first score.
        grade: such as `A2`.
        cause: captured, touch, profile, decay or agreement.
        at: when it became known, microseconds.
    """

    lead: str
    score: int
    was: int | None
    grade: str
    cause: str
    at: int


@dataclass(frozen=True, slots=True)
class Running:
    """An open clock; instants in microseconds."""

    lead: str
    clause: str
    start: int
    due: int


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that was broken; instants in microseconds."""

    lead: str
    clause: str
    due: int


@dataclass(frozen=True, slots=True)
class Retraction:
    """A breach that a late fact took back; instants in microseconds.

    Attributes:
        lead: whose clock.
        clause: which promise.
        due: the due whose breach fell.
        answered_at: when the answer really came; None when something else took the breach back.
        told_at: when leadstream heard of it.
    """

    lead: str
    clause: str
    due: int
    answered_at: int | None
    told_at: int


_ClockKey = tuple[str, str, str, int]


class Watch:
    """Folds canonical facts, the later ones of a lead after the earlier ones.

    Attributes:
        facts: how many were seen.
        leads: how many leads were captured.
        moves: scores that moved last, newest first.
        breaches: breaches that stand, newest first.
        retractions: newest first.
        clocks: open clocks that have a due.
    """

    def __init__(self) -> None:
        self.facts = self.leads = 0
        self.moves: list[Move] = []
        self.breaches: list[Breach] = []
        self.retractions: list[Retraction] = []
        self.clocks: dict[_ClockKey, Running] = {}
        self._stand_still: dict[_ClockKey, int] = {}
        self._scores: dict[str, int] = {}

    def see(self, envelope: Envelope) -> None:
        """Take one fact of `lead-events`."""
        self.facts += 1
        match envelope.data:
            case LeadCaptured():
                self.leads += 1
            case LeadScored() as fact:
                self._scored(fact, envelope)
            case SlaFact() as fact:
                self._clock(fact, envelope)
            case _:
                pass

    def _scored(self, fact: LeadScored, envelope: Envelope) -> None:
        lead, was = envelope.subject, self._scores.get(envelope.subject)
        self._scores[lead] = fact.score
        if fact.score != was:
            move = Move(lead, fact.score, was, fact.grade, fact.cause, _recorded(envelope))
            self.moves = _newest([*self.moves, move], lambda each: each.at)

    def _clock(self, fact: SlaFact, envelope: Envelope) -> None:
        key = (envelope.subject, fact.agreement, fact.clause, fact.cycle)
        match fact:
            case SlaStarted():
                self._run(key, to_us(envelope.time), fact)
            case SlaPaused():
                self._run_again(key, "open", fact)
            case SlaResumed():
                self._run(key, self._stand_still.pop(key, to_us(envelope.time)), fact)
            case SlaBreached(due=due) if due is not None:
                self.clocks.pop(key, None)
                breach = Breach(envelope.subject, fact.clause, to_us(due))
                self.breaches = _newest([*self.breaches, breach], lambda each: each.due)
            case SlaBreachRetracted():
                self._taken_back(fact, envelope)
                self._run_again(key, fact.now, fact)
            case SlaRevised():
                self._run_again(key, fact.now, fact)
            case SlaMet() | SlaCancelled():
                self.clocks.pop(key, None)
                self._stand_still.pop(key, None)
            case _:
                pass

    def _run(self, key: _ClockKey, start: int, fact: SlaFact) -> None:
        if fact.due is None:
            self._stand_still[key] = start
        else:
            self.clocks[key] = Running(key[0], fact.clause, start, to_us(fact.due))

    def _run_again(self, key: _ClockKey, verdict: str, fact: SlaFact) -> None:
        known = self.clocks.pop(key, None)
        start = self._stand_still.pop(key, None) if known is None else known.start
        if verdict == "open" and start is not None:
            self._run(key, start, fact)

    def _taken_back(self, fact: SlaBreachRetracted, envelope: Envelope) -> None:
        due = fact.was_due or fact.due
        if due is None:
            return
        lead, at = envelope.subject, to_us(due)
        answered = us_or_none(fact.answered_at)
        retraction = Retraction(lead, fact.clause, at, answered, _recorded(envelope))
        self.retractions = _newest([*self.retractions, retraction], lambda each: each.told_at)
        self.breaches = [each for each in self.breaches if each != Breach(lead, fact.clause, at)]


def _recorded(envelope: Envelope) -> int:
    return to_us(envelope.time if envelope.recordedat is UNSET else envelope.recordedat)


def _newest(entries: list[_T], at: Callable[[_T], int]) -> list[_T]:
    """The latest ones, newest first: partitions are read one after the other, and so not in order of time."""
    return sorted(entries, key=at, reverse=True)[:MOST]


def soonest(watch: Watch) -> tuple[Running, ...]:
    """The open clocks that run out first, no more than a terminal shows."""
    return tuple(sorted(watch.clocks.values(), key=lambda clock: (clock.due, clock.lead))[:MOST])
