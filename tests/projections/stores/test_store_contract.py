"""What every store of rows has to do: SQLite and PostgreSQL pass the same tests."""

from typing import Any

import apsw
import psycopg
import pytest

from events.lead import LeadCaptured
from projections.catalogue import VIEWS
from projections.read import answer_columns
from projections.stores.answers import table_by
from projections.stores.port import Move, Overtaken, RowChange, ViewStore
from projections.stores.schema import base_table, names, quoted
from projections.stores.sqlite import SqliteStore
from projections.views.consents import CONSENTS
from projections.views.view import Cell, Kind, View
from tests.projections.given import told
from tests.projections.house import house
from tests.projections.stores.conftest import Opens

PROGRESS = RowChange("progress", (0,), (0, "2026-01-05T09:00:00.000000Z"))
SOURCE = ("view.progress", 0)


def progress(store: ViewStore) -> list[Cell]:
    return [cell for (cell,) in store.query("SELECT complete_to FROM progress")]


def test_rows_and_positions_are_kept_together(opens: Opens) -> None:
    store = opens()
    assert store.apply([PROGRESS], {SOURCE: Move(0, 7)}) == 1
    store.close()
    again = opens()
    assert (again.positions(), progress(again)) == ({SOURCE: 7}, ["2026-01-05T09:00:00.000000Z"])


def test_a_failing_row_leaves_neither_rows_nor_positions(opens: Opens) -> None:
    store = opens()
    wrong = RowChange("agreement_statuses", ("a", 1, 0), ("a", 1, 0, None, None))
    with pytest.raises((apsw.ConstraintError, psycopg.errors.NotNullViolation)):
        store.apply([PROGRESS, wrong], {SOURCE: Move(0, 7)})
    assert (store.positions(), progress(store)) == ({}, [])
    assert store.apply([PROGRESS], {SOURCE: Move(0, 7)}) == 1


def test_the_last_change_of_a_row_stands(opens: Opens) -> None:
    store = opens()
    gone = RowChange("progress", (0,), None)
    store.apply([PROGRESS, gone], {})
    assert progress(store) == []
    store.apply([gone, PROGRESS], {})
    assert len(progress(store)) == 1
    store.apply([PROGRESS, PROGRESS._replace(row=(0, None))], {})
    assert progress(store) == [None]


def test_a_sink_that_was_overtaken_changes_nothing(opens: Opens) -> None:
    store = opens()
    store.apply([], {SOURCE: Move(0, 7)})
    with pytest.raises(Overtaken):
        store.apply([PROGRESS], {SOURCE: Move(3, 9)})
    assert (store.positions(), progress(store)) == ({SOURCE: 7}, [])


def test_what_one_has_written_another_sees_and_goes_on_from(opens: Opens) -> None:
    first, second = opens(), opens()
    first.apply([PROGRESS], {SOURCE: Move(0, 7)})
    assert (second.positions(), progress(second)) == ({SOURCE: 7}, progress(first))
    second.apply([PROGRESS._replace(row=(0, None))], {SOURCE: Move(7, 8)})
    with pytest.raises(Overtaken):
        first.apply([PROGRESS], {SOURCE: Move(7, 9)})
    assert (first.positions(), progress(first)) == ({SOURCE: 8}, [None])


def test_reset_forgets_everything(opens: Opens) -> None:
    store = opens()
    store.apply([PROGRESS], {SOURCE: Move(0, 7)})
    store.reset()
    assert (store.positions(), progress(store)) == ({}, [])


def test_every_answer_is_a_sql_view_with_its_columns(opens: Opens) -> None:
    store = opens()
    listed = (
        "SELECT name FROM pragma_table_info(?)"
        if isinstance(store, SqliteStore)
        else "SELECT attname FROM pg_attribute WHERE attnum > 0 AND attrelid = CAST(? AS regclass)"
    )
    for view in VIEWS:
        for by in (None, *view.groupings):
            table = table_by(view, by)
            columns = {str(name) for (name,) in store.query(listed, (table,))}
            shown = {column.name for column in answer_columns(view.name, by)}
            assert columns - {"stage_order", "place"} == shown, table


async def test_a_view_of_an_older_version_is_shown_until_the_new_one_is_filled_the_others_go_on(opens: Opens) -> None:
    built = await house(store=opens())
    await built.write(told(LeadCaptured(source="web")))
    await built.show()
    full = built.tables()
    built.store.query("UPDATE layout SET version = '0' WHERE part = 'funnel'")
    built.store.query("ALTER TABLE funnel_base RENAME COLUMN leads TO persons")
    built.store.close()

    built.store = opens()
    assert built.store.building() == {"funnel"}
    assert built.store.query("SELECT persons FROM funnel_base") == [(1,)]
    assert len(built.view("leads")) == 1
    await built.show()
    assert built.store.building() == frozenset()
    assert built.tables() == full


