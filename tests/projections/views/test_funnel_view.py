from typing import Any

from events.envelope import Envelope
from events.lead import LeadCaptured, LeadConverted, LeadStatusChanged
from projections.views.funnel import FUNNEL
from projections.views.view import Cell
from tests.projections.given import rows_of, told


def captured(
    lead: str = "anna", source: str = "web", agreement: str = "inbound", at: float = 0, **more: Any
) -> Envelope:
    return told(LeadCaptured(source=source, agreement=agreement, **more), at, lead=lead)


def status(name: str, lead: str = "anna", at: float = 1) -> Envelope:
    return told(LeadStatusChanged(status=name), at, lead=lead)


def converted(lead: str = "anna") -> Envelope:
    return told(LeadConverted(), 2, lead=lead)


def counts(*envelopes: Envelope) -> dict[tuple[Cell, Cell], Cell]:
    return {(row["source"], row["stage"]): row["leads"] for row in rows_of(FUNNEL, *envelopes)}


def test_a_lead_counts_once_in_each_stage_it_reached() -> None:
    again = [status("Contacted"), status("Open"), status("Contacted"), converted(), converted()]
    assert counts(captured(), *again) == {
        ("web", "captured"): 1,
        ("web", "Contacted"): 1,
        ("web", "Open"): 1,
        ("web", "converted"): 1,
    }


def test_leads_of_one_source_add_up() -> None:
    assert counts(captured("anna"), captured("bob"), captured("eve", source="fair"), status("Open", "bob")) == {
        ("web", "captured"): 2,
        ("web", "Open"): 1,
        ("fair", "captured"): 1,
    }


def test_a_stub_is_outside_the_funnel() -> None:
    assert counts(status("Open"), converted()) == {}


def test_what_came_before_the_capture_counts_under_its_source_once_captured() -> None:
    assert counts(converted(), status("Open"), captured(source="")) == {
        ("", "captured"): 1,
        ("", "Open"): 1,
        ("", "converted"): 1,
    }


def test_blank_and_unknown_sources_stay_apart() -> None:
    assert counts(captured("anna", source=""), captured("bob", source="unknown")) == {
        ("", "captured"): 1,
        ("unknown", "captured"): 1,
    }


def test_test_leads_are_left_out_also_when_that_is_told_later() -> None:
    assert counts(captured(is_test=True), status("Open")) == {}
    assert counts(captured(), status("Open"), captured(is_test=True, at=3)) == {}


def test_the_earliest_capture_says_the_source_and_the_first_told_one_the_agreement() -> None:
    late = captured(source="fair", agreement="other", at=-5)
    (row,) = rows_of(FUNNEL, captured(), late)
    assert (row["source"], row["agreement"]) == ("fair", "inbound")


def test_statuses_named_like_the_fixed_stages_do_not_count_twice() -> None:
    assert counts(captured(), status("captured"), status("converted")) == {("web", "captured"): 1}
