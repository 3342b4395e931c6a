"""How long what failed is left alone."""

from hypothesis import given
from hypothesis import strategies as st

from leadstream.fetching.worker import pause


def test_pauses_double_from_five_seconds_to_five_minutes() -> None:
    assert [pause(tries) for tries in range(1, 8)] == [5, 10, 20, 40, 80, 160, 300]


@given(st.integers(7, 10**9))
def test_a_vendor_that_fails_for_weeks_is_asked_every_five_minutes(tries: int) -> None:
    assert pause(tries) == 300
