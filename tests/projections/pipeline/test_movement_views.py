"""How opportunities move: conversion, ages of stages and velocity, from facts to rows."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.envelope import Envelope
from events.instants import to_us
from events.opportunity import (
    OpportunityAmended,
    OpportunityClosedLost,
    OpportunityClosedWon,
    OpportunityContactAdded,
    OpportunityProductAdded,
    OpportunityReopened,
    OpportunityStageChanged,
)
from projections.pipeline.deal import sliced
from projections.pipeline.reading import deals_at, spans
from projections.pipeline.stages import Now, courses, lengths_of, open_at, slices_at, standings, stays_of
from projections.pipeline.velocity import Stay, lengths, progress_of, stays
from projections.views.view import BadQuery, Cell
from tests.projections.pipeline.asking import asked, shown
from tests.projections.pipeline.facts import instant, opening, pipelines, said, text
from tests.support.laws import examples

STAGES = {
    "discovery": {"forecast": "pipeline"},
    "proposal": {"forecast": "best_case"},
    "signed": {"forecast": "closed"},
    "on hold": {"forecast": "omitted"},
}
DAY = 86_400


def counted(rows: list[dict[str, Cell]], *columns: str) -> dict[Cell, tuple[Cell, ...]]:
    return {row["stage"]: tuple(row[name] for name in columns) for row in rows}


async def test_whoever_came_back_counts_once_and_whoever_is_lost_today_still_counts() -> None:
    built = await shown(
        said("back", 1, opening(stage="discovery")),
        said("back", 2, OpportunityStageChanged(stage="proposal")),
        said("back", 3, OpportunityStageChanged(stage="discovery")),
        said("back", 4, OpportunityStageChanged(stage="proposal")),
        said("lost", 1, opening(stage="discovery")),
        said("lost", 2, OpportunityStageChanged(stage="proposal")),
        said("lost", 3, OpportunityClosedLost(reason="price")),
        said("resting", 1, opening(stage="discovery")),
        said("resting", 5, OpportunityStageChanged(stage="on hold")),
        said("sold", 1, opening(stage="discovery")),
        said("sold", 6, OpportunityStageChanged(stage="signed", forecast="closed")),
        said("sold", 6, OpportunityClosedWon()),
        stages=STAGES,
        timezone="UTC",
        currency="EUR",
    )
    rows = asked(built, "stage-conversion", 40)
    assert counted(rows, "opportunities", "entries", "went_on", "lost", "standing", "conversion") == {
        "opened": (4, 4, 4, 0, 0, 1.0),
        "discovery": (4, 5, 3, 0, 1, 0.75),
        "proposal": (3, 3, 1, 1, 1, 0.3333),
        "won": (1, 1, 0, 0, 0, None),
    }
    assert [row["of_cohort"] for row in rows] == [1.0, 1.0, 0.75, 0.25]
    before = asked(built, "stage-conversion", 2.5)
    assert counted(before, "opportunities", "lost") == {
        "opened": (4, 0), "discovery": (4, 0), "proposal": (2, 0), "won": (0, 0),
    }  # fmt: skip


async def test_a_cohort_is_a_fiscal_quarter_of_openings_in_the_zone_of_reports() -> None:
    built = await shown(
        said("old", -0.2, opening()), said("new", -0.05, opening()), timezone="Europe/Bucharest", currency="EUR",
        year_begins=4, stages=STAGES,
    )  # fmt: skip
    rows = [row for row in asked(built, "stage-conversion", 60) if row["stage"] == "opened"]
    assert [(row["cohort"], row["opportunities"]) for row in rows] == [("2026Q3", 1), ("2026Q4", 1)]


async def test_no_edit_restarts_the_age_of_a_stage_and_another_stage_does() -> None:
    life = [said("suite", 0, opening(100)), said("suite", 4, OpportunityStageChanged(stage="proposal"))]
    edits = [
        said("suite", 5, OpportunityAmended(amount_minor=7, next_step="call", owner="ben")),
        said("suite", 6, OpportunityProductAdded(line="1", product="app", amount_minor=7)),
        said("suite", 7, OpportunityContactAdded(contact="mia")),
        said("suite", 9, OpportunityStageChanged(stage="proposal", forecast="commit")),
    ]
    for count in range(len(edits) + 1):
        built = await shown(*life, *edits[:count])
        found = counted(asked(built, "stage-ages", 14), "ended", "p90_seconds", "open", "oldest_seconds")
        assert found == {"discovery": (1, 4 * DAY, 0, None), "proposal": (0, None, 1, 10 * DAY)}


async def test_ages_are_nearest_ranks_and_who_is_beyond_nine_in_ten_is_listed() -> None:
    stays = [(f"quick{n}", n) for n in range(1, 11)]
    built = await shown(
        *(said(name, 0, opening(0)) for name, _ in stays),
        *(said(name, days, OpportunityStageChanged(stage="proposal")) for name, days in stays),
        said("slow", 1, opening(50, owner="eve", region="north")),
        said("slower", 0, opening(60)),
        said("young", 12, opening(70)),
    )
    ages = counted(asked(built, "stage-ages", 20), "ended", "p50_seconds", "p90_seconds", "open", "stage_old")
    assert ages["discovery"] == (10, 5 * DAY, 9 * DAY, 3, 2)
    listed = asked(built, "stage-old", 20)
    assert [(row["opportunity"], row["stage_since"], row["age_seconds"]) for row in listed] == [
        ("slower", text(0), 20 * DAY), ("slow", text(1), 19 * DAY),
    ]  # fmt: skip
    assert [(row["owner"], row["p90_seconds"], row["amount_minor"]) for row in listed][1] == ("eve", 9 * DAY, 50)
    assert asked(built, "stage-old", 0.5) == [], "no stay had ended by then"
    (north,) = asked(built, "stage-ages", 20, by="region", where={"region": "north"})
    assert (north["ended"], north["open"], north["stage_old"]) == (0, 1, 0), "learned from its own slice alone"


async def test_velocity_is_learned_from_what_was_decided_in_the_span_and_still_is() -> None:
    built = await shown(
        said("won", -60, opening(900, segment="smb")), said("won", -50, OpportunityClosedWon()),
        said("long ago", -500, opening(9000)), said("long ago", -400, OpportunityClosedWon()),
        said("lost", -30, opening(1, segment="smb")), said("lost", -20, OpportunityClosedLost(reason="price")),
        said("again", -30, opening(1)), said("again", -20, OpportunityClosedLost(reason="price")),
        said("again", -10, OpportunityReopened(stage="discovery")),
        said("open", -5, opening(1, segment="smb")),
    )  # fmt: skip
    (row,) = asked(built, "velocity", 1)
    named = ("open", "won", "lost", "win_rate", "won_minor", "mean_won_minor", "mean_seconds", "a_day_minor")
    assert [row[name] for name in named] == [2, 1, 1, 0.5, 900, 900, 10 * DAY, 90]
    assert row["since"] == "2025-01-02T00:00:00.000000Z"
    smb = asked(built, "velocity", 1, by="segment", where={"segment": "smb"})[0]
    assert (smb["open"], smb["won"], smb["lost"], smb["a_day_minor"]) == (1, 1, 1, 45)
    (longer,) = asked(built, "velocity", 1, since=-450)
    assert (longer["won"], longer["won_minor"]) == (2, 9900)
    (then,) = asked(built, "velocity", -15)
    assert (then["open"], then["lost"], then["win_rate"]) == (0, 2, 0.3333), "it was not reopened by then"
    with pytest.raises(BadQuery, match="begins before it ends"):
        asked(built, "velocity", 1, since=2)


async def test_amounts_won_keep_the_rate_of_the_day_on_which_they_were_won() -> None:
    rates = {"USD": [{"from": "2024-01-01", "rate": "0.9"}, {"from": "2026-01-20", "rate": "0.5"}]}
    built = await shown(
        said("one", 0, opening(1000, currency="USD")), said("one", 10, OpportunityClosedWon()),
        said("two", 0, opening(1000, currency="USD")), said("two", 30, OpportunityClosedWon()),
        currency="EUR", timezone="UTC", rates=rates,
    )  # fmt: skip
    (row,) = asked(built, "velocity", 40)
    assert (row["won_minor"], row["mean_won_minor"], row["mean_seconds"], row["currency"]) == (
        1400,
        700,
        20 * DAY,
        "EUR",
    )


async def test_an_opportunity_with_two_products_counts_to_both_with_what_it_has_of_each() -> None:
    built = await shown(
        said("deal", 0, opening(0)),
        said("deal", 0, OpportunityProductAdded(line="1", product="app", amount_minor=70)),
        said("deal", 0, OpportunityProductAdded(line="2", product="care", amount_minor=30)),
        said("deal", 10, OpportunityClosedWon()),
    )
    rows = asked(built, "velocity", 20, by="product")
    assert [(row["product"], row["won"], row["won_minor"]) for row in rows] == [("app", 1, 70), ("care", 1, 30)]


@settings(deadline=None, max_examples=examples(20))
@given(facts=pipelines(), day=st.integers(-10, 60), by=st.sampled_from(["region", "segment", "source", "owner"]))
async def test_slices_of_one_value_each_sum_to_the_whole(facts: list[Envelope], day: int, by: str) -> None:
    built, spread = await shown(*facts), await shown(*facts, partitions=4)
    wholes: dict[str, tuple[str, ...]] = {
        "velocity": ("open", "won", "lost", "won_minor"),
        "stage-conversion": ("opportunities", "went_on", "lost", "standing"),
        "stage-ages": ("ended", "open"),
    }
    for view, columns in wholes.items():
        whole, cut = asked(built, view, day), asked(built, view, day, by=by)
        assert cut == asked(spread, view, day, by=by)
        for column in columns:
            assert summed(whole, column) == summed(cut, column)


@settings(deadline=None, max_examples=examples(25))
@given(facts=pipelines(), day=st.integers(-10, 60), known=st.none() | st.integers(-10, 90))
async def test_stages_that_are_read_alone_are_those_of_the_whole_history(
    facts: list[Envelope], day: int, known: int | None
) -> None:
    built, at = await shown(*facts), to_us(instant(day))
    heard = None if known is None else to_us(instant(known))
    query = built.store.query
    whole, now = dict(spans(query, 0, at, heard)), standings(query, at, heard)
    every = {name: courses(query, at, heard).get(name, []) for name in whole}
    assert {name: [Stay(*each) for each in stays_of(course)] for name, course in every.items()} == {
        name: stays(known) for name, known in whole.items()
    }
    assert lengths_of(every.values()) == lengths(whole.values(), at)
    last = {name: known[-1].deal for name, known in whole.items()}
    assert now == {name: Now(deal.status, deal.stage, deal.opened_at, deal.stage_since) for name, deal in last.items()}
    for name, known in whole.items():
        assert {now[name].stage, *(stage for *_, stage in every[name])} == progress_of(known).been
    assert dict(deals_at(query, at, heard)) == last
    assert {each.opportunity: each[1:] for each in open_at(query, at, heard)} == {
        name: (deal.owner, deal.stage, deal.stage_since, deal.amount_minor, deal.currency)
        for name, deal in last.items()
        if deal.is_open
    }
    for by in (("region",), ("product", "source")):
        assert slices_at(query, at, heard, by) == {name: set(sliced(deal, by)) for name, deal in last.items()}


def summed(rows: list[dict[str, Cell]], column: str) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for row in rows:
        key = (row.get("cohort"), row.get("stage"))
        found[key] = found.get(key, 0) + int(row[column] or 0)
    return {key: amount for key, amount in found.items() if amount}
