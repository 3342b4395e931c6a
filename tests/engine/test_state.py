from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from engine.state import MemoryStore, pack, unpack


@for_all(st.one_of(st.none(), st.integers(1, 2**63 - 1)), st.binary(max_size=50))
@settings(deadline=None)
def test_a_state_comes_back_with_its_deadline(wake: int | None, raw: bytes) -> None:
    assert unpack(pack(wake, raw)) == (wake, raw)


def test_no_deadline_is_written_as_zero_in_front() -> None:
    assert (pack(None, b"x"), pack(1, b"x")) == (b"\0" * 8 + b"x", b"\0" * 7 + b"\x01x")


@for_all(st.lists(st.tuples(st.binary(max_size=2), st.one_of(st.none(), st.binary(max_size=2)))))
@settings(deadline=None)
def test_the_store_is_a_dictionary_with_keys_in_byte_order(writes: list[tuple[bytes, bytes | None]]) -> None:
    store, twin = MemoryStore(), dict[bytes, bytes]()
    for key, raw in writes:
        store.apply(key, raw)
        if raw is None:
            twin.pop(key, None)
        else:
            twin[key] = raw
    assert list(store.keys()) == sorted(twin)
    assert (len(store), {key: store.get(key) for key in twin}, store.get(b"\xff\xff\xff")) == (len(twin), twin, None)


def test_keys_are_those_of_the_moment_they_were_asked_for() -> None:
    store = MemoryStore()
    store.apply(b"a", b"")
    keys = store.keys()
    store.apply(b"b", b"")
    assert list(keys) == [b"a"]
