from pathlib import Path

import pytest

from projections.stores.port import Move, RowChange, StoreBroken, StoreUnavailable
from projections.stores.sqlite import SqliteStore

PROGRESS = RowChange("progress", (0,), (0, "2026-01-05T09:00:00.000000Z"))
SOURCE = ("view.progress", 0)


def wide(rows: int) -> list[RowChange]:
    return [RowChange("agreement_statuses", ("a", n, 0), ("a", n, 0, "Open", "x" * 4000)) for n in range(rows)]


def test_a_full_disk_is_named_with_the_file_changes_nothing_and_is_over_when_there_is_room(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "views.db")
    store._run("PRAGMA max_page_count = 40")
    with pytest.raises(StoreUnavailable, match=r"views\.db: the disk is full, nothing was written; make room there"):
        store.apply(wide(100), {SOURCE: Move(0, 7)})
    assert store.positions() == {}
    store._run("PRAGMA max_page_count = 4000")
    assert store.apply(wide(100), {SOURCE: Move(0, 7)}) == 100


def test_a_file_that_must_not_be_written_is_named_with_what_to_check(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "views.db")
    store._run("PRAGMA query_only = on")
    with pytest.raises(StoreUnavailable, match=r"views\.db: it cannot be written; check the rights"):
        store.apply([PROGRESS], {SOURCE: Move(0, 7)})


def test_a_file_that_is_no_store_is_said_to_be_broken_and_a_directory_in_its_place_to_be_out_of_reach(
    tmp_path: Path,
) -> None:
    (tmp_path / "views.db").write_bytes(b"precious" * 1000)
    with pytest.raises(StoreBroken, match=r"views\.db: .*; delete it"):
        SqliteStore(tmp_path / "views.db")
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        SqliteStore(tmp_path)
