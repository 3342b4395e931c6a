"""Opportunities: what is known of them, what they are worth, and what follows by itself."""

from datetime import date
from typing import Any

import pytest

from events.instants import to_us
from events.opportunity import (
    OpportunityAmended,
    OpportunityClosedLost,
    OpportunityClosedWon,
    OpportunityContactAdded,
    OpportunityOpened,
    OpportunityOwnerTold,
    OpportunityProductAdded,
    OpportunityProductRemoved,
    OpportunityReopened,
    OpportunityStageChanged,
)
from streams.deciders.opportunities import Opportunity
from tests.streams.deciders.opportunities.deals import OPENED, STAGED, deal, opened
from tests.support.given import MONDAY, minute
from tests.support.subjects import Ledger


def line(name: str, amount: int) -> OpportunityProductAdded:
    return OpportunityProductAdded(line=name, product="platform", amount_minor=amount)


def test_what_the_agreement_says_of_a_stage_is_filled_in_when_the_fact_is_accepted() -> None:
    ledger = opened(currency=None)
    first = ledger.facts[0].data
    assert isinstance(first, OpportunityOpened)
    assert (first.forecast, first.currency) == ("pipeline", "EUR")
    ledger.hears(OpportunityStageChanged(stage="Proposal"), 10)
    assert ledger.facts[-1].data == OpportunityStageChanged(stage="Proposal", forecast="best_case")
    ledger.hears(OpportunityStageChanged(stage="Proposal", forecast="most_likely"), 20)
    assert ledger.state.known["forecast"] == "most_likely"


def test_without_an_agreement_any_stage_is_taken_and_nothing_is_said_of_it() -> None:
    ledger = opened(None, stage="Whatever")
    ledger.hears(OpportunityStageChanged(stage="Somewhere"), 10)
    assert (ledger.state.known["stage"], ledger.state.known.get("forecast")) == ("Somewhere", None)


def test_of_each_field_the_later_word_holds_however_they_come() -> None:
    ledger = opened()
    ledger.hears(OpportunityAmended(owner="rep-2", amount_minor=300_000), 20)
    ledger.hears(OpportunityAmended(owner="rep-3", amount_minor=200_000, region="DACH"), 10, recorded=30)
    state = ledger.state
    assert (state.known["owner"], state.known["region"], state.amount_minor) == ("rep-2", "DACH", 300_000)


def test_a_cleared_field_is_empty_until_it_is_told_again() -> None:
    ledger = opened()
    ledger.hears(OpportunityAmended(cleared=("next_step", "close_date")), 10)
    assert "next_step" not in ledger.state.known
    assert "close_date" not in ledger.state.known
    ledger.hears(OpportunityAmended(next_step="send the offer", close_date=date(2026, 4, 30)), 20)
    assert (ledger.state.known["next_step"], ledger.state.known["close_date"]) == ("send the offer", "2026-04-30")


def test_as_long_as_there_are_lines_they_are_the_amount_and_that_is_said() -> None:
    ledger = opened()
    assert OpportunityAmended(amount_minor=40_000) in ledger.hears(line("1", 40_000), 10)
    assert OpportunityAmended(amount_minor=100_000) in ledger.hears(line("2", 60_000), 20)
    assert OpportunityAmended(amount_minor=60_000) in ledger.hears(OpportunityProductRemoved(line="1"), 30)
    assert ledger.state.amount_minor == 60_000


def test_a_line_that_is_the_whole_amount_says_nothing_new_of_it() -> None:
    assert opened().hears(line("1", 100_000), 10) == []


def test_when_the_last_line_is_removed_the_amount_stays() -> None:
    ledger = opened()
    ledger.hears(line("1", 40_000), 10)
    assert ledger.hears(OpportunityProductRemoved(line="1"), 20) == []
    assert (ledger.state.lines, ledger.state.amount_minor) == ([], 40_000)


def test_a_line_that_is_told_late_changes_the_amount_no_earlier_than_the_last_word_on_it() -> None:
    ledger = opened()
    ledger.hears(OpportunityAmended(amount_minor=80_000), 20)
    ledger.hears(line("1", 30_000), 10, recorded=30)
    assert (ledger.facts[-1].data, to_us(ledger.facts[-1].time)) == (
        OpportunityAmended(amount_minor=30_000),
        minute(20),
    )


def test_an_amount_that_lines_replaced_since_is_only_history() -> None:
    ledger = opened()
    ledger.hears(line("1", 30_000), 20)
    ledger.hears(OpportunityAmended(amount_minor=90_000), 10, recorded=30)
    assert ledger.refused == []
    assert ledger.state.amount_minor == 30_000


