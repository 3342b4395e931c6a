from datetime import date
from typing import Any

import pytest

from events.envelope import Envelope
from events.instants import to_us
from events.lead import LeadCaptured
from events.opportunity import (
    HygieneCleared,
    HygieneFlagged,
    OpportunityAmended,
    OpportunityClosedLost,
    OpportunityClosedWon,
    OpportunityProductAdded,
    OpportunityReopened,
    OpportunityStageChanged,
    TargetSet,
)
from events.topics import OPPORTUNITY_EVENTS
from projections.read import read_view
from projections.sink import sink_once
from projections.views.view import BadQuery
from tests.projections.given import told
from tests.projections.house import house
from tests.projections.pipeline.asking import asked, figures, shown
from tests.projections.pipeline.facts import instant, opening, said, text

MONEY = {
    "currency": "EUR",
    "timezone": "UTC",
    "rates": {"USD": [{"from": "2024-01-01", "rate": "0.9"}, {"from": "2026-02-01", "rate": "0.8"}]},
}


async def test_an_opportunity_as_it_stands_is_one_flat_row() -> None:
    built = await shown(
        said("suite", 0, opening(0, region="north", owner="ben")),
        said("suite", 1, OpportunityProductAdded(line="1", product="app", amount_minor=70)),
        said("suite", 2, OpportunityStageChanged(stage="proposal", forecast="commit")),
        said("suite", 9, OpportunityAmended(next_step="call", cleared=("owner",))),
    )
    (row,) = built.view("opportunities")
    named = ("opportunity", "status", "stage", "forecast", "amount_minor", "lines", "region", "owner", "stage_since")
    assert [row[name] for name in named] == [
        "suite", "open", "proposal", "commit", 70, '[["1","app",70]]', "north", "", text(2),
    ]  # fmt: skip
    assert row["since"] == text(9)


async def test_history_rows_are_closed_and_never_overwritten() -> None:
    built = await shown(said("suite", 0, opening(100)), said("suite", 5, OpportunityAmended(amount_minor=300)))
    before = built.view("opportunity-history")
    await built.write(said("suite", 3, OpportunityAmended(region="north"), 8), log=OPPORTUNITY_EVENTS)
    await built.show()
    after = {(row["valid_from"], row["known_from"]): row for row in built.view("opportunity-history")}
    for old in before:
        new = after[old["valid_from"], old["known_from"]]
        assert {**new, "known_to": None} == {**old, "known_to": None}
        assert old["known_to"] in (None, new["known_to"])
    spans = [(row["valid_from"], row["valid_to"], row["amount_minor"], row["region"]) for row in after.values()]
    assert (text(3), text(5), 100, "north") in spans


async def test_no_roll_up_stops_at_two_thousand_rows() -> None:
    built = await shown(*(said(f"o{n}", 1, opening(100 + n % 3, region=f"r{n % 7}")) for n in range(2101)))
    total = sum(100 + n % 3 for n in range(2101))
    assert figures(asked(built, "matrix", 40))["open_pipe"] == total
    assert sum(int(row["end_minor"] or 0) for row in asked(built, "waterfall", 40, by="region")) == total
    assert len(asked(built, "matrix-opportunities", 40, where={"measure": "open_pipe"})) == 2101


async def test_last_year_is_as_it_was_known_and_as_it_was_then() -> None:
    last = date(2025, 3, 20)
    built = await shown(
        said("known", -340, opening(100, last)),
        said("late", -340, opening(70, last), -200),
        said("known", -300, OpportunityClosedWon()),
    )
    (pipe,) = asked(built, "matrix", 44, where={"measure": "open_pipe"})
    assert (pipe["amount_minor"], pipe["last_year_minor"], pipe["restated_minor"]) == (0, 100, 170)
    assert (pipe["yoy"], pipe["yoy_restated"]) == (-1.0, -1.0)


async def test_a_past_answer_stays_what_it_was_when_it_was_known() -> None:
    facts = [said("suite", 0, opening(100))]
    built = await shown(*facts)
    asked_then = asked(built, "matrix", 20, 20, by="segment")
    built = await shown(*facts, said("suite", 0, OpportunityAmended(segment="enterprise", amount_minor=500), 30))
    assert asked(built, "matrix", 20, 20, by="segment") == asked_then
    corrected = asked(built, "matrix", 20, by="segment", where={"segment": "enterprise"})
    assert figures(corrected)["open_pipe"] == 500, "an old day is cut by what was told later"


