"""What is not taken of an opportunity: each refusal has a reason and names the field that is to blame."""

from typing import Any

import pytest

from events.fact import Fact
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
from tests.streams.deciders.opportunities.deals import LINE, OPENED, deal, opened

WON, LOST = OpportunityClosedWon(), OpportunityClosedLost(reason="no_need")
BARE: dict[str, Any] = {"account": "acme", "name": "Acme"}
CHANGES: tuple[Fact, ...] = (
    OpportunityAmended(region="DACH"),
    OpportunityStageChanged(stage="Proposal"),
    OpportunityProductAdded(line="2", product="support", amount_minor=1),
    OpportunityProductRemoved(line="1"),
    OpportunityContactAdded(contact="ada"),
)


def said(ledger: Any) -> list[tuple[str, str]]:
    return [(each.reason, each.field) for each in ledger.refused]


@pytest.mark.parametrize("fact", CHANGES)
@pytest.mark.parametrize("end", [WON, LOST])
def test_nothing_changes_after_it_closed_unless_it_is_reopened(fact: Fact, end: Fact) -> None:
    ledger = opened()
    ledger.hears(LINE, 5)
    ledger.hears(end, 10)
    ledger.hears(fact, 20)
    assert said(ledger) == [("closed", "type")]
    ledger.hears(OpportunityReopened(), 30)
    ledger.hears(fact, 40)
    assert len(ledger.refused) == 1


@pytest.mark.parametrize("first", [WON, LOST])
@pytest.mark.parametrize("second", [WON, LOST])
@pytest.mark.parametrize("at", [5, 10, 20])
def test_it_is_won_or_lost_once(first: Fact, second: Fact, at: float) -> None:
    ledger = opened()
    ledger.hears(first, 10)
    ledger.hears(second, at, recorded=20)
    assert said(ledger) == [("closed", "type")]


@pytest.mark.parametrize("end", [WON, LOST, OpportunityStageChanged(stage="Won")])
def test_it_does_not_close_before_it_is_opened(end: Fact) -> None:
    ledger = opened(at=10)
    ledger.hears(end, 5, recorded=20)
    assert said(ledger) == [("before_opening", "time")]


def test_it_is_not_reopened_before_it_closed_nor_closed_before_it_was_reopened() -> None:
    ledger = opened()
    ledger.hears(LOST, 20)
    ledger.hears(OpportunityReopened(), 10, recorded=30)
    ledger.hears(OpportunityReopened(), 30)
    ledger.hears(WON, 25, recorded=40)
    assert said(ledger) == [("out_of_order", "time")] * 2


def test_an_open_one_is_not_reopened_and_an_opened_one_not_opened() -> None:
    ledger = opened()
    ledger.hears(OpportunityReopened(), 10)
    ledger.hears(OPENED, 20)
    assert said(ledger) == [("not_closed", "type"), ("opened_already", "type")]


@pytest.mark.parametrize("stage", ["Nowhere", "discovery"])
def test_a_stage_that_is_not_agreed_is_refused(stage: str) -> None:
    ledger = deal()
    ledger.hears(OpportunityOpened(stage=stage, **BARE), 0)
    ledger.hears(OPENED, 0)
    ledger.hears(OpportunityStageChanged(stage=stage), 10)
    ledger.hears(LOST, 20)
    ledger.hears(OpportunityReopened(stage=stage), 30)
    assert said(ledger) == [("unknown_stage", "data.stage")] * 3
    assert "expected one of Discovery, Proposal, Won" in ledger.refused[0].detail


def test_it_is_not_reopened_into_a_stage_that_wins_it() -> None:
    ledger = opened(stage="Won")
    ledger.hears(OpportunityReopened(), 10)
    ledger.hears(OpportunityReopened(stage="Won"), 10)
    assert said(ledger) == [("no_stage", "data.stage"), ("unknown_stage", "data.stage")]


@pytest.mark.parametrize(
    "fact", [OpportunityAmended(forecast="closed"), OpportunityStageChanged(stage="Proposal", forecast="closed")]
)
def test_a_forecast_is_closed_by_winning_alone(fact: Fact) -> None:
    ledger = opened()
    ledger.hears(fact, 10)
    assert said(ledger) == [("not_won", "data.forecast")]


