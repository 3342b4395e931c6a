from collections.abc import Sequence
from random import Random

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from streams.agreement.compiled import Clause
from streams.calendars import ALWAYS, Target
from streams.clocks import FOREVER, Finding, History, judge, pauses
from tests.support.laws import examples

TARGET = 10
PAUSED = frozenset({"asleep"})


def clause(*, warn: int | None = None, paused_in: frozenset[str] = PAUSED) -> Clause:
    """Every microsecond counts, and ten of them are granted."""
    return Clause(
        name="c", side="sales", starts_on="captured", stop="touch", stops_touch=lambda *_: True, target_text="-",
        target=Target(microseconds=TARGET), calendar_name=None, calendar=ALWAYS, warn_percent=warn, paused_in=paused_in,
    )  # fmt: skip


def found(
    start: int = 100,
    answers: Sequence[int] = (),
    closed: Sequence[tuple[int, str]] = (),
    statuses: Sequence[tuple[int, str]] = (),
) -> Finding:
    return judge(clause(warn=50), start, History(answers, closed, statuses))


def test_nothing_happened_yet() -> None:
    assert found() == Finding(due=110, warn_at=105, outcome="open", answered_at=None, ended_at=None, reason="")


def test_the_first_answer_counts_and_at_the_due_is_in_time() -> None:
    assert found(answers=[110, 105, 120])[2:6] == ("met", 105, 105, "")
    assert found(answers=[110])[2:6] == ("met", 110, 110, "")
    assert found(answers=[111])[2:6] == ("late", 111, 111, "")


def test_an_answer_or_a_closing_before_the_start_counts_at_the_start() -> None:
    assert found(answers=[3])[2:6] == ("met", 100, 100, "")
    assert found(closed=[(100, "lost")])[2:6] == ("cancelled", None, 100, "lost")


def test_an_answer_beats_a_closing_at_the_same_instant_and_an_earlier_closing_beats_an_answer() -> None:
    assert found(answers=[105], closed=[(105, "lost")]).outcome == "met"
    assert found(answers=[106], closed=[(105, "lost")])[2:6] == ("cancelled", None, 105, "lost")


def test_a_closing_after_the_due_is_late_and_no_answer() -> None:
    assert found(closed=[(111, "lost")])[2:6] == ("late", None, 111, "lost")


def test_due_and_warning_are_unknown_in_a_pause_without_an_end() -> None:
    assert found(statuses=[(104, "asleep")])[:2] == (None, None)
    assert found(statuses=[(110, "asleep")])[:2] == (110, 105)


def test_a_finished_pause_moves_due_and_warning() -> None:
    assert found(statuses=[(103, "asleep"), (107, "awake")])[:2] == (114, 109)
    assert found(statuses=[(90, "asleep"), (107, "awake")])[:2] == (117, 112)


def test_the_end_of_the_clock_ends_its_pause() -> None:
    assert found(answers=[500], statuses=[(104, "asleep")])[:3] == (506, 501, "met")


def test_pauses_last_from_status_to_status() -> None:
    statuses = [(1, "asleep"), (3, "asleep"), (5, "awake"), (7, "asleep"), (7, "awake"), (9, "asleep")]
    assert pauses(statuses, PAUSED) == [(1, 3), (3, 5), (9, FOREVER)]


instants = st.integers(80, 160)
statuses = st.lists(st.tuples(instants, st.sampled_from(["asleep", "awake"])), max_size=5).map(sorted)


def walked(start: int, ended_at: int | None, found_statuses: Sequence[tuple[int, str]]) -> int | None:
    """The due, microsecond by microsecond: the first at which ten awake ones are behind."""
    worked = 0
    for now in range(start, 400):
        if worked == TARGET:
            return now
        before = [status for at, status in found_statuses if at <= now]
        asleep = bool(before) and before[-1] == "asleep" and (ended_at is None or now < ended_at)
        worked += not asleep
    return None


@for_all(instants, st.lists(instants, max_size=3), st.lists(st.tuples(instants, st.just("lost")), max_size=2), statuses)
@settings(max_examples=examples(200), deadline=None)
def test_due_and_outcome_are_those_of_a_twin_that_walks(
    start: int, answers: list[int], closed: list[tuple[int, str]], found_statuses: list[tuple[int, str]]
) -> None:
    after = sorted((max(at, start), how) for at, how in closed)
    finding = found(start, answers, after, found_statuses)
    answered = max(min(answers), start) if answers else None
    cancelled = after[0][0] if after else None
    ends = [at for at in (answered, cancelled) if at is not None]
    ended_at = min(ends) if ends else None
    assert (finding.ended_at, finding.due) == (ended_at, walked(start, ended_at, found_statuses))
    if ended_at is None:
        assert finding.outcome == "open"
    elif finding.due is not None and ended_at > finding.due:
        assert finding.outcome == "late"
    else:
        assert finding.outcome == ("met" if answered == ended_at else "cancelled")


@for_all(instants, st.lists(instants, max_size=5), st.randoms(use_true_random=False))
@settings(max_examples=examples(50), deadline=None)
def test_the_order_in_which_answers_became_known_does_not_matter(
    start: int, answers: list[int], chance: Random
) -> None:
    shuffled = list(answers)
    chance.shuffle(shuffled)
    assert found(start, answers) == found(start, shuffled)