async def test_targets_hold_from_when_they_were_set_and_the_last_word_counts() -> None:
    def target(day: float, amount: int, **of: str) -> Envelope:
        fact = TargetSet(quarter="2026Q1", amount_minor=amount, currency="EUR", **of)  # type: ignore[arg-type]
        return said("plan", day, fact)

    targets = (target(-30, 1000), target(-20, 400, region="north"), target(10, 800), target(20, 0, region="north"))
    built = await shown(
        said("won", -9, opening(200, region="north")), said("won", 5, OpportunityClosedWon()), targets=targets
    )
    goals = [figures(asked(built, "matrix", day), "target_minor")["closed_acv"] for day in (0, 12)]
    assert goals == [1000, 800]
    north = [
        figures(asked(built, "matrix", day, by="region", where={"region": "north"}), "target_minor") for day in (12, 25)
    ]
    assert [each["closed_acv"] for each in north] == [400, None]
    coverage = figures(asked(built, "matrix", 12, by="region"), "coverage")["coverage"]
    assert coverage == "0.00", "nothing open for the 200 that are missing"
    (cell,) = asked(built, "matrix", 12, where={"measure": "coverage"})
    assert (cell["target_minor"], cell["coverage"]) == (600, "0.00")


async def test_pipe_generation_is_credited_to_the_role_of_who_opened_and_to_the_source() -> None:
    def target(day: float, amount: int, **of: str) -> Envelope:
        fact = TargetSet(quarter="2026Q1", kind="pipe_generation", amount_minor=amount, currency="EUR", **of)  # type: ignore[arg-type]
        return said("plan", day, fact)

    built = await shown(
        said("one", 1, opening(100, opener_role="SDR", source="events", owner="ben")),
        said("two", 2, opening(50, opener_role="AE", source="outbound")),
        said("three", 3, opening(30, opener_role="AE", source="events")),
        said("one", 5, OpportunityAmended(opener_role="AE", source="ABM", amount_minor=900)),
        said("last year", -360, opening(40, opener_role="AE")),
        targets=(target(0, 200, role="SDR"), target(0, 60, role="AE"), target(0, 500, owner="ben")),
    )

    def generated(by: str, **columns: str) -> dict[Any, Any]:
        rows = asked(built, "matrix", 10, by=by, where={"measure": "pipe_generation"})
        wanted = [*by.split("+"), *(columns or {"amount_minor": ""})]
        return {tuple(row[n] for n in by.split("+")): [row[n] for n in wanted[len(by.split("+")) :]] for row in rows}

    assert generated("source") == {("events",): [130], ("outbound",): [50], ("",): [0], ("ABM",): [0]}
    roles = generated("opener_role", amount_minor="", target_minor="", last_year_minor="", restated_minor="")
    assert roles == {("AE",): [80, 60, 40, 40], ("SDR",): [100, 200, 0, 0]}
    assert generated("source+opener_role") == {
        ("", "AE"): [0], ("ABM", "AE"): [0], ("events", "SDR"): [100], ("events", "AE"): [30], ("outbound", "AE"): [50],
    }  # fmt: skip
    assert asked(built, "matrix", 10, by="opener_role+source") == asked(built, "matrix", 10, by="source+opener_role")
    (ben,) = asked(built, "matrix", 10, by="owner", where={"owner": "ben", "measure": "pipe_generation"})
    assert ben["target_minor"] == 500


async def test_the_coverage_that_is_needed_stands_beside_the_one_there_is() -> None:
    built = await shown(
        said("won", -100, opening(5, region="north")), said("won", -90, OpportunityClosedWon()),
        *(said(f"lost{n}", -100, opening(5, region="north")) for n in range(3)),
        *(said(f"lost{n}", -50, OpportunityClosedLost(reason="price")) for n in range(3)),
        said("old", -500, opening(5, region="north")), said("old", -400, OpportunityClosedWon()),
        said("open", 1, opening(600, region="south")),
        targets=(said("plan", -80, TargetSet(quarter="2026Q1", amount_minor=9, currency="EUR", region="north")),),
    )  # fmt: skip
    where = {"measure": "coverage"}
    (all_,) = asked(built, "matrix", 10, where=where)
    assert (all_["win_rate"], all_["required_coverage"]) == (0.25, "4.00")
    regions = asked(built, "matrix", 10, by="region", where=where)
    assert [(row["region"], row["win_rate"], row["required_coverage"]) for row in regions] == [
        ("north", 0.25, "4.00"), ("south", None, ""),
    ]  # fmt: skip
    (before,) = asked(built, "matrix", -60, where=where)
    assert (before["win_rate"], before["required_coverage"]) == (1.0, "1.00"), "nothing was lost by then"


async def test_money_is_told_in_the_currency_of_the_agreement_by_its_dated_rates() -> None:
    facts = (said("usd", 0, opening(1000, currency="USD")), said("eur", 0, opening(1)))
    built = await shown(*facts, **MONEY)
    row = asked(built, "waterfall", 40, since=1)[0]
    assert (row["start_minor"], row["revalued_minor"], row["end_minor"], row["currency"]) == (901, -100, 801, "EUR")