@pytest.mark.parametrize("currency", ["XXX", "GBP"])
def test_a_currency_that_cannot_be_reported_is_refused(currency: str) -> None:
    ledger = deal()
    ledger.hears(OpportunityOpened(stage="Discovery", currency=currency, **BARE), 0)
    ledger.hears(OPENED, 0)
    ledger.hears(OpportunityAmended(amount_minor=1, currency=currency), 10)
    assert said(ledger) == [("unknown_currency", "data.currency")] * 2
    assert "expected EUR, USD" in ledger.refused[0].detail


def test_without_rates_any_currency_of_iso_4217_is_taken_and_no_other() -> None:
    ledger = deal(None)
    ledger.hears(OpportunityOpened(stage="Any", currency="XXX", **BARE), 0)
    ledger.hears(OpportunityOpened(stage="Any", currency="JPY", amount_minor=5, **BARE), 0)
    assert said(ledger) == [("unknown_currency", "data.currency")]
    assert ledger.refused[0].detail == "XXX cannot be reported; expected an ISO 4217 code (data.currency)"


def test_an_amount_needs_a_currency_where_no_agreement_names_one() -> None:
    ledger = deal(None)
    ledger.hears(OpportunityOpened(stage="Any", amount_minor=5, **BARE), 0)
    ledger.hears(OpportunityOpened(stage="Any", **BARE), 0)
    ledger.hears(OpportunityAmended(amount_minor=5), 10)
    ledger.hears(LINE, 20)
    assert said(ledger) == [("no_currency", field) for field in ("data.currency", "data.currency", "data.amount_minor")]


def test_an_amount_differs_from_its_lines_in_no_case() -> None:
    ledger = opened()
    ledger.hears(LINE, 10)
    ledger.hears(OpportunityAmended(amount_minor=99_999), 20)
    assert said(ledger) == [("amount_differs", "data.amount_minor")]
    assert "its 1 lines sum to 100000, found 99999" in ledger.refused[0].detail
    ledger.hears(OpportunityAmended(amount_minor=100_000), 20)
    assert len(ledger.refused) == 1


def test_another_currency_comes_with_an_amount_and_without_lines() -> None:
    ledger = opened()
    ledger.hears(OpportunityAmended(currency="USD"), 10)
    ledger.hears(LINE, 20)
    ledger.hears(OpportunityAmended(currency="USD", amount_minor=100_000), 30)
    assert said(ledger) == [("no_amount", "data.amount_minor"), ("currency_of_lines", "data.currency")]
    ledger.hears(OpportunityAmended(currency="EUR"), 40)
    assert len(ledger.refused) == 2
    assert (ledger.state.currency, ledger.state.amount_minor) == ("EUR", 100_000)


def test_lines_have_ids_of_their_own_and_only_those_there_are_removed() -> None:
    ledger = opened()
    ledger.hears(LINE, 10)
    ledger.hears(LINE, 20)
    ledger.hears(OpportunityProductRemoved(line="2"), 30)
    assert said(ledger) == [("duplicate_line", "data.line"), ("unknown_line", "data.line")]
    ledger.hears(OpportunityProductRemoved(line="1"), 40)
    ledger.hears(LINE, 50)
    assert len(ledger.refused) == 2


def test_lines_sum_to_no_more_than_an_amount_may_be() -> None:
    ledger = opened()
    ledger.hears(OpportunityProductAdded(line="1", product="platform", amount_minor=2**53), 10)
    ledger.hears(OpportunityProductAdded(line="2", product="platform", amount_minor=1), 20)
    assert said(ledger) == [("amount_too_large", "data.amount_minor")]


def test_a_field_is_not_told_and_cleared_at_once() -> None:
    ledger = opened()
    ledger.hears(OpportunityAmended(next_step="call", cleared=("next_step",)), 10)
    assert said(ledger) == [("contradictory", "data.cleared")]


def test_what_is_refused_may_be_sent_again_when_its_cause_is_mended() -> None:
    ledger = opened()
    ledger.hears(OpportunityReopened(), 15, fact_id="reopened")
    ledger.hears(WON, 10, recorded=20)
    ledger.hears(OpportunityReopened(), 15, recorded=30, fact_id="reopened")
    assert len(ledger.refused) == 1
    assert ledger.state.is_open
