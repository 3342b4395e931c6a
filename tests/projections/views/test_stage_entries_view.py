"""Every entry of a stage keeps its date, the first and each one after it."""

import itertools

from events.envelope import Envelope
from events.identity import LeadMerged, LeadUnmerged
from events.lead import LeadCaptured, LeadConverted, LeadStatusChanged
from events.life import LeadUnconverted
from projections.views.stage_entries import STAGE_ENTRIES
from projections.views.view import Cell
from tests.projections.given import rows_of, text, told


def captured(at: float = 0, **more: object) -> Envelope:
    return told(LeadCaptured(source="web", agreement="inbound", **more), at)  # type: ignore[arg-type]


def status(name: str, at: float, recorded: float | None = None) -> Envelope:
    return told(LeadStatusChanged(status=name), at, recorded=recorded)


def entries(*facts: Envelope) -> dict[tuple[Cell, Cell], tuple[Cell, Cell]]:
    rows = rows_of(STAGE_ENTRIES, *facts)
    return {(row["stage"], row["entry"]): (row["entered_at"], row["left_at"]) for row in rows}


def test_a_status_that_is_entered_again_keeps_the_date_of_the_first_time_and_has_one_of_its_own() -> None:
    found = entries(captured(), status("Contacted", 5), status("Nurturing", 20), status("Contacted", 90))
    assert found == {
        ("captured", 1): (text(0), None),
        ("Contacted", 1): (text(5), text(20)),
        ("Nurturing", 1): (text(20), text(90)),
        ("Contacted", 2): (text(90), None),
    }


def test_the_rows_are_the_same_in_whatever_order_the_statuses_became_known() -> None:
    facts = [status("A", 5), status("B", 10), status("A", 15), status("A", 20), status("C", 25)]
    found = [entries(captured(), *order) for order in itertools.permutations(facts)]
    assert all(each == found[0] for each in found)
    assert found[0]["A", 2] == (text(15), text(25))


def test_a_status_told_again_while_the_lead_is_in_it_is_no_new_entry() -> None:
    assert list(entries(captured(), status("A", 5), status("A", 6))) == [("captured", 1), ("A", 1)]


def test_a_row_says_where_the_lead_came_from_and_when_the_entry_became_known() -> None:
    _, row = rows_of(STAGE_ENTRIES, captured(), status("A", 5, recorded=50))
    assert row == {
        "lead": "anna",
        "stage": "A",
        "entry": 1,
        "is_first": True,
        "entered_at": text(5),
        "left_at": None,
        "known_at": text(50),
        "source": "web",
        "agreement": "inbound",
    }


def test_conversions_are_entries_too_and_end_when_they_are_taken_back() -> None:
    back = told(LeadUnconverted(), 20)
    found = entries(captured(), told(LeadConverted(), 10), back, told(LeadConverted(), 30))
    assert (found["converted", 1], found["converted", 2]) == ((text(10), text(20)), (text(30), None))


def test_a_status_by_the_name_of_a_stage_is_no_entry_of_it() -> None:
    assert list(entries(captured(), status("captured", 5), status("converted", 6))) == [("captured", 1)]


def test_stubs_test_leads_and_merged_leads_are_left_out() -> None:
    assert entries(status("A", 5)) == {}
    assert entries(captured(), status("A", 5), captured(6, is_test=True)) == {}
    merged = [captured(), status("A", 5), told(LeadMerged(into="zoe", key="k"), 6)]
    assert entries(*merged) == {}
    assert entries(*merged, told(LeadUnmerged(lead="anna", into="zoe", by="Ines"), 7)) == entries(*merged[:2])
    assert entries(captured(9), captured(2)) == {("captured", 1): (text(2), None)}