async def test_what_is_untidy_is_listed_and_its_owners_share_of_clean_pipe_is_told() -> None:
    built = await shown(
        said("tidy", 0, opening(300, owner="ben")),
        said("bare", 0, opening(100, owner="ben")),
        said("bare", 1, HygieneFlagged(kind="no_contact")),
        said("tidy", 1, HygieneFlagged(kind="no_next_step")),
        said("tidy", 2, HygieneCleared(kind="no_next_step")),
        *(said(f"quick{n}", n, opening(0, owner="eve")) for n in range(10)),
        *(said(f"quick{n}", n + 2, OpportunityStageChanged(stage="proposal")) for n in range(10)),
        said("slow", 0, opening(50, owner="eve")),
    )
    await built.writer_at(60 * 24 * 20)
    await built.show()
    assert [(row["opportunity"], row["kind"], row["state"]) for row in built.view("hygiene")] == [
        ("bare", "no_contact", "untidy"), ("tidy", "no_next_step", "mended"),
    ]  # fmt: skip
    ben, eve = built.view("clean-pipe")
    assert (ben["opportunities"], ben["clean"], ben["stage_old"]) == (2, 0, 2), "no stay in discovery took 20 days"
    assert (eve["opportunities"], eve["clean"], eve["stage_old"], eve["clean_share"]) == (11, 10, 1, 0.0)


async def test_a_target_that_is_taken_away_leaves_nothing() -> None:
    def target(day: float, amount: int) -> Envelope:
        return said("plan", day, TargetSet(quarter="2026Q1", amount_minor=amount, currency="GBP", region="west"))

    built = await shown(said("suite", 0, opening(1)), targets=(target(-9, 7), target(-8, 0)), **MONEY)
    assert {row["region"] for row in asked(built, "matrix", 10, by="region")} == {""}


async def test_the_clean_pipe_sums_to_the_open_pipe_of_the_matrix_whatever_the_lines_are_rounded_to() -> None:
    lines = (OpportunityProductAdded(line=str(n), product="p", amount_minor=amount) for n, amount in ((1, 3), (2, 3)))
    facts = (said("usd", 0, opening(6, currency="USD")), *(said("usd", 1, line) for line in lines))
    built = await shown(*facts, said("eur", 40, opening(1)), **MONEY)
    (row,) = built.view("clean-pipe")
    (pipe,) = built.view("matrix", where={"measure": "open_pipe"})
    assert (row["open_minor"], pipe["amount_minor"], row["currency"]) == (5, 5, "EUR"), "of 3 dollars each is 2"


async def test_an_edit_leaves_the_age_of_a_stage_alone() -> None:
    built = await shown(
        said("suite", 0, opening(100)),
        said("suite", 4, OpportunityStageChanged(stage="proposal")),
        said("suite", 9, OpportunityAmended(amount_minor=7, next_step="call")),
        said("suite", 9, OpportunityStageChanged(stage="proposal", forecast="commit")),
    )
    assert built.view("opportunities")[0]["stage_since"] == text(4)


async def test_leads_do_not_wait_for_opportunities_nor_these_for_leads() -> None:
    built = await house()
    await built.write(told(LeadCaptured(source="web")))
    await built.writer_at(10, projections=["views"])
    await built.show()
    assert built.complete_to() is not None
    assert built.view("matrix") == []
    await built.write(said("suite", 1, opening()), log=OPPORTUNITY_EVENTS)
    await built.show()
    (row,) = read_view(built.store, "opportunities")
    assert row["complete_to"] is None
    assert {row["as_of"] for row in built.view("matrix")} == {text(1)}, "when the last thing became known"
    await built.writer_at(60 * 24)
    await built.show()
    assert {row["as_of"] for row in built.view("matrix")} == {"2026-01-06T09:00:00.000000Z"}


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("matrix", {"where": {"quarter": "2026"}}, "quarter: '2026' is no quarter"),
        ("matrix", {"by": "stage"}, r"cannot be split by 'stage': only by product, .*, or two of them with a plus"),
        ("matrix", {"by": "region+region"}, "cannot be split by"),
        ("waterfall", {"since": 50}, "a waterfall begins before it ends"),
        ("waterfall", {"where": {"known": "never"}}, "expected now or then"),
        ("leads", {}, "the rows of view leads hold for one time alone"),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_is_told(name: str, options: dict[str, Any], says: str) -> None:
    built = await shown(said("suite", 0, opening()), said("suite", 1, OpportunityReopened()))
    with pytest.raises(BadQuery, match=says):
        asked(built, name, 40, **options)


async def test_a_deal_that_was_just_won_counts_at_once_while_other_partitions_are_quiet() -> None:
    built = await house(partitions=4)
    await built.write(said("suite", 1, opening(70)), log=OPPORTUNITY_EVENTS)
    await built.writer_at(60 * 24)
    await built.write(said("suite", 9, OpportunityClosedWon()), log=OPPORTUNITY_EVENTS)
    await built.project(until=60 * 24)
    await sink_once(built.log, built.store)
    (row,) = read_view(built.store, "matrix", {"measure": "closed_acv"})
    assert (row["amount_minor"], row["as_of"]) == (70, text(9))
    assert str(row["complete_to"]) < text(9), "what is final is told apart from what is shown"
    (then,) = read_view(built.store, "matrix", {"measure": "closed_acv"}, times={"as_of": to_us(instant(8))})
    assert then["amount_minor"] == 0
