import pytest

from engine.ports import Headers, Record
from engine.recordtime import LATEST, TASK_HEADER, TIME_HEADER, TOLERANCE, BadTime, header, record_time

ARRIVED = 1_000_000_000


def record(*headers: tuple[str, bytes]) -> Record:
    return Record(0, ARRIVED, b"k", b"v", headers)


def test_without_a_header_the_arrival_counts() -> None:
    assert record_time(record()) == record_time(record(("other", b"1"))) == ARRIVED


@pytest.mark.parametrize("at", [0, 1, ARRIVED, ARRIVED + TOLERANCE])
def test_a_record_may_say_when_it_was_recorded_up_to_a_minute_ahead(at: int) -> None:
    assert record_time(record((TIME_HEADER, b"%d" % at))) == at


def test_more_than_a_minute_ahead_is_refused() -> None:
    with pytest.raises(BadTime, match="lies 60 s after"):
        record_time(record((TIME_HEADER, b"%d" % (ARRIVED + TOLERANCE + 1))))


def test_the_mark_of_a_task_excuses_nothing_for_anybody_can_write_it() -> None:
    with pytest.raises(BadTime, match="after"):
        record_time(record((TIME_HEADER, b"%d" % (ARRIVED + TOLERANCE + 1)), (TASK_HEADER, b"forwarded")))


@pytest.mark.parametrize("raw", [b"", b"soon", b"1.5", b"\xff", b"9" * 5000, b"1e9"])
def test_what_is_no_whole_number_is_refused(raw: bytes) -> None:
    with pytest.raises(BadTime, match="not a whole number"):
        record_time(record((TIME_HEADER, raw)))


@pytest.mark.parametrize("at", [-1, -(10**30), LATEST + 1, 10**30])
def test_an_instant_that_no_calendar_carries_is_refused_even_from_our_own_tasks(at: int) -> None:
    with pytest.raises(BadTime, match="outside"):
        record_time(record((TIME_HEADER, b"%d" % at), (TASK_HEADER, b"forwarded")))


def test_the_first_of_two_headers_counts() -> None:
    headers: Headers = [("a", b"1"), ("a", b"2")]
    assert (header(headers, "a"), header(headers, "b")) == (b"1", None)
