"""A conversion opens an opportunity with what lead and command tell; the system that has it may open it as well."""

from datetime import date

import pytest
from msgspec.structs import replace

from events.instants import to_us
from events.lead import LeadOriginTold
from events.opportunity import OpportunityAmended, OpportunityClosedWon, OpportunityOpened, OpportunityProductAdded
from tests.streams.deciders.opportunities.deals import CONVERTED, OPENED, QUIET, deal
from tests.support.given import minute

LEAD = "/leadstream/anna"
FROM_LEAD = OpportunityOpened(
    account="acme",
    name="Acme",
    stage="Discovery",
    amount_minor=50_000,
    currency="EUR",
    forecast="pipeline",
    close_date=date(2026, 2, 28),
    owner="rep-1",
    opener="sdr-7",
    opener_role="SDR",
    source="webinar",
    campaign="spring-2026",
    lead="anna",
)


def test_a_conversion_opens_an_opportunity_in_the_first_stage_with_what_the_lead_brought() -> None:
    (first, *_) = deal().hears(CONVERTED, 5, LEAD)
    assert first == FROM_LEAD


def test_without_an_agreement_it_begins_in_a_stage_of_its_own() -> None:
    (first, *_) = deal(None).hears(CONVERTED, 5, LEAD)
    assert first == replace(FROM_LEAD, stage="New", forecast=None)


@pytest.mark.parametrize(
    ("agreement", "told", "currency"),
    [
        (QUIET, {"amount_minor": None, "currency": None}, "EUR"),
        (QUIET, {"amount_minor": -5}, "EUR"),
        (QUIET, {"currency": "GBP"}, "EUR"),
        (None, {"currency": None}, None),
        (None, {"currency": "XXX"}, None),
    ],
)
def test_an_amount_that_cannot_be_taken_is_left_out(agreement: str | None, told: dict[str, str], currency: str) -> None:
    (first, *_) = deal(agreement).hears(replace(CONVERTED, **told), 5, LEAD)
    assert isinstance(first, OpportunityOpened)
    assert (first.amount_minor, first.currency) == (0, currency)


def test_an_amount_without_a_currency_is_one_of_reports() -> None:
    (first, *_) = deal().hears(replace(CONVERTED, currency=None), 5, LEAD)
    assert isinstance(first, OpportunityOpened)
    assert (first.amount_minor, first.currency) == (50_000, "EUR")


def test_a_second_conversion_to_it_opens_nothing_and_credits_nobody_else() -> None:
    ledger = deal()
    ledger.hears(CONVERTED, 5, LEAD)
    assert ledger.hears(replace(CONVERTED, source="referral"), 10, "/leadstream/bert") == []
    assert len(ledger.told(OpportunityOpened)) == 1
    assert (ledger.state.known["source"], ledger.state.known["lead"]) == ("webinar", "anna")


def test_an_opportunity_that_is_there_learns_what_lead_it_is_due_to_where_nobody_said() -> None:
    ledger = deal()
    ledger.hears(replace(OPENED, source="outbound"), 0)
    assert ledger.hears(CONVERTED, 5, LEAD) == [OpportunityAmended(lead="anna", campaign="spring-2026")]
    assert ledger.state.known["source"] == "outbound"


def test_without_an_account_nothing_is_opened_but_what_the_lead_brought_is_kept() -> None:
    ledger = deal()
    assert ledger.hears(replace(CONVERTED, account=None), 5, LEAD) == []
    assert ledger.state.opened_at is None
    told = ledger.hears(OPENED, 10)
    assert OpportunityAmended(lead="anna", source="webinar", campaign="spring-2026") in told


def test_an_opportunity_learns_where_its_lead_came_from_when_that_is_told_later() -> None:
    ledger = deal()
    ledger.hears(replace(CONVERTED, source=None), 5, LEAD)
    ledger.hears(OpportunityClosedWon(), 6)
    told = ledger.hears(LeadOriginTold(opportunity="deal", source="organic_search"), 10, LEAD)
    assert told == [OpportunityAmended(source="organic_search")]
    assert (ledger.state.known["source"], ledger.state.closed) == ("organic_search", "won")


@pytest.mark.parametrize("speaker", [LEAD, "/leadstream/bert"])
def test_an_origin_told_later_changes_nothing_where_one_is_known_or_of_another_lead(speaker: str) -> None:
    ledger, origin = deal(), LeadOriginTold(opportunity="deal", source="organic_search")
    ledger.hears(CONVERTED if speaker == LEAD else replace(CONVERTED, source=None), 5, LEAD)
    assert ledger.hears(origin, 10, speaker) == []
    assert ledger.state.known.get("source") == ("webinar" if speaker == LEAD else None)


@pytest.mark.parametrize("at", [0, 60])
def test_the_system_that_has_it_says_what_is_so_from_the_beginning(at: float) -> None:
    ledger = deal()
    ledger.hears(CONVERTED, 30, LEAD)
    ledger.hears(OPENED, at, recorded=60)
    state = ledger.state
    assert ledger.refused == []
    assert (state.opened_at, state.amount_minor, state.known["name"]) == (
        minute(min(at, 30)),
        100_000,
        "Acme, new plant",
    )
    assert (state.known["source"], state.known["lead"]) == ("webinar", "anna")
    ledger.hears(OPENED, 70)
    assert [each.reason for each in ledger.refused] == ["opened_already"]


def test_what_was_changed_since_the_conversion_stays_when_the_system_opens_it() -> None:
    ledger = deal()
    ledger.hears(CONVERTED, 30, LEAD)
    ledger.hears(OpportunityAmended(owner="rep-9", amount_minor=70_000), 40)
    ledger.hears(OPENED, 50)
    assert (ledger.state.known["owner"], ledger.state.amount_minor) == ("rep-9", 70_000)


def test_lines_that_came_before_the_system_opened_it_hold_for_its_amount() -> None:
    ledger = deal()
    ledger.hears(CONVERTED, 30, LEAD)
    ledger.hears(OpportunityProductAdded(line="1", product="platform", amount_minor=80_000), 40)
    ledger.hears(OPENED, 50)
    ledger.hears(replace(OPENED, amount_minor=0, currency=None), 50)
    assert [each.reason for each in ledger.refused] == ["amount_differs"]
    assert (ledger.state.amount_minor, ledger.state.confirmed) == (80_000, True)


def test_the_opening_has_the_time_of_the_conversion_and_an_id_that_follows_from_it() -> None:
    first, second = deal(), deal()
    first.hears(CONVERTED, 5, LEAD, fact_id="c")
    second.hears(CONVERTED, 5, LEAD, recorded=500, fact_id="c")
    one, other = first.told(OpportunityOpened)[0], second.told(OpportunityOpened)[0]
    assert (to_us(one.time), one.id, one.causationid) == (minute(5), other.id, "c")
