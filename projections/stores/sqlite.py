"""The store of rows in one SQLite file beside the log.

One SQLite library in the process (apsw), and a file of its own: a transaction over two attached files would not be
atomic. `synchronous` is NORMAL: what a power cut takes is read again from the topics, rows and positions alike.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import apsw

from engine.failpoints import reached
from projections.stores.changes import expect_before, last_of
from projections.stores.failures import translated
from projections.stores.layout import (
    OURS,
    Layout,
    built_beside,
    dropping,
    expect_ours,
    expect_there,
    is_unprepared,
    preparing,
    swapping,
)
from projections.stores.port import Move, RowChange, Source
from projections.stores.schema import (
    LAYOUT,
    POSITIONS,
    Dialect,
    Table,
    create,
    create_indexes,
    delete,
    quoted,
    upsert,
)
from projections.views.view import Cell, Cells, Kind

SQLITE = Dialect(
    {Kind.TEXT: "TEXT", Kind.INTEGER: "INTEGER", Kind.REAL: "REAL", Kind.BOOLEAN: "INTEGER", Kind.INSTANT: "TEXT"},
    "LEFT JOIN json_each(NULLIF(h.lines, '[]')) j",
)
NOWHERE = ""
"""In place of a path: a store that nobody else sees, in memory and, if it grows, in a file that goes with it."""
_BUSY_MS = 30_000
_CACHE_KIB = 65_536
"""Memory for pages at most: rows come in the order of time and go to many places of the indexes."""


class SqliteStore:
    """A `ViewStore` in a file; several processes may have it open.

    Args:
        path: the file, made when it is not there; or `NOWHERE`.
        layout: the tables and SQL views it is to have.

    Raises:
        StoreUnavailable: it cannot be opened or written.
        StoreBroken: it is something else, or was made by a newer program.
    """

    def __init__(self, path: Path | str, layout: Layout = OURS) -> None:
        self._path, self.layout = str(path), layout
        with translated(self._path):
            self._db = apsw.Connection(self._path)
            try:
                self._db.set_busy_timeout(_BUSY_MS)
                self._run("PRAGMA journal_mode = WAL")
                self._run("PRAGMA synchronous = NORMAL")
                self._run(f"PRAGMA cache_size = -{_CACHE_KIB}")
                self._run("PRAGMA legacy_alter_table = ON")  # what others' SQL views rest on may be swapped
                if preparing(layout, self._layout(), self._path) is not None:
                    self._prepare()
            except BaseException:
                self._db.close()
                raise

    def building(self) -> frozenset[str]:
        """Parts whose new tables are being filled."""
        known = self._layout()
        if is_unprepared(self.layout, known):
            self._prepare()
            known = self._layout()
        return built_beside(self.layout, known)

    def swap(self) -> bool:
        """Put the new tables in the place of the old ones, in one transaction."""
        with translated(self._path), _Immediate(self._db):
            building = built_beside(self.layout, self._layout())
            if building:
                reached("swap.begun")
                self._drop_answers()
                for statement in swapping(self.layout, building):
                    self._run(statement)
                self._make_answers()
                self._db.executemany(upsert(LAYOUT), list(self.layout.parts.items()))
                reached("swap.written")
        reached("swap.done")
        return bool(building)

    def columns(self, name: str) -> list[str]:
        """The columns of a table or SQL view."""
        return [str(column) for (column,) in self._run("SELECT name FROM pragma_table_info(?)", (name,))]

    def positions(self) -> dict[Source, int]:
        """Next offset of every source that was ever read."""
        rows = self._run(f"SELECT topic, partition, next_offset FROM {POSITIONS.name}")  # noqa: S608 - our identifier
        return {(str(topic), _whole(partition)): _whole(offset) for topic, partition, offset in rows}

    def apply(self, changes: Iterable[RowChange], moves: Mapping[Source, Move]) -> int:
        """Set rows and positions in one transaction; of several changes of a row the last one stands."""
        last = last_of(changes)
        with translated(self._path), _Immediate(self._db):
            known = self._layout()
            expect_ours(self.layout, known, self._path)
            expect_there(self.layout, known, last, moves)
            self._move(moves)
            for name, rows in last.items():
                table, sets = self.layout.table(name), [row for row in rows.values() if row is not None]
                self._db.executemany(upsert(table), sets)
                self._db.executemany(delete(table), [key for key, row in rows.items() if row is None])
        return sum(map(len, last.values()))

    def reset(self) -> None:
        """Drop everything and begin with empty tables."""
        with translated(self._path), _Immediate(self._db):
            self._drop_answers()
            self._drop([*self.layout.tables, *self.layout.beside])
            self._make(self.layout.tables.values())
            self._make_answers()
            self._db.executemany(upsert(LAYOUT), list(self.layout.parts.items()))

    def query(self, sql: str, values: Sequence[Cell] = ()) -> list[Cells]:
        """Rows of a query; `?` stands for a value."""
        return self._run(sql, values)

    def stream(self, sql: str, values: Sequence[Cell] = ()) -> Iterator[Cells]:
        """Rows of a query one after the other: a statement that runs sees what was there when it began."""
        with translated(self._path):
            yield from self._db.execute(sql, tuple(values))

    def close(self) -> None:
        """Let go of the file."""
        with translated(self._path):
            self._db.close()

    def _run(self, sql: str, values: Sequence[Cell] = ()) -> list[Cells]:
        with translated(self._path):
            return list(self._db.execute(sql, tuple(values)))

    def _move(self, moves: Mapping[Source, Move]) -> None:
        expect_before(self.positions(), moves)
        self._db.executemany(upsert(POSITIONS), [(*source, move.after) for source, move in moves.items()])

    def _layout(self) -> dict[str, str]:
        there = self._run("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (LAYOUT.name,))
        if not there:
            return {}
        return {str(part): str(version) for part, version in self._run(f"SELECT part, version FROM {LAYOUT.name}")}  # noqa: S608 - our identifier

    def _prepare(self) -> None:
        """Make what is missing, and beside what was made for other versions of the views what is to take its place."""
        with translated(self._path), _Immediate(self._db):
            known = self._layout()  # once more: another one may just have made it
            todo = preparing(self.layout, known, self._path)
            if todo is None:
                return
            if todo.answers:
                self._drop_answers()
            self._drop(todo.drop)
            self._make(todo.make)
            if todo.answers:
                self._make_answers()
            self._db.executemany(delete(LAYOUT), [(part,) for part in todo.gone])
            self._db.executemany(
                f"DELETE FROM {POSITIONS.name} WHERE topic = ?",  # noqa: S608 - our identifier
                [(topic,) for topic in todo.forget],
            )
            self._db.executemany(upsert(LAYOUT), list(todo.parts.items()))

    def _drop_answers(self) -> None:
        for statement in dropping(self.layout, self._layout()):
            self._run(statement)

    def _make_answers(self) -> None:
        for answer in self.layout.answers:
            self._run(f"CREATE VIEW {quoted(answer.name)} AS {answer.sql(SQLITE)}")

    def _drop(self, tables: Iterable[str]) -> None:
        for table in tables:
            self._run(f"DROP TABLE IF EXISTS {quoted(table)}")

    def _make(self, tables: Iterable[Table]) -> None:
        there = {name for (name,) in self._run("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in tables:
            if table.name not in there:
                for statement in (create(table, SQLITE), *create_indexes(table)):
                    self._run(statement)


class _Immediate:
    """A write transaction that takes the write lock at its start, so that it cannot fail half way for it."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:  # SQLite itself rolls back after some errors
                self._db.execute("ROLLBACK")


def _whole(cell: Cell) -> int:
    assert isinstance(cell, int)
    return cell
