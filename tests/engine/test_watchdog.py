import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.progress import Look
from engine.watchdog import Limits, Verdict, Watch
from tests.support.laws import examples

LIMITS = Limits(told=10.0, ended=40.0, restoring=100.0)
PERIOD = int(LIMITS.period)


def stands(mark: object = 1, **other: object) -> Look:
    return Look(**{"name": "in-0", "mark": mark, "work": True, "about": "stands at 1 of 2", **other})  # type: ignore[arg-type]


def rounds(watch: Watch, look: Look, since: int, until: int) -> list[Verdict]:
    """The same look again and again, with every period from an instant on."""
    return [watch.judge(float(at), [look]) for at in range(since, until + 1, PERIOD)]


def test_the_limits_follow_from_the_session_timeout_and_the_time_a_batch_may_take() -> None:
    assert Limits.of(10.0, batch=3.0).told == 18.0
    assert Limits.of(10.0).ended > Limits.of(10.0).told
    assert Limits.of(10.0).restoring > Limits.of(10.0).ended


def test_what_does_not_move_is_told_once_when_the_limit_is_over() -> None:
    verdicts = rounds(Watch(LIMITS), stands(), 0, 20)
    told = [at for at, verdict in zip(range(0, 21, PERIOD), verdicts, strict=True) if verdict.new]
    assert told == [12]
    assert [bool(verdict.stalled) for verdict in verdicts] == [at > 10 for at in range(0, 21, PERIOD)]
    assert str(verdicts[-1].stalled["in-0"]) == "in-0 has not moved for 20 s: stands at 1 of 2"


def test_what_moves_again_is_told_and_counts_from_there() -> None:
    watch = Watch(LIMITS)
    rounds(watch, stands(), 0, 12)
    (moved,) = rounds(watch, stands(mark=2), 14, 14)
    assert (moved.moving, moved.stalled, moved.new) == (["in-0"], {}, [])
    assert not any(verdict.stalled for verdict in rounds(watch, stands(mark=2), 16, 24))
    (again,) = rounds(watch, stands(mark=2), 26, 26)
    assert again.new == ["in-0"]


@given(
    gaps=st.lists(st.floats(0.01, 500.0), max_size=60),
    marks=st.lists(st.integers(0, 2), min_size=60, max_size=60),
    outages=st.lists(st.integers(0, 2), min_size=60, max_size=60),
)
@settings(max_examples=examples(100))
def test_a_healthy_idle_worker_is_never_stalled(gaps: list[float], marks: list[int], outages: list[int]) -> None:
    watch, at = Watch(LIMITS), 0.0
    for gap, mark, excuses in zip(gaps, marks, outages, strict=False):
        at += gap
        assert watch.judge(at, [stands(mark, work=False, excuses=excuses)]) == Verdict({}, [], [], None)


@given(lag=st.lists(st.integers(1, 5), min_size=1, max_size=60))
@settings(max_examples=examples(100))
def test_a_worker_that_is_far_behind_but_moves_is_never_stalled(lag: list[int]) -> None:
    watch, at = Watch(LIMITS), 0
    for mark, count in enumerate(lag):
        for _ in range(count):
            at += PERIOD
            assert watch.judge(at, [stands(mark)]) == Verdict({}, [], [], None)


@given(
    steps=st.lists(
        st.tuples(st.floats(0.1, 30.0), st.integers(0, 3), st.booleans(), st.integers(0, 1)), min_size=1, max_size=80
    )
)
@settings(max_examples=examples(200))
def test_a_process_ends_only_for_what_stood_still_by_its_own_fault_for_longer_than_the_limit(
    steps: list[tuple[float, int, bool, int]],
) -> None:
    watch, at, since = Watch(LIMITS), 0.0, 0.0
    last: Look | None = None
    for gap, mark, work, excuses in steps:
        at += gap
        look = stands(mark // 3, work=work, excuses=excuses)
        if last is None or not work or (last.mark, last.excuses) != (look.mark, look.excuses):
            since = at
        last = look
        verdict = watch.judge(at, [look])
        assert verdict.ending is None or at - since > LIMITS.ended
        assert verdict.ending is None or verdict.stalled["in-0"] is verdict.ending


def test_what_does_not_move_for_long_ends_the_process() -> None:
    verdicts = rounds(Watch(LIMITS), stands(), 0, 42)
    assert [verdict.ending is not None for verdict in verdicts] == [at > 40 for at in range(0, 43, PERIOD)]


def test_an_outage_is_told_but_never_ends_the_process() -> None:
    watch = Watch(LIMITS)
    verdicts = [watch.judge(float(at), [stands(excuses=at // 30)]) for at in range(0, 2000, PERIOD)]
    assert verdicts[-1].stalled
    assert not any(verdict.ending for verdict in verdicts)
    rest = rounds(watch, stands(excuses=66), 2000, 2060)
    assert rest[-1].ending is not None


def test_a_task_that_opens_has_more_time() -> None:
    watch = Watch(LIMITS)
    opening = rounds(watch, stands(opening=True), 0, 100)
    assert opening[-1].stalled
    assert not any(verdict.ending for verdict in opening)
    open_at_last = rounds(watch, stands(), 102, 142)
    assert not any(verdict.ending for verdict in open_at_last)
    assert rounds(Watch(LIMITS), stands(opening=True), 0, 102)[-1].ending is not None


def test_a_process_that_was_frozen_is_not_blamed_for_it() -> None:
    watch = Watch(LIMITS)
    rounds(watch, stands(), 0, 4)
    (thawed,) = rounds(watch, stands(), 10_000, 10_000)
    assert (thawed.stalled, thawed.ending) == ({}, None)


def test_a_partition_that_left_this_process_is_forgotten() -> None:
    watch = Watch(LIMITS)
    rounds(watch, stands(), 0, 20)
    assert watch.judge(22.0, []) == Verdict({}, [], [], None)
    assert not any(verdict.stalled for verdict in rounds(watch, stands(), 24, 34))


@pytest.mark.parametrize("seconds", [12, 4_000])
def test_what_nobody_owns_is_told_and_starting_again_would_not_help(seconds: int) -> None:
    last = rounds(Watch(LIMITS), stands(mark=None, ours=False), 0, seconds)[-1]
    assert (list(last.stalled), last.ending) == (["in-0"], None)