def test_one_contact_is_the_primary_one_and_nobody_stands_there_twice() -> None:
    ledger = opened()
    for number, (contact, primary) in enumerate([("ada", True), ("bob", True), ("ada", False)]):
        ledger.hears(OpportunityContactAdded(contact=contact, role="buyer", primary=primary), number)
    assert [(each.contact, each.primary) for each in ledger.state.contacts] == [("bob", True), ("ada", False)]


def test_a_won_opportunity_is_closed_and_a_lost_one_can_be_opened_again_where_it_was() -> None:
    ledger = opened()
    ledger.hears(OpportunityStageChanged(stage="Proposal"), 10)
    ledger.hears(OpportunityClosedLost(reason="no_budget"), 20)
    assert ledger.state.closed == "lost"
    ledger.hears(OpportunityReopened(reason="budget found"), 30)
    reopened = next(each.data for each in ledger.facts if isinstance(each.data, OpportunityReopened))
    assert (reopened.stage, reopened.forecast) == ("Proposal", "best_case")
    ledger.hears(OpportunityClosedWon(), 40)
    assert (ledger.state.closed, ledger.state.turned_at) == ("won", minute(40))


def test_entering_a_closed_stage_wins_it_and_it_can_be_opened_again_before_that() -> None:
    ledger = opened()
    told = ledger.hears(OpportunityStageChanged(stage="Won", by="rep-1"), 10)
    assert told[0] == OpportunityClosedWon(by="rep-1")
    ledger.hears(OpportunityReopened(), 20)
    assert (ledger.state.closed, ledger.state.known["stage"]) == (None, "Discovery")
    assert len(ledger.told(OpportunityClosedWon)) == 1


def test_an_opportunity_may_be_opened_in_a_closed_stage() -> None:
    assert OpportunityClosedWon() in [each.data for each in opened(stage="Won").facts]


def test_a_late_word_on_a_closed_stage_that_it_has_left_wins_nothing() -> None:
    ledger = opened()
    ledger.hears(OpportunityStageChanged(stage="Proposal"), 20)
    ledger.hears(OpportunityStageChanged(stage="Won"), 10, recorded=30)
    assert ledger.state.closed is None


def test_what_was_so_before_it_closed_may_still_be_told() -> None:
    ledger = opened()
    ledger.hears(OpportunityClosedWon(), 20)
    ledger.hears(OpportunityAmended(region="DACH"), 10, recorded=30)
    ledger.hears(OpportunityContactAdded(contact="ada"), 20, recorded=30)
    assert ledger.refused == []
    assert (ledger.state.known["region"], len(ledger.state.contacts)) == ("DACH", 1)


def test_its_account_hears_who_has_it_until_it_is_closed_and_again_when_it_is_reopened() -> None:
    ledger = opened()
    ledger.hears(OpportunityAmended(owner="rep-2", name="Acme"), 10)
    ledger.hears(OpportunityAmended(region="DACH"), 15)
    ledger.hears(OpportunityClosedLost(reason="no_need"), 20)
    ledger.hears(OpportunityReopened(), 30)
    assert [(each.data.is_open, each.data.owner) for each in told_of(ledger)] == [
        (True, "rep-1"),
        (True, "rep-2"),
        (False, None),
        (True, "rep-2"),
    ]
    assert {to_us(each.data.opened_at) for each in told_of(ledger)} == {MONDAY}


def test_an_opportunity_that_goes_to_another_account_is_told_to_both() -> None:
    ledger = opened()
    ledger.hears(OpportunityAmended(account="bolt"), 10)
    assert [(each.data.account, each.data.is_open) for each in told_of(ledger)] == [
        ("acme", True),
        ("acme", False),
        ("bolt", True),
    ]


def test_a_closed_opportunity_is_nobodys_news() -> None:
    ledger = opened()
    ledger.hears(OpportunityClosedLost(reason="no_need"), 20)
    ledger.hears(OpportunityAmended(account="bolt"), 20)
    assert [each.data.account for each in told_of(ledger)] == ["acme", "acme"]


@pytest.mark.parametrize("agreement", [None, STAGED])
def test_a_second_delivery_changes_nothing(agreement: str | None) -> None:
    ledger = deal(agreement)
    ledger.hears(OPENED, 0, fact_id="once")
    before = len(ledger.facts)
    assert ledger.hears(OPENED, 0, fact_id="once") == []
    assert (len(ledger.facts), ledger.refused) == (before, [])


def told_of(ledger: Ledger[Opportunity]) -> list[Any]:
    return ledger.told(OpportunityOwnerTold)
