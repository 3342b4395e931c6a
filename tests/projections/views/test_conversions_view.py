"""What conversions made, and what became of them."""

from events.lead import LeadCaptured, LeadConverted
from events.life import LeadUnconverted
from projections.views.conversions import CONVERSIONS
from projections.views.funnel import FUNNEL
from tests.projections.given import rows_of, text, told

FIRST = LeadConverted(
    account="acc-1",
    contact="con-1",
    opportunity="opp-1",
    amount_minor=125_000,
    currency="EUR",
    by="Radu",
    made=("contact", "opportunity"),
)


def test_a_conversion_says_what_it_made_and_what_it_joined() -> None:
    (row,) = rows_of(CONVERSIONS, told(FIRST, 5, source="/leadstream"))
    assert row == {
        "lead": "anna",
        "number": 1,
        "converted_at": text(5),
        "state": "stands",
        "account": "acc-1",
        "contact": "con-1",
        "opportunity": "opp-1",
        "made": "contact, opportunity",
        "amount_minor": 125_000,
        "currency": "EUR",
        "converted_by": "Radu",
        "opportunity_group": None,
        "status": None,
        "told_by": "/leadstream",
        "taken_back_at": None,
        "taken_back_by": None,
        "taken_back_because": None,
    }


def test_a_conversion_taken_back_stays_on_record_and_a_later_one_stands() -> None:
    back = told(LeadUnconverted(by="Ines", reason="a mistake"), 8)
    again = told(LeadConverted(opportunity="opp-2", group="support"), 9)
    found = rows_of(CONVERSIONS, told(FIRST, 5), back, again)
    assert [(row["number"], row["state"], row["taken_back_by"], row["opportunity_group"]) for row in found] == [
        (1, "taken_back", "Ines", None),
        (2, "stands", None, "support"),
    ]


def test_a_conversion_taken_back_is_no_stage_that_was_reached() -> None:
    captured, back = told(LeadCaptured(source="web"), 0), told(LeadUnconverted(), 8)
    for facts, stages in (
        ((told(FIRST, 5),), {"captured", "converted"}),
        ((told(FIRST, 5), back), {"captured"}),
        ((told(FIRST, 5), back, told(FIRST, 9)), {"captured", "converted"}),
        ((told(FIRST, 9), back), {"captured", "converted"}),
    ):
        assert {row["stage"] for row in rows_of(FUNNEL, captured, *facts)} == stages


def test_test_leads_are_left_out() -> None:
    assert rows_of(CONVERSIONS, told(FIRST, 5), told(LeadCaptured(is_test=True), 6)) == []
