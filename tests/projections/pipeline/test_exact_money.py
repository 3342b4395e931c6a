"""Money is whole minor units from the fact to the answer: what a float would round comes out to the last unit."""

from typing import Any

import pytest

from events.lead import LeadConverted, LeadTouched
from events.opportunity import OpportunityClosedWon, OpportunityProductAdded, TargetSet
from events.topics import COUNCIL_EVENTS, LEAD_EVENTS, OPPORTUNITY_EVENTS
from projections.catalogue import SHOWN
from projections.sink import sink_once
from projections.stores.port import ViewStore
from projections.stores.postgresql import PostgresStore
from projections.views.view import Kind
from tests.projections.house import House, house
from tests.projections.pipeline.asking import asked
from tests.projections.pipeline.facts import opening, said
from tests.projections.pipeline.test_attribution_views import lead

LARGE = 2**53 - 1
"""The largest amount; the sum of two of these and one is no float any more."""


@pytest.mark.parametrize("view", SHOWN, ids=lambda view: view.name)
def test_every_amount_of_every_view_is_a_column_of_whole_numbers(view: Any) -> None:
    for column in (*view.columns, *view.answer):
        assert not column.name.endswith("_minor") or column.kind is Kind.INTEGER


async def sold(store: ViewStore | None = None) -> House:
    """Three deals of the largest amount and one of a single unit: two of them won, two open, all due to one touch."""
    built = await house(store=store)
    for name in ("one", "two", "three"):
        await built.write(said(name, 1, opening(LARGE, region="a")), log=OPPORTUNITY_EVENTS)
    await built.write(
        said("small", 1, opening(0, region="b")),
        said("small", 2, OpportunityProductAdded(line="1", product="app", amount_minor=1)),
        said("one", 3, OpportunityClosedWon()),
        said("small", 3, OpportunityClosedWon()),
        log=OPPORTUNITY_EVENTS,
    )
    touch = LeadTouched(channel="call", kind="dialled", direction="inbound")
    await built.write(
        *(lead(f"l-{name}", 0, touch) for name in ("one", "two", "three")),
        *(
            lead(f"l-{name}", 1, LeadConverted(account="acme", opportunity=name))
            for name in ("one", "two", "three")
        ),
        log=LEAD_EVENTS,
    )  # fmt: skip
    target = TargetSet(quarter="2026Q1", amount_minor=LARGE, currency="EUR")
    await built.write(said("plan", 0, target), log=COUNCIL_EVENTS)
    await built.project()
    await sink_once(built.log, built.store)
    return built


def figures(built: House) -> dict[str, Any]:
    """The large figures of every view that has some."""
    total = {row["measure"]: row["amount_minor"] for row in asked(built, "matrix", 10)}
    (fall,) = asked(built, "waterfall", 10, since=2.5)
    (clean,) = asked(built, "clean-pipe", 10)
    (speed,) = asked(built, "velocity", 10)
    due = [row for row in asked(built, "attribution", 10) if row["model"] == "u_shaped" and row["touched"]]
    return {
        **{name: total[name] for name in ("closed_acv", "open_pipe", "pipe_generation", "coverage")},
        **{name: fall[f"{name}_minor"] for name in ("start", "won", "end")},
        "clean": clean["open_minor"],
        "mean": speed["mean_won_minor"],
        "due": {row["measure"]: row["amount_minor"] for row in due},
    }


EXPECTED = {
    "closed_acv": LARGE + 1, "open_pipe": 2 * LARGE, "pipe_generation": 3 * LARGE + 1, "coverage": 2 * LARGE,
    "start": 3 * LARGE + 1, "won": LARGE + 1, "end": 2 * LARGE, "clean": 2 * LARGE, "mean": (LARGE + 1) // 2,
    "due": {"pipe_generation": 3 * LARGE, "closed_acv": LARGE},
}  # fmt: skip


async def test_sums_that_no_float_can_hold_are_told_to_the_last_unit() -> None:
    assert float(3 * LARGE + 1) != 3 * LARGE + 1, "a float cannot hold it"
    assert figures(await sold()) == EXPECTED


@pytest.mark.postgresql
async def test_they_are_on_postgresql_too(postgresql_url: str) -> None:
    store = PostgresStore(postgresql_url)
    try:
        assert figures(await sold(store)) == EXPECTED
    finally:
        store.close()
