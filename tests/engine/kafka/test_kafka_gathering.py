from hypothesis import given
from hypothesis import strategies as st

from engine.kafka.gathering import Gather, Gathering

GATHER = Gather(share=0.25, least=0.005, longest=0.05, small=1000)
SECONDS = st.floats(0, 10)


def answered(size: int) -> Gathering:
    gathering = Gathering(GATHER)
    gathering.answered(size, 100.0, 7.0)
    return gathering


def test_the_first_request_and_the_one_after_a_large_answer_or_none_go_out_at_once() -> None:
    assert Gathering(GATHER).pause(0.0, 0.0) == 0
    assert [answered(size).pause(100.0, 7.0) for size in (0, 1000, 10**6)] == [0, 0, 0]


def test_after_a_small_answer_the_pause_is_what_its_work_may_take_of_a_core() -> None:
    assert round(answered(1).pause(100.0, 7.01), 9) == 0.04
    assert round(answered(1).pause(100.03, 7.01), 9) == 0.01
    assert answered(1).pause(100.041, 7.01) == 0


def test_work_that_goes_on_while_it_waits_makes_it_wait_again() -> None:
    gathering = answered(1)
    first = gathering.pause(100.0, 7.002)
    assert gathering.pause(100.0 + first, 7.002) < 1e-9
    assert gathering.pause(100.0 + first, 7.008) > 0.02


def test_records_after_a_quiet_time_do_not_wait() -> None:
    assert answered(1).pause(100.06, 7.5) == 0


@given(st.integers(1, 999), SECONDS, SECONDS)
def test_the_pause_lies_between_its_bounds_however_dear_the_work(size: int, later: float, cpu: float) -> None:
    whole = answered(size).pause(100.0, 7.0 + cpu)
    assert GATHER.least <= whole + 1e-9
    assert whole <= GATHER.longest + 1e-9
    assert abs(answered(size).pause(100.0 + later, 7.0 + cpu) - max(0.0, whole - later)) < 1e-9
