from datetime import UTC, datetime, timedelta, tzinfo

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from events.instants import EPOCH, from_us, iso, to_us
from tests.support.facts import LAST, instants, zones

LATEST = to_us(LAST.replace(tzinfo=UTC))


@given(st.integers(0, LATEST))
@example(0)
@example(1)
@example(LATEST)
@example(2**52 + 1)
@example(4_102_444_800_000_001)
def test_every_microsecond_goes_to_a_datetime_and_back_exactly(us: int) -> None:
    at = from_us(us)
    assert at.tzinfo is UTC
    assert to_us(at) == us
    assert at - EPOCH == timedelta(microseconds=us)


@given(instants, zones)
def test_an_instant_is_the_same_number_in_every_zone(at: datetime, zone: tzinfo) -> None:
    assert to_us(at.astimezone(zone)) == to_us(at)
    assert isinstance(to_us(at), int)
    assert from_us(to_us(at)) == at


@given(instants)
def test_the_text_of_an_instant_is_the_one_on_the_wire_and_reads_back(at: datetime) -> None:
    text = iso(to_us(at))
    assert msgspec.json.encode(at) == f'"{text}"'.encode()
    assert datetime.fromisoformat(text) == at
