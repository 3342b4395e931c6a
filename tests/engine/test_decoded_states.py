"""Decoded states kept between batches: bounded by their stored bytes, those used last stay."""

from hypothesis import given as for_all
from hypothesis import strategies as st

from engine.decoded_states import DecodedStates


def settled(decoded: DecodedStates[str], changes: list[tuple[bytes, bytes | None]]) -> None:
    """A transaction that puts these states back and commits them."""
    for key, value in changes:
        decoded.states.pop(key, None)
        if value is not None:
            decoded.states[key] = value.decode()
    decoded.settle({}, changes)


def test_what_fits_is_kept() -> None:
    decoded = DecodedStates[str](10_000)
    settled(decoded, [(b"a", b"1"), (b"b", b"2")])
    assert decoded.states == {b"a": "1", b"b": "2"}


def test_nothing_is_kept_where_nothing_may_be() -> None:
    decoded = DecodedStates[str](0)
    settled(decoded, [(b"a", b"1")])
    assert decoded.states == {}


def test_when_there_is_too_much_those_used_last_stay() -> None:
    decoded = DecodedStates[str](3_000)
    for name in ("a", "b", "c", "a", "d", "e"):
        settled(decoded, [(name.encode(), b"x" * 500)])
    assert list(decoded.states) == [b"d", b"e"]


def test_a_state_that_was_only_read_counts_as_well() -> None:
    decoded = DecodedStates[str](1_000)
    decoded.states[b"a"] = "read"
    decoded.settle({b"a": 5_000}, [])
    assert decoded.states == {}


def test_a_state_that_an_abort_has_dropped_is_forgotten_in_the_end() -> None:
    decoded = DecodedStates[str](3_000)
    settled(decoded, [(b"gone", b"x" * 2_000)])
    del decoded.states[b"gone"]  # taken by a transaction that was never committed
    for name in ("a", "b", "c"):
        settled(decoded, [(name.encode(), b"x" * 500)])
    assert set(decoded.states) <= {b"a", b"b", b"c"}
    assert b"c" in decoded.states


sizes = st.one_of(st.none(), st.integers(0, 900))
batches = st.lists(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c", b"d", b"e"]), sizes), max_size=4), max_size=30)


@for_all(batches)
def test_whatever_comes_the_bound_is_kept_and_nothing_stale_is(some: list[list[tuple[bytes, int | None]]]) -> None:
    decoded, stored = DecodedStates[str](2_000), dict[bytes, bytes]()
    for batch in some:
        changes = [(key, None if size is None else b"x" * size) for key, size in dict(batch).items()]
        settled(decoded, changes)
        for key, value in changes:
            stored.pop(key, None)
            if value is not None:
                stored[key] = value
        assert sum(len(stored[key]) for key in decoded.states) <= 2_000
        assert all(stored[key].decode() == state for key, state in decoded.states.items())
