"""How each fact changes an opportunity. Of each field the later word holds, by when it happened."""

from typing import assert_never, cast

from events.envelope import Envelope
from events.lead import LeadConverted, LeadOriginTold
from events.opportunity import (
    HygieneCleared,
    HygieneFlagged,
    OpportunityAmended,
    OpportunityClosedLost,
    OpportunityClosedWon,
    OpportunityContactAdded,
    OpportunityFact,
    OpportunityOpened,
    OpportunityOwnerTold,
    OpportunityProductAdded,
    OpportunityProductRemoved,
    OpportunityReopened,
    OpportunityStageChanged,
    told,
)
from events.sources import is_ours, speaker
from streams.deciders.opportunities.state import KEPT_BEFORE, Contact, Line, Opportunity, OwnerTold

SHORT = 256
"""Letters of a marketing source, as facts of opportunities take them."""


def evolve(state: Opportunity, envelope: Envelope, at: int) -> None:
    """Change the opportunity by a fact that happened at an instant, in microseconds."""
    if not is_ours(envelope.source):
        state.touched_at = max(state.touched_at, at)
    fact = cast("OpportunityFact | LeadConverted | LeadOriginTold", envelope.data)
    match fact:
        case OpportunityOpened():
            _opened(state, fact, at, is_confirmed=not is_ours(envelope.source))
        case OpportunityAmended():
            _amended(state, fact, at)
        case OpportunityStageChanged():
            _staged(state, fact, at)
        case OpportunityProductAdded() | OpportunityProductRemoved():
            _lines(state, fact, at)
        case OpportunityContactAdded():
            _meet(state, Contact(fact.contact, fact.role, fact.primary))
        case OpportunityClosedWon() | OpportunityClosedLost() | OpportunityReopened():
            _turn(state, fact, at)
        case HygieneFlagged() | HygieneCleared():
            _tidiness(state, fact, at)
        case OpportunityOwnerTold():
            state.told = OwnerTold(fact.account, fact.is_open, fact.owner)
        case LeadConverted() | LeadOriginTold():
            _credit(state, fact, speaker(envelope.source))
        case _:
            assert_never(fact)


def _opened(state: Opportunity, fact: OpportunityOpened, at: int, *, is_confirmed: bool) -> None:
    """Whoever opens it says what is so from the beginning, even if somebody did so before."""
    before, at = state.opened_at, at if state.opened_at is None else min(at, state.opened_at)
    if before is not None:
        _redate(state, before, at)
    state.opened_at = at
    state.touched_at = max(state.touched_at, at)
    state.confirmed = state.confirmed or is_confirmed
    _learn(state, fact, at)
    _enter(state, fact.stage, fact.forecast, at)
    _price(state, fact.amount_minor or None, fact.currency, at)
    if state.confirmed:
        _hear_again(state, at)


def _redate(state: Opportunity, before: int, at: int) -> None:
    """What was so from the beginning is so from the beginning still, which was earlier."""
    for name, since in state.known_at.items():
        if since == before:
            state.known_at[name] = at
    if state.amount_at == before:
        state.amount_at = at


def _hear_again(state: Opportunity, since: int) -> None:
    """What was told of a time before a conversion opened it lies behind its opening now, and holds against that."""
    amended, staged = state.amended_before, state.staged_before
    state.amended_before, state.staged_before = [], []
    for at, amendment in amended:
        if at >= since:
            _amended(state, amendment, at)
    for at, change in staged:
        if at >= since:
            _staged(state, change, at)


def _is_before(state: Opportunity, at: int) -> bool:
    """Whether something happened before the opening, and the system that has it may still say that it was earlier."""
    return not state.confirmed and state.opened_at is not None and at < state.opened_at


def _learn(state: Opportunity, fact: OpportunityOpened | OpportunityAmended, at: int) -> None:
    for name, value in told(fact).items():
        _hold(state, name, value, at)


