from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from events.instants import to_us
from projections.views.times import instant_text

INSTANTS = st.integers(-(10**16), 10**17)


@given(one=INSTANTS, other=INSTANTS)
def test_sorting_the_text_sorts_the_instants(one: int, other: int) -> None:
    assert (instant_text(one) < instant_text(other)) == (one < other)


@given(us=INSTANTS)
def test_the_text_is_the_instant(us: int) -> None:
    assert to_us(datetime.fromisoformat(instant_text(us))) == us


def test_an_instant_has_six_digits_of_a_second() -> None:
    assert instant_text(1_767_603_600_000_001) == "2026-01-05T09:00:00.000001Z"
