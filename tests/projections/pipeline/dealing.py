"""Opportunities for the laws of the pipeline: steps by hand, and lives nobody would lead."""

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from events.instants import DAY, to_us
from projections.pipeline.deal import (
    AMENDED,
    CONTACT,
    LINE,
    LINE_GONE,
    LOST,
    OPENED,
    REOPENED,
    STAGE,
    WON,
    Deal,
    Step,
)
from projections.pipeline.history import History, with_step
from projections.pipeline.money import Rate, Rates


def day(number: float) -> int:
    """The start of so many days after 1 January 2026 UTC, in microseconds."""
    return to_us(datetime(2026, 1, 1, tzinfo=UTC)) + int(number * DAY)


def step(kind: str, at: float, recorded: float | None = None, **told: Any) -> Step:
    """A step that happened on a day, and was recorded then or later."""
    return Step(day(at), day(at if recorded is None else recorded), kind, told)


def opened(at: float, amount: int = 100, close: str = "2026-03-01", **told: Any) -> Step:
    """An opening, in euros, for the first quarter of 2026 unless it says otherwise."""
    more = {"stage": "discovery", "forecast": "pipeline", "currency": "EUR", **told}
    recorded = more.pop("recorded", None)
    return step(OPENED, at, recorded, amount_minor=amount, close_date=close, **more)


def history(*steps: Step) -> History:
    """What becomes of steps, told in this order."""
    made = History()
    for each in steps:
        made = with_step(made, each)
    return made


AMOUNTS = st.sampled_from([0, 1, 99, 100, 250, 1_000_001])
DATES = st.sampled_from(["", "2025-03-31", "2025-12-31", "2026-01-01", "2026-02-10", "2026-03-31", "2026-04-01"])
WORDS = st.sampled_from(["", "a", "b"])
FORECASTS = st.sampled_from(["pipeline", "best_case", "most_likely", "commit", "omitted"])
FIELDS = {
    "amount_minor": AMOUNTS,
    "close_date": DATES,
    "product": WORDS,
    "region": WORDS,
    "segment": WORDS,
    "source": WORDS,
    "campaign": WORDS,
    "owner": WORDS,
    "opener_role": WORDS,
    "forecast": FORECASTS,
    "currency": st.sampled_from(["EUR", "USD", "JPY"]),
}
_REST = {name: values for name, values in FIELDS.items() if name not in ("currency", "amount_minor")}
_TOLD: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    OPENED: st.fixed_dictionaries(
        {"stage": WORDS, **{name: FIELDS[name] for name in ("currency", "amount_minor")}}, optional=_REST
    ),
    AMENDED: st.fixed_dictionaries({}, optional=FIELDS),
    STAGE: st.fixed_dictionaries({"stage": WORDS}, optional={"forecast": FORECASTS}),
    LINE: st.fixed_dictionaries({"line": st.sampled_from("xyz"), "product": WORDS, "amount_minor": AMOUNTS}),
    LINE_GONE: st.fixed_dictionaries({"line": st.sampled_from("xyz")}),
    CONTACT: st.fixed_dictionaries({"contact": WORDS}),
    WON: st.just({}),
    LOST: st.fixed_dictionaries({"reason": WORDS}),
    REOPENED: st.fixed_dictionaries({}, optional={"stage": WORDS}),
}
_KINDS = st.sampled_from([OPENED, AMENDED, AMENDED, STAGE, LINE, LINE_GONE, CONTACT, WON, LOST, REOPENED])
DAYS = st.integers(-300, 100)


@st.composite
def lives(draw: st.DrawFn, longest: int = 12, ahead: tuple[int, ...] = ()) -> tuple[Step, ...]:
    """Any steps in the order in which they became known; most happened when they were told, some before.

    Args:
        draw: draws.
        longest: how many there are at most.
        ahead: days by which some are told before they happen.
    """
    recorded, found = draw(DAYS), list[Step]()
    for _ in range(draw(st.integers(0, longest))):
        kind = draw(_KINDS) if found else OPENED
        recorded += draw(st.sampled_from([0, 0, 1, 5, 30]))
        at = recorded - draw(st.sampled_from([0, 0, 0, 1, 7, 60, *(-days for days in ahead)]))
        found.append(step(kind, at, recorded, **draw(_TOLD[kind])))
    return tuple(found)


Lives = dict[str, History]
PIPELINES: st.SearchStrategy[Lives] = st.lists(lives(9), max_size=4).map(
    lambda found: {f"deal-{i}": history(*each) for i, each in enumerate(found)}
)

RATES = Rates(
    "EUR",
    [
        Rate("USD", date(2024, 1, 1), Fraction("0.92")),
        Rate("USD", date(2026, 1, 15), Fraction("0.875")),
        Rate("USD", date(2026, 2, 20), Fraction("1.013")),
        Rate("JPY", date(2024, 1, 1), Fraction("0.0061")),
        Rate("JPY", date(2026, 3, 1), Fraction("0.0059")),
    ],
)


def deal_of(*steps: Step) -> Deal:
    """What is known of an opportunity in the end."""
    return history(*steps).now[-1].deal
