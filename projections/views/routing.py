"""`routing`: who got which lead by which rule, and which leads still wait for an owner; one row for each time."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.instants import SECOND, to_us
from events.lead import LeadCaptured, LeadHandedOver
from events.routing import LeadAccountAsked, LeadAssigned, LeadOwnerRequested, LeadRequestWithdrawn
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Cells, Column, Detail, Handler, Kind


class Turn(Struct, frozen=True, gc=False, array_like=True):
    """One time the lead went to somebody, or asked for an owner. Instants in microseconds."""

    asked_at: int
    asked: str = ""
    state: str = "waiting"
    rule: str = ""
    why: str = ""
    ended_at: int | None = None
    owner: str | None = None
    former: str | None = None
    first_owner: str | None = None
    instead_of: str | None = None
    agreement: str | None = None
    version: int | None = None
    clause: str | None = None


class Turns(Struct, frozen=True, gc=False, array_like=True):
    """Base row: every turn of a lead; only the last one can be waiting."""

    is_test: bool = False
    turns: tuple[Turn, ...] = ()


def _captured(row: Turns, fact: LeadCaptured, _: Envelope) -> Turns:
    return replace(row, is_test=True) if fact.is_test and not row.is_test else row


def _waiting(row: Turns) -> Turn | None:
    return row.turns[-1] if row.turns and row.turns[-1].state == "waiting" else None


def _put(row: Turns, old: Turn | None, new: Turn) -> Turns:
    return replace(row, turns=(*(row.turns if old is None else row.turns[:-1]), new))


def _account_asked(row: Turns, fact: LeadAccountAsked, envelope: Envelope) -> Turns:
    return _put(row, _waiting(row), Turn(to_us(envelope.time), asked=f"account {fact.account}"))


def _requested(row: Turns, fact: LeadOwnerRequested, envelope: Envelope) -> Turns:
    """An account that was asked before did not know of anybody: the lead waits since then."""
    old = _waiting(row)
    asked_at = to_us(envelope.time) if old is None else old.asked_at
    new = Turn(asked_at, asked=f"pool {fact.pool}", rule=fact.rule, why=fact.why, clause=fact.clause)
    return _put(row, old, new)


def _assigned(row: Turns, fact: LeadAssigned, envelope: Envelope) -> Turns:
    old, at = _waiting(row), to_us(envelope.time)
    new = replace(
        old or Turn(at),
        state="assigned",
        rule=fact.rule,
        why=fact.why,
        ended_at=at,
        owner=fact.owner,
        former=fact.former,
        first_owner=fact.first_owner,
        instead_of=fact.instead_of,
        agreement=fact.agreement,
        version=fact.version,
    )
    return _put(row, old, new)


def _withdrawn(row: Turns, fact: LeadRequestWithdrawn, envelope: Envelope) -> Turns:
    old = _waiting(row)
    if old is None:
        return row
    return _put(row, old, replace(old, state="withdrawn", why=fact.reason, ended_at=to_us(envelope.time)))


def _handed_over(row: Turns, fact: LeadHandedOver, envelope: Envelope) -> Turns:
    """Handed over while it waits: who was asked will never answer."""
    old = _waiting(row)
    if old is None:
        return row
    new = replace(old, state="nobody", ended_at=to_us(envelope.time), agreement=fact.agreement, version=fact.version)
    return _put(row, old, new)


_ON: dict[type[Fact], Handler[Turns]] = {
    LeadCaptured: _captured,
    LeadAccountAsked: _account_asked,
    LeadOwnerRequested: _requested,
    LeadAssigned: _assigned,
    LeadRequestWithdrawn: _withdrawn,
    LeadHandedOver: _handed_over,
}


def _entries(row: Turns) -> dict[Cells, Any]:
    return {} if row.is_test else {(number,): turn for number, turn in enumerate(row.turns, 1)}


def _render(lead: str, identity: Cells, turn: Turn) -> Cells:
    ended = turn.ended_at
    return (
        lead,
        *identity,
        turn.state,
        turn.owner,
        turn.rule or None,
        turn.why or None,
        turn.asked or None,
        instant_text(turn.asked_at),
        instant_text_or_none(ended),
        None if ended is None else max(0, ended - turn.asked_at) // SECOND,
        turn.former,
        turn.first_owner,
        turn.instead_of,
        turn.clause,
        turn.agreement,
        turn.version,
    )


_COLUMNS = (
    Column("lead", Kind.TEXT, "lead id"),
    Column("number", Kind.INTEGER, "1 for the first time the lead went to somebody or asked for an owner"),
    Column("state", Kind.TEXT, "waiting, assigned, withdrawn (it asks no more), nobody (handed over without an owner)"),
    Column("owner", Kind.TEXT, "who got it", True),
    Column("rule", Kind.TEXT, "opportunity, account, territory, segment, fallback, escalation or command", True),
    Column("why", Kind.TEXT, "that rule in words, or why it asks no more", True),
    Column("asked", Kind.TEXT, "the pool or account that was asked last; empty when a rule named somebody", True),
    Column("asked_at", Kind.INSTANT, "since when it waited"),
    Column("ended_at", Kind.INSTANT, "until when; empty while it waits", True),
    Column("waited_seconds", Kind.INTEGER, "from the one to the other, completed seconds of real time", True),
    Column("former", Kind.TEXT, "who had it before in the same cycle", True),
    Column("first_owner", Kind.TEXT, "who had it first in the same cycle, once it has gone to another one", True),
    Column("instead_of", Kind.TEXT, "whose turn it was, when the owner stands in for somebody away", True),
    Column("clause", Kind.TEXT, "the clause whose escalation asked for another owner", True),
    Column("agreement", Kind.TEXT, "name of the agreement it was decided under", True),
    Column("version", Kind.INTEGER, "its version", True),
)

ROUTING = Detail(
    name="routing",
    version=1,
    meaning="Who got which lead by which rule; leads that wait for an owner at the top, the oldest first.",
    initial=Turns(),
    on=_ON,
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("place", "asked_at", "lead", "number"),
    indexes=(("state", "asked_at"), ("owner",)),
    entries=_entries,
    render=_render,
)
