"""What is untidy about an open opportunity, and from when on."""

from collections.abc import Iterator
from datetime import date

from events.instants import DAY
from events.opportunity import Untidy
from streams.agreement.pipeline import Hygiene, Pipeline
from streams.calendar_windows import instant_of
from streams.deciders.opportunities.state import Opportunity

_DAY_ZERO = date(1970, 1, 1)


def dues(state: Opportunity, pipeline: Pipeline) -> dict[Untidy, int]:
    """What is, or will be untidy if nothing more happens, each with the instant from which it is, microseconds."""
    if not state.is_open:
        return {}
    rules = pipeline.hygiene
    return {kind: max(due, pipeline.since) for kind, due in _dues(state, rules) if kind in rules.checks}


def _dues(state: Opportunity, rules: Hygiene) -> Iterator[tuple[Untidy, int]]:
    close_date = state.known.get("close_date")
    if close_date is not None:
        yield "close_date_past", max(_end_of(close_date, rules), _since(state, state.known_at["close_date"]))
    for kind, since in _missing(state):
        yield kind, _since(state, since) + rules.grace
    yield "untouched", _since(state, state.touched_at) + rules.untouched_for


def _missing(state: Opportunity) -> Iterator[tuple[Untidy, int]]:
    """What is not there, and since when it is not; 0 for ever."""
    if "close_date" not in state.known:
        yield "no_close_date", state.known_at.get("close_date", 0)
    if not state.known.get("next_step", "").strip():
        yield "no_next_step", state.known_at.get("next_step", 0)
    if not state.contacts:
        yield "no_contact", 0
    if not state.lines:
        yield "no_products", state.lines_at
    if not state.amount_minor:
        yield "amount_zero", state.amount_at


def _since(state: Opportunity, at: int) -> int:
    """An instant of the present life of the opportunity: since it was opened, or opened again."""
    return max(at, state.opened_at or 0, state.turned_at)


def _end_of(day: str, rules: Hygiene) -> int:
    """The midnight that ends a day, where opportunities are counted."""
    days = (date.fromisoformat(day) - _DAY_ZERO).days + 1
    return instant_of(rules.zone, days * DAY)
