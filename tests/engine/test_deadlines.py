from typing import Any

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from engine.deadlines import Deadlines
from tests.support.laws import examples

KEYS = [b"a", b"b", b"c", b"d"]
dues = st.one_of(st.none(), st.integers(0, 6))
steps = st.one_of(
    st.tuples(st.just("set"), st.sampled_from(KEYS), dues),
    st.tuples(st.just("set"), st.sampled_from(KEYS), dues),
    st.tuples(st.sampled_from(["pop", "peek", "commit", "abort"])),
)


class Twin:
    """The same, without a heap."""

    def __init__(self, due: dict[bytes, int]) -> None:
        self.now, self.committed = dict(due), dict(due)

    def first(self) -> tuple[int, bytes] | None:
        return min(((at, key) for key, at in self.now.items()), default=None)


def step(deadlines: Deadlines, twin: Twin, what: tuple[Any, ...]) -> None:
    match what:
        case ("set", key, None):
            deadlines.set(key, None)
            twin.now.pop(key, None)
        case ("set", key, due):
            deadlines.set(key, due)
            twin.now[key] = due
        case ("pop",):
            first = twin.first()
            if first is not None:
                assert deadlines.peek() == first[0]
                assert deadlines.pop() == first
                del twin.now[first[1]]
        case ("peek",):
            first = twin.first()
            assert deadlines.peek() == (None if first is None else first[0])
        case ("commit",):
            deadlines.commit()
            twin.committed = dict(twin.now)
        case _:
            deadlines.abort()
            twin.now = dict(twin.committed)


@for_all(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 6)), st.lists(steps, max_size=40))
@settings(max_examples=examples(300), deadline=None)
def test_deadlines_do_what_a_dictionary_does(due: dict[bytes, int], what: list[tuple[Any, ...]]) -> None:
    deadlines, twin = Deadlines(due), Twin(due)
    for one in what:
        step(deadlines, twin, one)
        assert len(deadlines) == len(twin.now)
        assert [deadlines[key] for key in KEYS] == [twin.now.get(key) for key in KEYS]
    drained = []
    while deadlines.peek() is not None:
        drained.append(deadlines.pop())
    assert drained == sorted((at, key) for key, at in twin.now.items())


def test_of_two_that_are_due_at_once_the_smaller_key_comes_first() -> None:
    deadlines = Deadlines({b"b": 5, b"a": 5})
    assert [deadlines.peek(), deadlines.pop(), deadlines.pop()] == [5, (5, b"a"), (5, b"b")]


def test_a_deadline_that_moves_often_takes_the_place_of_one() -> None:
    deadlines = Deadlines({b"early": 5})
    for due in range(10_000):
        deadlines.set(b"a", 10**15 + due)
        deadlines.commit()
    assert (deadlines.peek(), len(deadlines)) == (5, 2)
    assert len(deadlines._heap) < 1_000
