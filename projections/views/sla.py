"""`sla`: verdicts of all clocks, per clause and agreement version.

Every started clock has exactly one verdict at any time: met, breached, cancelled, or open. A breach answered late
stays a breach; a verdict that a late fact changes moves the clock.
"""

from collections import defaultdict
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.lead import LeadCaptured
from events.sla import (
    SlaBreached,
    SlaBreachRetracted,
    SlaCancelled,
    SlaEscalated,
    SlaFact,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRevised,
    SlaStarted,
    Verdict,
)
from projections.views.clocks import find, put
from projections.views.merging import MERGING
from projections.views.view import PARTITION, Aggregate, Cells, Column, Counters, Handler, Kind


class Judged(Struct, frozen=True, gc=False, array_like=True):
    """A clock, the verdict that holds, how often a breach of it was taken back, and how it stands now."""

    agreement: str
    version: int
    clause: str
    cycle: int
    verdict: Verdict = "open"
    retracted: int = 0
    paused: bool = False
    escalated: bool = False


class Clocks(Struct, frozen=True, gc=False, array_like=True):
    """Base row: all clocks a lead ever had."""

    is_test: bool = False
    clocks: tuple[Judged, ...] = ()
    merged: bool = False


def _captured(row: Clocks, fact: LeadCaptured, _: Envelope) -> Clocks:
    return replace(row, is_test=True) if fact.is_test and not row.is_test else row


def _judge(row: Clocks, fact: SlaFact, verdict: Verdict, **fields: Any) -> Clocks:
    old = find(row.clocks, fact)
    clock = old or Judged(fact.agreement, fact.version, fact.clause, fact.cycle)
    clock = replace(clock, verdict=verdict, paused=verdict == "open" and fact.due is None, **fields)
    return replace(row, clocks=put(row.clocks, old, clock))


def _started(row: Clocks, fact: SlaStarted | SlaPaused | SlaResumed, _: Envelope) -> Clocks:
    return _judge(row, fact, "open")


def _met(row: Clocks, fact: SlaMet, _: Envelope) -> Clocks:
    return _judge(row, fact, "met")


def _breached(row: Clocks, fact: SlaBreached, _: Envelope) -> Clocks:
    return _judge(row, fact, "breached", escalated=False)


def _escalated(row: Clocks, fact: SlaEscalated, _: Envelope) -> Clocks:
    old = find(row.clocks, fact)
    return row if old is None or old.verdict != "breached" else _judge(row, fact, "breached", escalated=True)


def _cancelled(row: Clocks, fact: SlaCancelled, _: Envelope) -> Clocks:
    return _judge(row, fact, "cancelled")


def _revised(row: Clocks, fact: SlaRevised, _: Envelope) -> Clocks:
    return _judge(row, fact, fact.now, **({} if fact.was == fact.now == "breached" else {"escalated": False}))


def _retracted(row: Clocks, fact: SlaBreachRetracted, _: Envelope) -> Clocks:
    old = find(row.clocks, fact)
    return _judge(row, fact, fact.now, retracted=1 + (old.retracted if old else 0), escalated=False)


_ON: dict[type[Fact], Handler[Clocks]] = {
    LeadCaptured: _captured,
    SlaStarted: _started,
    SlaPaused: _started,
    SlaResumed: _started,
    SlaMet: _met,
    SlaBreached: _breached,
    SlaEscalated: _escalated,
    SlaCancelled: _cancelled,
    SlaRevised: _revised,
    SlaBreachRetracted: _retracted,
    **MERGING,
}

_ADDS: dict[Verdict, Counters] = {
    "met": (1, 1, 0, 0, 0),
    "breached": (1, 0, 1, 0, 0),
    "cancelled": (1, 0, 0, 1, 0),
    "open": (1, 0, 0, 0, 1),
}


def _contributions(row: Clocks) -> dict[Cells, Counters]:
    if row.is_test or row.merged:
        return {}
    if len(row.clocks) == 1:
        return {_group(clock): _added(clock) for clock in row.clocks}
    sums: defaultdict[Cells, Counters] = defaultdict(lambda: (0,) * 8)
    for clock in row.clocks:
        added = _added(clock)
        sums[_group(clock)] = tuple(a + b for a, b in zip(sums[_group(clock)], added, strict=True))
    return sums


def _added(clock: Judged) -> Counters:
    return *_ADDS[clock.verdict], clock.retracted, int(clock.paused), int(clock.escalated)


def _group(clock: Judged) -> Cells:
    return clock.agreement, clock.clause, clock.version


_FIGURES = (
    Column("agreement", Kind.TEXT, "name of the agreement"),
    Column("clause", Kind.TEXT, "name of the clause"),
    Column("version", Kind.INTEGER, "version of the agreement that the clocks keep to their end"),
    Column("started", Kind.INTEGER, "clocks started; the sum of the next four"),
    Column("met", Kind.INTEGER, "clocks answered in time"),
    Column("breached", Kind.INTEGER, "clocks not answered in time, later answers included"),
    Column("cancelled", Kind.INTEGER, "clocks ended without a verdict"),
    Column("open", Kind.INTEGER, "clocks still running or paused"),
    Column("retracted", Kind.INTEGER, "breaches taken back because a late fact showed there was none"),
    Column("paused", Kind.INTEGER, "those of the open clocks that stand still"),
    Column("escalated", Kind.INTEGER, "those of the breached clocks that reached a level of escalation"),
)

SLA = Aggregate(
    name="sla",
    version=3,
    meaning="Verdicts of all clocks per clause and agreement version; test and merged leads left out.",
    initial=Clocks(),
    on=_ON,
    columns=(PARTITION, *_FIGURES),
    key=4,
    answer=_FIGURES,
    order=("agreement", "clause", "version"),
    counters=8,
    contributions=_contributions,
)