async def test_a_store_that_knew_less_of_agreements_reads_them_again(opens: Opens) -> None:
    built = await house(store=opens())
    await built.publish("inbound", "Open")
    await built.show()
    full = built.tables()
    built.store.query("DELETE FROM layout WHERE part = 'agreements'")
    built.store.query("DROP VIEW companies")
    built.store.query("DROP TABLE agreement_terms")
    built.store.close()

    built.store = opens()
    assert built.store.building() == {"agreements"}
    await built.show()
    assert built.tables() == full


async def test_changed_answers_are_made_anew_and_rows_stay(opens: Opens) -> None:
    built = await house(store=opens())
    await built.write(told(LeadCaptured(source="web")))
    await built.show()
    full = built.tables()
    built.store.query("UPDATE layout SET version = 'old' WHERE part = 'answers'")
    built.store.query("DROP VIEW response_times")
    built.store.close()

    built.store = opens()
    assert len(built.view("response-times")) == 1
    assert built.tables() == full


LONG = "".join(chr(0x10000 + n * 977 % 0xFFFF) for n in range(4096))
"""As long as a name may be, four bytes a letter, and nothing in it that could be packed."""
ODD = ("", "\0", "a\0b", "a\x1ab", "a\x1a0b", "\x1a", "\x1a\x1a", "'?'", '"?"', "%s", "ẞ", "Zoë\n", LONG[:256])


def consent(lead: str, purpose: str) -> RowChange:
    table, optional = base_table(CONSENTS), [column.optional for column in CONSENTS.columns]
    row = (lead, purpose, *(None if may else "" for may in optional[2:]))
    kinds = {Kind.BOOLEAN: 1, Kind.INTEGER: 1}
    cells = [kinds.get(column.kind, cell) for column, cell in zip(CONSENTS.columns, row, strict=True)]
    return RowChange(table.name, (lead, purpose), tuple(cells))


def test_names_of_any_letters_and_lengths_are_kept_told_apart_found_and_taken_away(opens: Opens) -> None:
    store, table = opens(), quoted(base_table(CONSENTS).name)
    changes = [consent(lead, purpose) for lead in ODD for purpose in ODD]
    assert store.apply(changes, {}) == len(ODD) ** 2
    found = {(lead, purpose) for lead, purpose in store.query(f"SELECT lead, purpose FROM {table}")}
    assert found == {(lead, purpose) for lead in ODD for purpose in ODD}
    for lead in ODD:
        assert {key for (key,) in store.query(f"SELECT DISTINCT lead FROM {table} WHERE lead = ?", (lead,))} == {lead}
    assert store.apply(changes, {}) == len(changes)
    assert store.query(f"SELECT COUNT(*) FROM {table}") == [(len(ODD) ** 2,)]
    store.apply([change._replace(row=None) for change in changes[1:]], {})
    assert store.query(f"SELECT lead, purpose FROM {table}") == [(ODD[0], ODD[0])]


def filled(view: View[Any], text: str) -> RowChange:
    """A row of a view with the same text in every cell that takes one, cut where facts bound it, as subjects."""
    instant = "2026-01-05T09:00:00.000000Z"
    cells: dict[Kind, Cell] = {
        Kind.TEXT: text, Kind.INSTANT: instant, Kind.INTEGER: 2**53, Kind.REAL: 0.1, Kind.BOOLEAN: True
    }  # fmt: skip
    shorter: dict[str, Cell] = {
        "other": text[1:257], "source": text[:512], "purpose": text[:256], "state": "open", "status": text[:256],
        "close_date": "2026-03-31",
    }  # fmt: skip
    if view.columns[0].kind is Kind.TEXT:
        shorter[view.columns[0].name] = text[:256]
    row = [shorter.get(column.name, cells[column.kind]) for column in view.columns]
    return RowChange(base_table(view).name, tuple(row[: view.key]), tuple(row))


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_rows_whose_every_text_is_as_long_as_it_may_be_are_kept_whole(opens: Opens, view: View[Any]) -> None:
    store, change = opens(), filled(view, LONG)
    store.apply([change], {})
    table = base_table(view)
    assert store.query(f"SELECT {names(table.columns)} FROM {quoted(table.name)}") == [change.row]
    store.apply([change._replace(row=None)], {})
    assert store.query(f"SELECT {names(table.columns)} FROM {quoted(table.name)}") == []
