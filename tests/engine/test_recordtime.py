import pytest

from engine.ports import Headers, Record
from engine.recordtime import TASK_HEADER, TIME_HEADER, TOLERANCE, BadTime, header, record_time

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


def test_a_record_of_our_own_tasks_may_be_any_time() -> None:
    far = ARRIVED + 10 * TOLERANCE
    assert record_time(record((TIME_HEADER, b"%d" % far), (TASK_HEADER, b"forwarded"))) == far


@pytest.mark.parametrize("raw", [b"", b"soon", b"1.5", b"\xff", b"9" * 5000, b"1e9"])
def test_what_is_no_whole_number_is_refused(raw: bytes) -> None:
    with pytest.raises(BadTime, match="not a whole number"):
        record_time(record((TIME_HEADER, raw)))


def test_the_first_of_two_headers_counts() -> None:
    headers: Headers = [("a", b"1"), ("a", b"2")]
    assert (header(headers, "a"), header(headers, "b")) == (b"1", None)
