"""Facts about opportunities as the canonical log has them, told by days of 2026."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from events.council import ActionPlanned, CellCommented, CouncilCell, CouncilConvened
from events.envelope import Envelope
from events.fact import Fact
from events.opportunity import (
    HygieneCleared,
    HygieneFlagged,
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
from events.registry import wrap

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
_ids = count(1)


def instant(day: float) -> datetime:
    """So many days after 1 January 2026 UTC."""
    return NEW_YEAR + timedelta(days=day)


def text(day: float) -> str:
    """The same instant as the views write it."""
    return instant(day).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def said(opportunity: str, day: float, fact: Fact, recorded: float | None = None) -> Envelope:
    """A fact that happened on a day, and was recorded then or later."""
    known = instant(day if recorded is None else recorded)
    return wrap(fact, subject=opportunity, id=f"o-{next(_ids)}", source="/crm", time=instant(day), recordedat=known)


def opening(amount: int = 100, close: date | None = date(2026, 3, 1), **told: Any) -> OpportunityOpened:
    """An opening in euros for the first quarter, unless it says otherwise."""
    more = {"account": "acme", "name": "Suite", "stage": "discovery", "forecast": "pipeline", "currency": "EUR"}
    return OpportunityOpened(**{**more, "amount_minor": amount, "close_date": close, **told})


WORDS = st.sampled_from(["a", "b"])
DATES = st.sampled_from([date(2025, 12, 31), date(2026, 2, 1), date(2026, 3, 31), date(2026, 4, 1)])
AMOUNTS = st.sampled_from([0, 1, 99, 2500])
ROLES = st.sampled_from(["AE", "BDR"])
FORECASTS = st.sampled_from(["pipeline", "best_case", "most_likely", "commit"])
FACTS = st.one_of(
    st.builds(
        opening, AMOUNTS, st.none() | DATES, forecast=FORECASTS, region=st.none() | WORDS, source=WORDS,
        opener_role=st.none() | ROLES, owner=st.none() | WORDS,
    ),
    st.builds(
        OpportunityAmended, amount_minor=st.none() | AMOUNTS, close_date=st.none() | DATES, region=st.none() | WORDS,
        product=st.none() | WORDS, segment=st.none() | WORDS, campaign=st.none() | WORDS, owner=st.none() | WORDS,
        opener_role=st.none() | ROLES, cleared=st.sampled_from([(), ("source",), ("opener_role",)]),
    ),
    st.builds(OpportunityStageChanged, stage=WORDS),
    st.builds(OpportunityProductAdded, line=st.sampled_from("xy"), product=WORDS, amount_minor=AMOUNTS),
    st.builds(OpportunityProductRemoved, line=st.sampled_from("xy")),
    st.builds(OpportunityContactAdded, contact=WORDS, role=st.none() | ROLES, primary=st.booleans()),
    st.builds(OpportunityClosedWon),
    st.builds(OpportunityClosedLost, reason=WORDS),
    st.builds(OpportunityReopened, stage=WORDS),
    st.builds(HygieneFlagged, kind=st.sampled_from(["no_contact", "amount_zero"])),
    st.builds(HygieneCleared, kind=st.sampled_from(["no_contact", "amount_zero"])),
)  # fmt: skip


_FIRST = st.builds(opening, AMOUNTS, st.none() | DATES, opener_role=st.none() | ROLES, source=st.none() | WORDS)


@st.composite
def pipelines(draw: st.DrawFn, currencies: tuple[str, ...] = ("EUR",)) -> list[Envelope]:
    """Facts about a few opportunities in the order in which they became known, each opened first."""
    recorded, found = -20, list[Envelope]()
    known: set[str] = set()
    for _ in range(draw(st.integers(0, 25))):
        name = draw(st.sampled_from(["one", "two", "three", "four"]))
        recorded += draw(st.sampled_from([0, 1, 6]))
        fact = draw(FACTS) if name in known else draw(_FIRST)
        known.add(name)
        if isinstance(fact, OpportunityOpened):
            fact = replace(fact, currency=draw(st.sampled_from(currencies)))
        found.append(said(name, recorded - draw(st.sampled_from([0, 0, 2, 9])), fact, recorded))
    return found


def meeting(day: float) -> list[Envelope]:
    """A council of the first quarter that met on a day of January, and what was said and planned in it."""
    cell: dict[str, Any] = {"measure": "closed_acv", "region": "north"}
    week = f"2026-W{instant(day).isocalendar().week:02d}"
    frozen = CouncilCell(amount_minor=1, target_minor=9, colour="red", **cell)
    convened = CouncilConvened(
        week=week, quarter="2026Q1", known_at=instant(day), timezone="UTC", day=1 + int(day), days=90, currency="EUR",
        cells=(frozen,), by="ines",
    )  # fmt: skip
    planned = ActionPlanned(
        action=1, week=week, kind="dinner", what="with them", owner="radu", due=date(2026, 3, 1), by="ines", **cell
    )
    commented = CellCommented(week=week, text="slipped", by="ines", **cell)
    return [said("emea", day + place / 100, fact) for place, fact in enumerate((convened, commented, planned), start=1)]
