"""Plans know the last word on every target."""

from msgspec.structs import replace

from events.opportunity import TargetSet
from streams.agreement.known import Known
from streams.deciders.councils import COUNCIL, Council
from tests.streams.deciders.opportunities.deals import QUIET
from tests.support.given import published
from tests.support.subjects import Ledger

DACH = TargetSet(quarter="2026Q1", amount_minor=100, currency="EUR", region="DACH")
ROW = ("2026Q1", "closed", "", "DACH", "", "", "", "")


def plan() -> Ledger[Council]:
    return Ledger(COUNCIL, "emea")


def test_the_later_word_on_a_target_holds_however_they_come() -> None:
    ledger = plan()
    ledger.hears(replace(DACH, amount_minor=300), 20)
    ledger.hears(DACH, 10, recorded=30)
    assert {key: amount for key, (amount, *_) in ledger.state.targets.items()} == {ROW: 300}


def test_each_quarter_kind_and_slice_has_a_target_of_its_own() -> None:
    ledger = plan()
    others = ({"quarter": "2026Q2"}, {"kind": "pipe_generation"}, {"role": "BDR"}, {"region": None, "owner": "DACH"})
    for number, parts in enumerate(({}, *others)):
        ledger.hears(replace(DACH, **parts), number)
    assert len(ledger.state.targets) == 5


def test_a_target_in_a_currency_without_a_rate_is_refused_but_it_can_be_taken_away() -> None:
    ledger: Ledger[Council] = Ledger(COUNCIL, "emea", Known.of([published(QUIET)]))
    ledger.hears(replace(DACH, currency="GBP"), 0)
    assert [(each.reason, each.field) for each in ledger.refused] == [("unknown_currency", "data.currency")]
    assert ledger.refused[0].detail == "GBP cannot be reported; expected EUR, USD (data.currency)"
    ledger.hears(replace(DACH, currency="GBP", amount_minor=0), 1)
    ledger.hears(replace(DACH, currency="USD", region=None), 2)
    assert len(ledger.refused) == 1
    assert [amount for amount, *_ in ledger.state.targets.values()] == [0, 100]


def test_a_target_in_a_currency_that_there_is_not_is_refused() -> None:
    ledger = plan()
    ledger.hears(replace(DACH, currency="XXX"), 0)
    assert [(each.reason, each.field) for each in ledger.refused] == [("unknown_currency", "data.currency")]
    assert ledger.state.targets == {}
