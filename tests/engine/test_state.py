from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from typing_extensions import override

from engine.rocks.database import Memory
from engine.rocks.folder import Label
from engine.rocks.store import RocksStore
from engine.state import MemoryStore, StateStore, pack, unpack
from tests.engine.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    @override
    def maker(self) -> Callable[[], StateStore]:
        return MemoryStore


class TestRocksStore(StoreContract):
    many = 40
    memory = Memory(16 << 20)

    @pytest.fixture(autouse=True)
    def folders(self, tmp_path: Path) -> None:
        self.path, self.made = tmp_path, 0

    @override
    def maker(self) -> Callable[[], StateStore]:
        self.made += 1
        path = self.path / str(self.made)
        return lambda: RocksStore(path, Label("memory", "states", 0), self.memory)


@for_all(st.one_of(st.none(), st.integers(1, 2**63 - 1)), st.binary(max_size=50))
@settings(deadline=None)
def test_a_state_comes_back_with_its_deadline(wake: int | None, raw: bytes) -> None:
    assert unpack(pack(wake, raw)) == (wake, raw)


def test_no_deadline_is_written_as_zero_in_front() -> None:
    assert (pack(None, b"x"), pack(1, b"x")) == (b"\0" * 8 + b"x", b"\0" * 7 + b"\x01x")
