from typing import Any

import pytest

from events.envelope import Envelope
from events.lead import Direction, LeadCaptured, LeadTouched, Side
from projections.views.response_times import RESPONSE_TIMES
from projections.views.view import Cell
from tests.projections.given import rows_of, text, told


def captured(at: float = 0, **more: Any) -> Envelope:
    return told(LeadCaptured(source="web", **more), at)


def touched(at: float, direction: Direction = "outbound", side: Side = "sales") -> Envelope:
    return told(LeadTouched(channel="call", kind="dialled", direction=direction, side=side), at)


def seconds(*envelopes: Envelope) -> Cell:
    (row,) = rows_of(RESPONSE_TIMES, *envelopes)
    return row["response_seconds"]


def test_the_response_runs_from_capture_to_the_first_outbound_touch() -> None:
    assert rows_of(RESPONSE_TIMES, captured(), touched(30), touched(40)) == [
        {
            "lead": "anna",
            "source": "web",
            "captured_at": text(0),
            "first_touch_at": text(30),
            "response_seconds": 1800,
        }
    ]


def test_what_arrives_late_counts_when_it_happened() -> None:
    assert seconds(captured(), touched(40), touched(10)) == 600
    assert seconds(touched(40), captured()) == 2400


@pytest.mark.parametrize("touch", [touched(5, direction="inbound"), touched(5, side="marketing")])
def test_only_sales_touching_the_prospect_is_a_response(touch: Envelope) -> None:
    assert seconds(captured(), touch) is None


def test_a_touch_before_the_capture_is_an_immediate_response() -> None:
    assert seconds(captured(), touched(-600)) == 0


def test_seconds_are_completed_seconds() -> None:
    assert seconds(captured(0.001), touched(1)) == 59


def test_stubs_and_test_leads_have_no_row() -> None:
    assert rows_of(RESPONSE_TIMES, touched(5)) == []
    assert rows_of(RESPONSE_TIMES, captured(is_test=True), touched(5)) == []


def test_an_earlier_capture_told_later_lengthens_the_response() -> None:
    assert seconds(captured(10), touched(20), captured(0)) == 1200
