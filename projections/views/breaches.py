"""`breaches`: one row per clock that was ever breached, also when the breach was answered late or taken back."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.instants import SECOND, to_us, us_or_none
from events.lead import LeadCaptured, LeadHandedOver
from events.routing import LeadAssigned
from events.sla import SlaAnswered, SlaBreached, SlaBreachRetracted, SlaEscalated, SlaFact, SlaRevised
from projections.views.clocks import find, identity, put
from projections.views.merging import MERGING
from projections.views.times import instant_text, instant_text_or_none, recorded_at
from projections.views.view import Cells, Column, Detail, Handler, Kind

State = Literal["breached", "answered", "retracted"]


class Breach(Struct, frozen=True, gc=False, array_like=True):
    """A clock's breach. Instants and durations in microseconds."""

    agreement: str
    version: int
    clause: str
    cycle: int
    side: str
    owner: str | None
    due: int | None
    breached_at: int
    state: State = "breached"
    answered_at: int | None = None
    late_by: int | None = None
    retracted_at: int | None = None
    escalated: int = 0
    escalated_to: str | None = None


class Breaches(Struct, frozen=True, gc=False, array_like=True):
    """Base row: all breaches of a lead, and who has it now."""

    is_test: bool = False
    owner: str | None = None
    clocks: tuple[Breach, ...] = ()
    merged: bool = False


def _captured(row: Breaches, fact: LeadCaptured, _: Envelope) -> Breaches:
    return replace(row, is_test=True) if fact.is_test and not row.is_test else row


def _owned(row: Breaches, fact: LeadHandedOver | LeadAssigned, _: Envelope) -> Breaches:
    return row if fact.owner == row.owner else replace(row, owner=fact.owner)


def _breached(row: Breaches, fact: SlaFact, envelope: Envelope) -> Breaches:
    breach = Breach(
        fact.agreement,
        fact.version,
        fact.clause,
        fact.cycle,
        side=fact.side,
        owner=row.owner,
        due=us_or_none(fact.due),
        breached_at=recorded_at(envelope),
    )
    return replace(row, clocks=put(row.clocks, find(row.clocks, fact), breach))


def _escalated(row: Breaches, fact: SlaEscalated, _: Envelope) -> Breaches:
    old = find(row.clocks, fact)
    if old is None:
        return row
    breach = replace(old, escalated=fact.level, escalated_to=fact.to or fact.do)
    return replace(row, clocks=put(row.clocks, old, breach))


def _answered(row: Breaches, fact: SlaAnswered, _: Envelope) -> Breaches:
    old = find(row.clocks, fact)
    if old is None:
        return row
    breach = replace(old, state="answered", answered_at=to_us(fact.answered_at), late_by=fact.late_by_us)
    return replace(row, clocks=put(row.clocks, old, breach))


def _revised(row: Breaches, fact: SlaRevised, envelope: Envelope) -> Breaches:
    old = find(row.clocks, fact)
    stands = old is not None and old.state != "retracted"
    if fact.now != "breached":
        return _taken_back(row, fact, envelope) if stands else row
    if not stands:
        row = _breached(row, fact, envelope)
        old = find(row.clocks, fact)
    assert old is not None
    due = old.due if fact.due is None else to_us(fact.due)
    breach = replace(old, state="breached", due=due, answered_at=None, late_by=None)
    if fact.answered_at is not None:
        at = to_us(fact.answered_at)
        late_by = None if due is None else max(0, at - due)
        breach = replace(breach, state="answered", answered_at=at, late_by=late_by)
    return replace(row, clocks=put(row.clocks, old, breach))


def _taken_back(row: Breaches, fact: SlaRevised | SlaBreachRetracted, envelope: Envelope) -> Breaches:
    old = find(row.clocks, fact)
    if old is None:
        return row
    answered_at = us_or_none(fact.answered_at)
    at = recorded_at(envelope)
    breach = replace(old, state="retracted", answered_at=answered_at, late_by=None, retracted_at=at)
    return replace(row, clocks=put(row.clocks, old, breach))


_ON: dict[type[Fact], Handler[Breaches]] = {
    LeadCaptured: _captured,
    LeadHandedOver: _owned,
    LeadAssigned: _owned,
    SlaBreached: _breached,
    SlaEscalated: _escalated,
    SlaAnswered: _answered,
    SlaRevised: _revised,
    SlaBreachRetracted: _taken_back,
    **MERGING,
}


def _entries(row: Breaches) -> Mapping[Cells, Any]:
    return {} if row.is_test or row.merged else {identity(breach): breach for breach in row.clocks}


def _render(lead: str, _: Cells, breach: Breach) -> Cells:
    return (
        lead,
        *identity(breach),
        breach.state,
        breach.side,
        breach.owner,
        instant_text_or_none(breach.due),
        instant_text(breach.breached_at),
        instant_text_or_none(breach.answered_at),
        None if breach.late_by is None else breach.late_by // SECOND,
        instant_text_or_none(breach.retracted_at),
        breach.escalated,
        breach.escalated_to,
    )


_COLUMNS = (
    Column("lead", Kind.TEXT, "lead id"),
    Column("agreement", Kind.TEXT, "name of the agreement"),
    Column("version", Kind.INTEGER, "version of the agreement the clock keeps"),
    Column("clause", Kind.TEXT, "name of the clause"),
    Column("cycle", Kind.INTEGER, "1 for the first time the clause started for the lead"),
    Column("state", Kind.TEXT, "breached (nobody answered yet), answered (too late), retracted (there was no breach)"),
    Column("side", Kind.TEXT, "who had to act: sales or marketing"),
    Column("owner", Kind.TEXT, "who had the lead when the clock was breached", True),
    Column("due", Kind.INSTANT, "the promise that was broken; of a retracted breach, the one that fell", True),
    Column("breached_at", Kind.INSTANT, "when the breach was recorded"),
    Column("answered_at", Kind.INSTANT, "when the answer came; in time if the breach was retracted", True),
    Column("late_by_seconds", Kind.INTEGER, "answered_at less due, completed seconds of real time", True),
    Column("retracted_at", Kind.INSTANT, "when the breach was taken back", True),
    Column("escalated", Kind.INTEGER, "the level of escalation it reached, 0 for none; a breach that falls keeps it"),
    Column("escalated_to", Kind.TEXT, "who was told last, or what was to be done", True),
)

BREACHES = Detail(
    name="breaches",
    version=3,
    meaning="Clocks that were breached, one row each; test and merged leads left out.",
    initial=Breaches(),
    on=_ON,
    columns=_COLUMNS,
    key=5,
    answer=_COLUMNS,
    order=("breached_at", "lead", "agreement", "version", "clause", "cycle"),
    entries=_entries,
    render=_render,
)