def _hold(state: Opportunity, name: str, value: str | None, at: int) -> None:
    if at < state.known_at.get(name, at):
        return
    state.known_at[name] = at
    if value is None:
        state.known.pop(name, None)
    else:
        state.known[name] = value


def _enter(state: Opportunity, stage: str, forecast: str | None, at: int) -> None:
    if at >= state.known_at.get("stage", at):
        _hold(state, "stage", stage, at)
        if forecast != "closed":
            state.working_stage = stage
        if forecast is not None:
            _hold(state, "forecast", forecast, at)


def _price(state: Opportunity, amount_minor: int | None, currency: str | None, at: int) -> None:
    """An amount and its currency belong together. While there are lines nothing but their sum is the amount."""
    if amount_minor is None and currency is None:
        return
    of_lines, is_late = bool(state.lines) and amount_minor is not None, at < state.amount_at
    if amount_minor == state.lines_minor if of_lines else not is_late:
        state.amount_minor = state.amount_minor if amount_minor is None else amount_minor
        state.currency = state.currency if is_late else currency or state.currency
        state.amount_at = max(at, state.amount_at)


def _amended(state: Opportunity, fact: OpportunityAmended, at: int) -> None:
    _learn(state, fact, at)
    _price(state, fact.amount_minor, fact.currency, at)
    for name in fact.cleared:
        _hold(state, name, None, at)
    if _is_before(state, at):
        state.amended_before = [*state.amended_before, (at, fact)][-KEPT_BEFORE:]


def _staged(state: Opportunity, fact: OpportunityStageChanged, at: int) -> None:
    _enter(state, fact.stage, fact.forecast, at)
    if _is_before(state, at):
        state.staged_before = [*state.staged_before, (at, fact)][-KEPT_BEFORE:]


def _lines(state: Opportunity, fact: OpportunityProductAdded | OpportunityProductRemoved, at: int) -> None:
    state.lines_at = max(state.lines_at, at)
    if isinstance(fact, OpportunityProductAdded):
        state.lines.append(Line(fact.line, fact.product, fact.amount_minor, fact.quantity))
    else:
        state.lines = [line for line in state.lines if line.line != fact.line]


def _meet(state: Opportunity, new: Contact) -> None:
    """A person is there once; of several the one told last is the primary one."""
    others = [each for each in state.contacts if each.contact != new.contact]
    if new.primary:
        others = [Contact(each.contact, each.role, primary=False) for each in others]
    state.contacts = [*others, new]


def _turn(
    state: Opportunity, fact: OpportunityClosedWon | OpportunityClosedLost | OpportunityReopened, at: int
) -> None:
    state.turned_at = at
    if not isinstance(fact, OpportunityReopened):
        state.closed = "won" if isinstance(fact, OpportunityClosedWon) else "lost"
        return
    state.closed, state.working_stage = None, fact.stage
    told: tuple[tuple[str, str | None], ...] = (("stage", fact.stage), ("forecast", fact.forecast))
    for name, value in told:
        state.known.pop(name, None)
        state.known_at[name] = at
        if value is not None:
            state.known[name] = value


def _tidiness(state: Opportunity, fact: HygieneFlagged | HygieneCleared, at: int) -> None:
    state.flagged += 1
    if isinstance(fact, HygieneFlagged):
        state.flags[fact.kind] = at
    else:
        del state.flags[fact.kind]


def _credit(state: Opportunity, fact: LeadConverted | LeadOriginTold, lead: str) -> None:
    """The first conversion says whom the opportunity is due to; its lead may say later where it came from."""
    if isinstance(fact, LeadOriginTold):
        if state.from_lead.get("lead") == lead:
            state.from_lead.setdefault("source", fact.source[:SHORT])
    elif not state.from_lead:
        told = {"lead": lead, "source": fact.source, "campaign": fact.campaign}
        state.from_lead = {name: value[:SHORT] for name, value in told.items() if value}
