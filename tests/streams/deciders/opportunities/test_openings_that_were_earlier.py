"""Of each field the later word holds, also when it turns out that an opportunity was opened earlier than we thought."""

from datetime import date

from msgspec.structs import replace

from events.opportunity import OpportunityAmended, OpportunityStageChanged
from streams.deciders.opportunities import Opportunity
from tests.streams.deciders.opportunities.deals import CONVERTED, LINE, OPENED, deal, opened
from tests.support.subjects import Ledger

BARE = replace(OPENED, amount_minor=0, currency=None, close_date=None, owner=None, next_step=None)
MARCH = OpportunityAmended(close_date=date(2026, 3, 31), amount_minor=70_000)


def converted() -> Ledger[Opportunity]:
    ledger = deal()
    ledger.hears(CONVERTED, 100, "/leadstream/anna")
    return ledger


def test_what_was_told_of_a_time_before_a_conversion_does_not_hold_against_it() -> None:
    ledger = converted()
    ledger.hears(MARCH, 50, recorded=110)
    assert (ledger.state.known["close_date"], ledger.state.amount_minor) == ("2026-02-28", 50_000)


def test_it_holds_when_the_opening_turns_out_to_have_been_before_it() -> None:
    ledger = converted()
    ledger.hears(MARCH, 50, recorded=110)
    ledger.hears(OpportunityStageChanged(stage="Proposal"), 60, recorded=120)
    ledger.hears(BARE, 10, recorded=130)
    state = ledger.state
    assert (state.known["close_date"], state.amount_minor, state.known["stage"]) == ("2026-03-31", 70_000, "Proposal")
    assert (state.amended_before, state.staged_before) == ([], [])


def test_it_does_not_hold_when_the_opening_is_still_after_it() -> None:
    ledger = converted()
    ledger.hears(MARCH, 50, recorded=110)
    ledger.hears(BARE, 70, recorded=130)
    assert (ledger.state.known["close_date"], ledger.state.amount_minor) == ("2026-02-28", 50_000)


def test_a_late_word_of_an_amount_that_is_that_of_the_lines_does_not_change_their_currency() -> None:
    ledger = opened()
    ledger.hears(LINE, 10)
    ledger.hears(OpportunityAmended(amount_minor=LINE.amount_minor, currency="USD"), -30, recorded=20)
    assert (ledger.state.amount_minor, ledger.state.currency) == (100_000, "EUR")
