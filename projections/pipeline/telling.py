"""What each fact about an opportunity says of it, as a step."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import to_builtins

from events.envelope import Envelope
from events.fact import Fact
from events.instants import to_us
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
from projections.pipeline.deal import AMENDED, CONTACT, LINE, LINE_GONE, LOST, OPENED, REOPENED, STAGE, WON, Deal, Step
from projections.views.times import recorded_at

_FIELDS = frozenset(Deal.__struct_fields__)


def _says(fact: OpportunityOpened | OpportunityAmended) -> dict[str, Any]:
    """What it says of the opportunity: what is absent is not in it, and a day is ISO 8601."""
    return {name: value for name, value in to_builtins(fact).items() if name in _FIELDS}


def _opened(fact: OpportunityOpened) -> tuple[str, dict[str, Any]]:
    return OPENED, _says(fact)


def _amended(fact: OpportunityAmended) -> tuple[str, dict[str, Any]]:
    return AMENDED, {**_says(fact), **dict.fromkeys(fact.cleared, "")}


def _staged(fact: OpportunityStageChanged) -> tuple[str, dict[str, Any]]:
    return STAGE, {"stage": fact.stage, **({"forecast": fact.forecast} if fact.forecast else {})}


def _line_added(fact: OpportunityProductAdded) -> tuple[str, dict[str, Any]]:
    return LINE, {"line": fact.line, "product": fact.product, "amount_minor": fact.amount_minor}


def _reopened(fact: OpportunityReopened) -> tuple[str, dict[str, Any]]:
    return REOPENED, {"stage": fact.stage or "", "forecast": fact.forecast or ""}


_TELL: Mapping[type[Fact], Callable[[Any], tuple[str, dict[str, Any]]]] = {
    OpportunityOpened: _opened,
    OpportunityAmended: _amended,
    OpportunityStageChanged: _staged,
    OpportunityProductAdded: _line_added,
    OpportunityProductRemoved: lambda fact: (LINE_GONE, {"line": fact.line}),
    OpportunityContactAdded: lambda fact: (CONTACT, {"contact": fact.contact}),
    OpportunityClosedWon: lambda fact: (WON, {"reason": fact.reason or ""}),
    OpportunityClosedLost: lambda fact: (LOST, {"reason": fact.reason}),
    OpportunityReopened: _reopened,
}

TELLING: frozenset[type[Fact]] = frozenset(_TELL)
"""Facts that change an opportunity. What is untidy about one, and who was told of it, does not."""


def step_of(envelope: Envelope) -> Step:
    """The step that one of these facts is."""
    kind, told = _TELL[type(envelope.data)](envelope.data)
    return Step(to_us(envelope.time), recorded_at(envelope), kind, told)
