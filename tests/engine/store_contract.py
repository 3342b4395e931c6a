"""The contract of every state store: it is the dictionary that the changelog folds to, whatever happens."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from engine.state import StateStore
from tests.engine.store_driver import StoreDriver
from tests.support.laws import examples

keys = st.sampled_from([b"", b"a", b"ab", b"b", b"\xff", b"\xff\xff", b"k" * 40])
dues = st.one_of(st.none(), st.integers(1, 9), st.just(2**62))
changes = st.lists(st.tuples(keys, dues, st.one_of(st.none(), st.binary(max_size=3))), max_size=6)
steps = st.one_of(
    st.tuples(st.just("commit"), changes),
    st.tuples(st.just("commit"), changes),
    st.tuples(st.just("abort"), changes, st.integers(0, 3)),
    st.tuples(st.just("fire")),
    st.tuples(st.just("fire")),
    st.tuples(st.just("die on the way"), changes),
    st.tuples(st.just("reopen")),
    st.tuples(st.just("compact")),
)


class StoreContract:
    """The laws. A subclass says in `maker` how to get at new stores; stores of one maker share a folder."""

    many = 100

    def maker(self) -> Callable[[], StateStore]:
        raise NotImplementedError

    def test_a_store_is_the_dictionary_that_its_changelog_folds_to(self) -> None:
        @for_all(st.lists(steps, max_size=14))
        @settings(max_examples=examples(self.many), deadline=None, suppress_health_check=list(HealthCheck))
        def law(what: list[tuple[Any, ...]]) -> None:
            driver = StoreDriver(self.maker())
            try:
                for one in what:
                    driver.act(one)
                driver.check()
            finally:
                driver.store.close()

        law()

    def test_keys_come_in_byte_order_however_many(self) -> None:
        driver = StoreDriver(self.maker())
        driver.commit([(b"%d" % n, n % 7 or None, b"x" * (n % 5)) for n in range(25_000)])
        driver.check()
        driver.reopen()
        driver.check()
        driver.store.close()

    def test_deadlines_set_and_fired_in_one_transaction_are_right(self) -> None:
        driver = StoreDriver(self.maker())
        driver.commit([(b"%05d" % n, 1_000 + n, b"x") for n in range(12_000)])
        deadlines = driver.store.deadlines
        deadlines.set(b"00003", 17_000)
        deadlines.set(b"new", 1_002)
        deadlines.set(b"00000", None)
        assert [deadlines.pop() for _ in range(3) if deadlines.peek()] == [
            (1_001, b"00001"),
            (1_002, b"00002"),
            (1_002, b"new"),
        ]
        deadlines.set(b"new", 6_500)
        rest = []
        while deadlines.peek() is not None:
            rest.append(deadlines.pop())
        late = [(1_000 + n, b"%05d" % n) for n in range(4, 12_000)]
        assert rest == sorted([*late, (6_500, b"new"), (17_000, b"00003")])
        deadlines.abort()
        driver.check()
        driver.store.close()
