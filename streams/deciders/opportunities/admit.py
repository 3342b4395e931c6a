"""What is taken of an opportunity from outside, completed by what the agreement says; and what is refused, and why.

What happened before something else may become known after it. So a change is judged by when it happened: what an
opportunity was before it closed may still be told, and changes it no more where a later word is known. What comes
before the opening is early: nothing is asked of it yet.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.instants import iso
from events.opportunity import (
    OpportunityAmended,
    OpportunityClosedLost,
    OpportunityClosedWon,
    OpportunityContactAdded,
    OpportunityOpened,
    OpportunityProductAdded,
    OpportunityProductRemoved,
    OpportunityReopened,
    OpportunityStageChanged,
)
from streams.agreement.pipeline import Pipeline
from streams.deciders.currencies import unreportable
from streams.deciders.opportunities.state import Opportunity
from streams.deciders.subject import Around
from streams.deciders.told import Early, Refused

MOST_MINOR = 2**53
"""The greatest amount that a fact takes, in minor units."""


def settle(state: Opportunity, envelope: Envelope, at: int, around: Around) -> Envelope | Refused:
    """A fact as the log takes it, or why it does not.

    Args:
        state: the opportunity before it.
        envelope: the fact.
        at: when it happened, microseconds.
        around: the circumstances.
    """
    ask = _ASKED.get(type(envelope.data))
    if ask is None:
        return envelope
    if state.opened_at is None and not isinstance(envelope.data, OpportunityOpened):
        return Early("not_opened", "nobody has opened this opportunity (subject)", "subject")
    found = ask(state, envelope.data, at, around.known.pipeline(around.at))
    if isinstance(found, Refused):
        return found
    return envelope if found is envelope.data else replace(envelope, data=found)


def _opened(state: Opportunity, fact: OpportunityOpened, at: int, pipeline: Pipeline) -> Fact | Refused:
    if state.confirmed:
        return Refused("opened_already", f"it was opened at {_since(state.opened_at)} (type)", "type")
    if state.closed is not None and at > state.turned_at:
        return _closed(state)
    amount, currency = fact.amount_minor or None, fact.currency or state.currency or pipeline.currency
    return (
        _stage(fact.stage, pipeline)
        or _forecast(fact.forecast, fact.stage, pipeline)
        or _other_money(state, amount, currency)
        or _money(state, amount, currency, pipeline)
        or replace(fact, currency=currency, forecast=fact.forecast or pipeline.forecast(fact.stage))
    )


def _amended(state: Opportunity, fact: OpportunityAmended, at: int, pipeline: Pipeline) -> Fact | Refused:
    both = [name for name in fact.cleared if getattr(fact, name) is not None]
    if both:
        return Refused("contradictory", f"{both[0]} is told and cleared at once (data.cleared)", "data.cleared")
    if fact.amount_minor is not None and fact.currency is None and state.currency is None:
        fact = replace(fact, currency=pipeline.currency)
    currency, is_late = fact.currency or state.currency, at < state.amount_at
    return (
        _after_closing(state, at)
        or _forecast(fact.forecast, state.known.get("stage", ""), pipeline)
        or (None if is_late else _other_money(state, fact.amount_minor, fact.currency))
        or _money(state, fact.amount_minor, currency, pipeline, is_late=is_late)
        or fact
    )


def _stage_changed(state: Opportunity, fact: OpportunityStageChanged, at: int, pipeline: Pipeline) -> Fact | Refused:
    refused = (
        _after_closing(state, at)
        or _stage(fact.stage, pipeline)
        or _forecast(fact.forecast, fact.stage, pipeline)
        or (_before_opening(state, at) if pipeline.forecast(fact.stage) == "closed" else None)
    )
    return refused or replace(fact, forecast=fact.forecast or pipeline.forecast(fact.stage))


def _product_added(state: Opportunity, fact: OpportunityProductAdded, at: int, pipeline: Pipeline) -> Fact | Refused:
    del pipeline
    if refused := _after_closing(state, at):
        return refused
    if any(line.line == fact.line for line in state.lines):
        return Refused("duplicate_line", f"there is a line {fact.line!r} already (data.line)", "data.line")
    if state.currency is None and fact.amount_minor:
        return _no_currency("data.amount_minor")
    return _too_large(state.lines_minor + fact.amount_minor) or fact


def _product_removed(
    state: Opportunity, fact: OpportunityProductRemoved, at: int, pipeline: Pipeline
) -> Fact | Refused:
    del pipeline
    if refused := _after_closing(state, at):
        return refused
    if all(line.line != fact.line for line in state.lines):
        return Refused("unknown_line", f"there is no line {fact.line!r} (data.line)", "data.line")
    return fact


def _contact_added(state: Opportunity, fact: OpportunityContactAdded, at: int, pipeline: Pipeline) -> Fact | Refused:
    del pipeline
    return _after_closing(state, at) or fact


def _closing(
    state: Opportunity, fact: OpportunityClosedWon | OpportunityClosedLost, at: int, pipeline: Pipeline
) -> Fact | Refused:
    del pipeline
    if state.closed is not None:
        return _closed(state)
    return _before_opening(state, at) or _before_turn(state, at) or fact


def _reopened(state: Opportunity, fact: OpportunityReopened, at: int, pipeline: Pipeline) -> Fact | Refused:
    if state.closed is None:
        return Refused("not_closed", "it is open (type)", "type")
    stage = fact.stage or state.working_stage
    if stage is None:
        return Refused("no_stage", "it was in no stage before; say in which one it is now (data.stage)", "data.stage")
    if pipeline.forecast(stage) == "closed":
        return Refused(
            "unknown_stage", f"{stage!r} closes it again; expected a working stage (data.stage)", "data.stage"
        )
    return (
        _before_turn(state, at)
        or _stage(stage, pipeline)
        or _forecast(fact.forecast, stage, pipeline)
        or replace(fact, stage=stage, forecast=fact.forecast or pipeline.forecast(stage))
    )


_ASKED: dict[type[Fact], Callable[[Opportunity, Any, int, Pipeline], Fact | Refused]] = {
    OpportunityOpened: _opened,
    OpportunityAmended: _amended,
    OpportunityStageChanged: _stage_changed,
    OpportunityProductAdded: _product_added,
    OpportunityProductRemoved: _product_removed,
    OpportunityContactAdded: _contact_added,
    OpportunityClosedWon: _closing,
    OpportunityClosedLost: _closing,
    OpportunityReopened: _reopened,
}
"""Who looks at each fact from outside. What our own tasks say is taken as it is."""


def _stage(stage: str, pipeline: Pipeline) -> Refused | None:
    if pipeline.stages is None or stage in pipeline.stages:
        return None
    expected = ", ".join(pipeline.stages)
    return Refused(
        "unknown_stage", f"there is no stage {stage!r}; expected one of {expected} (data.stage)", "data.stage"
    )


def _forecast(forecast: str | None, stage: str, pipeline: Pipeline) -> Refused | None:
    if forecast != "closed" or pipeline.forecast(stage) == "closed":
        return None
    return Refused("not_won", "nothing but winning it makes its forecast closed (data.forecast)", "data.forecast")


def _money(
    state: Opportunity, amount: int | None, currency: str | None, pipeline: Pipeline, *, is_late: bool = False
) -> Refused | None:
    """Whether an amount can be taken, in a currency that can be reported, and is what its lines say."""
    if currency is not None and (refused := unreportable(currency, pipeline)):
        return refused
    if amount and currency is None:
        return _no_currency("data.currency")
    if amount is not None and state.lines and not is_late and amount != state.lines_minor:
        detail = f"its {len(state.lines)} lines sum to {state.lines_minor}, found {amount} (data.amount_minor)"
        return Refused("amount_differs", detail, "data.amount_minor")
    return None


def _other_money(state: Opportunity, amount: int | None, currency: str | None) -> Refused | None:
    """Another currency needs another amount; that of lines is theirs."""
    if currency is None or currency == state.currency:
        return None
    if state.lines:
        detail = f"its lines are in {state.currency}; remove them first (data.currency)"
        return Refused("currency_of_lines", detail, "data.currency")
    if amount is None and state.amount_minor:
        detail = "another currency comes with the amount in it (data.amount_minor)"
        return Refused("no_amount", detail, "data.amount_minor")
    return None


def _no_currency(field: str) -> Refused:
    return Refused("no_currency", f"an amount needs a currency, and no agreement names one ({field})", field)


def _too_large(amount: int) -> Refused | None:
    if amount <= MOST_MINOR:
        return None
    detail = f"its lines would sum to {amount}, at most {MOST_MINOR} is taken (data.amount_minor)"
    return Refused("amount_too_large", detail, "data.amount_minor")


def _after_closing(state: Opportunity, at: int) -> Refused | None:
    return _closed(state) if state.closed is not None and at > state.turned_at else None


def _closed(state: Opportunity) -> Refused:
    return Refused("closed", f"it was {state.closed} at {_since(state.turned_at)}; reopen it first (type)", "type")


def _before_opening(state: Opportunity, at: int) -> Refused | None:
    if state.opened_at is None or at >= state.opened_at:
        return None
    return Refused("before_opening", f"it was opened at {_since(state.opened_at)}, after that (time)", "time")


def _before_turn(state: Opportunity, at: int) -> Refused | None:
    if at >= state.turned_at:
        return None
    return Refused("out_of_order", f"it was closed or reopened at {_since(state.turned_at)}, after that (time)", "time")


def _since(at: int | None) -> str:
    return "" if at is None else iso(at)
