from pathlib import Path

import apsw
import pytest

from events.lead import LeadCaptured
from projections.catalogue import VIEWS
from projections.read import answer_columns
from projections.stores.answers import table_by
from projections.stores.port import Move, Overtaken, RowChange, StoreBroken, StoreUnavailable
from projections.stores.sqlite import SqliteStore
from tests.projections.given import told
from tests.projections.house import house

PROGRESS = RowChange("progress", (0,), (0, "2026-01-05T09:00:00.000000Z"))
SOURCE = ("view.progress", 0)


def progress(store: SqliteStore) -> list[object]:
    return [row[1] for row in store.query("SELECT * FROM progress")]


def test_rows_and_positions_are_kept_together(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "views.db")
    assert store.apply([PROGRESS], {SOURCE: Move(0, 7)}) == 1
    store.close()
    again = SqliteStore(tmp_path / "views.db")
    assert (again.positions(), progress(again)) == ({SOURCE: 7}, ["2026-01-05T09:00:00.000000Z"])


def test_a_failing_row_leaves_neither_rows_nor_positions() -> None:
    store = SqliteStore(":memory:")
    with pytest.raises(apsw.ConstraintError):
        store.apply(
            [PROGRESS, RowChange("agreement_statuses", ("a", 1, 0), ("a", 1, 0, None, None))], {SOURCE: Move(0, 7)}
        )
    assert (store.positions(), progress(store)) == ({}, [])


def test_the_last_change_of_a_row_stands() -> None:
    store = SqliteStore(":memory:")
    gone = RowChange("progress", (0,), None)
    store.apply([PROGRESS, gone], {})
    assert progress(store) == []
    store.apply([gone, PROGRESS], {})
    assert len(progress(store)) == 1
    store.apply([PROGRESS, PROGRESS._replace(row=(0, None))], {})
    assert progress(store) == [None]


def test_a_sink_that_was_overtaken_changes_nothing() -> None:
    store = SqliteStore(":memory:")
    store.apply([], {SOURCE: Move(0, 7)})
    with pytest.raises(Overtaken):
        store.apply([PROGRESS], {SOURCE: Move(3, 9)})
    assert (store.positions(), progress(store)) == ({SOURCE: 7}, [])


async def test_a_view_of_another_version_is_dropped_and_filled_again_the_others_stay(tmp_path: Path) -> None:
    built = await house(tmp_path / "views.db")
    await built.write(told(LeadCaptured(source="web")))
    await built.show()
    full, positions = built.tables(), built.store.positions()
    built.store.query("UPDATE layout SET version = '0' WHERE part = 'funnel'")
    built.store.query("ALTER TABLE funnel_base RENAME COLUMN leads TO persons")
    built.store.close()

    built.store = SqliteStore(tmp_path / "views.db")
    assert built.store.query("SELECT leads FROM funnel_base") == []
    assert built.store.positions() == {source: at for source, at in positions.items() if source[0] != "view.funnel"}
    assert len(built.view("leads")) == 1
    await built.show()
    assert built.tables() == full


async def test_a_store_that_knew_less_of_agreements_reads_them_again(tmp_path: Path) -> None:
    built = await house(tmp_path / "views.db")
    await built.publish("inbound", "Open")
    await built.show()
    full = built.tables()
    built.store.query("DELETE FROM layout WHERE part = 'agreements'")
    built.store.query("DROP TABLE agreement_terms")
    built.store.close()

    built.store = SqliteStore(tmp_path / "views.db")
    assert built.store.query("SELECT * FROM agreement_terms") == []
    await built.show()
    assert built.tables() == full


async def test_changed_answers_are_made_anew_and_rows_stay(tmp_path: Path) -> None:
    built = await house(tmp_path / "views.db")
    await built.write(told(LeadCaptured(source="web")))
    await built.show()
    full = built.tables()
    built.store.query("UPDATE layout SET version = 'old' WHERE part = 'answers'")
    built.store.query("DROP VIEW leads")
    built.store.close()

    built.store = SqliteStore(tmp_path / "views.db")
    assert len(built.view("leads")) == 1
    assert built.tables() == full


def test_reset_forgets_everything() -> None:
    store = SqliteStore(":memory:")
    store.apply([PROGRESS], {SOURCE: Move(0, 7)})
    store.reset()
    assert (store.positions(), progress(store)) == ({}, [])


def test_every_answer_is_a_sql_view_with_its_columns() -> None:
    store = SqliteStore(":memory:")
    for view in VIEWS:
        for by in (None, *view.groupings):
            table = table_by(view, by)
            columns = [str(name) for (name,) in store.query("SELECT name FROM pragma_table_info(?)", (table,))]
            shown = {column.name for column in answer_columns(view.name, by)}
            assert set(columns) - {"stage_order", "place"} == shown, table


def test_two_processes_may_open_a_new_file(tmp_path: Path) -> None:
    first, second = SqliteStore(tmp_path / "views.db"), SqliteStore(tmp_path / "views.db")
    first.apply([PROGRESS], {SOURCE: Move(0, 7)})
    assert second.positions() == {SOURCE: 7}


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
