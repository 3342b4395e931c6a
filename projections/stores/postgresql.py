"""The store of rows in a PostgreSQL database, for many readers and machines (extra `leadstream[postgresql]`).

It lives in the first schema of the role's search path. Writers take turns by an advisory lock, as they do by the
write lock of a SQLite file; readers wait for nobody. A connection that is lost is made anew when the store is next
asked for something. Whether a commit that got no answer was done need not be known: the positions say so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from engine.failpoints import reached
from projections.stores.address import place_of
from projections.stores.changes import expect_before, last_of
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
from projections.stores.port import Move, RowChange, Source, StoreBroken
from projections.stores.postgresql_failures import translated
from projections.stores.postgresql_tables import (
    POSTGRESQL,
    ROW_KEY,
    create,
    delete,
    kept,
    key_cells,
    marked,
    row_cells,
    shown,
    upsert,
)
from projections.stores.schema import LAYOUT, POSITIONS, Table, quoted
from projections.views.view import Cell, Cells

_CONNECTING: Mapping[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 20, "keepalives_interval": 5, "keepalives_count": 4, "tcp_user_timeout": 40_000,
    "application_name": "leadstream", "client_encoding": "utf8",
}  # fmt: skip
"""What the address may say otherwise; a server that answers nothing is given up within a minute."""
_STREAMED = 5_000
"""Rows a cursor brings at a time."""
_TURN = (
    "SET LOCAL lock_timeout = {0}; SET LOCAL idle_in_transaction_session_timeout = {0}; "
    "SELECT pg_advisory_xact_lock(hashtextextended('leadstream ' || current_schema(), 0))"
)
"""One writer at a time; in milliseconds for how long one waits for it, and when the server ends it."""


class PostgresStore:
    """A `ViewStore` in a database; many processes may have it open.

    Args:
        url: `postgresql://user@host:port/database`, with options as libpq knows them. A password is better kept in
            PGPASSWORD or ~/.pgpass.
        patience: seconds to wait for another writer. The server ends a writer that does nothing in its turn for so
            long, as one does whose machine has stopped.
        layout: the tables and SQL views it is to have.

    Raises:
        StoreUnavailable: it cannot be reached, does not let us in, or gives us no rights.
        StoreBroken: it is something else, or was made by a newer program.
    """

    def __init__(self, url: str, patience: float = 30.0, layout: Layout = OURS) -> None:
        self.layout = layout
        self._place, self._take_turn = place_of(url), _TURN.format(round(patience * 1000)).encode()
        try:
            self._address = {**_CONNECTING, **conninfo_to_dict(url)}
        except psycopg.ProgrammingError:  # it repeats the address, password and all
            raise StoreBroken(f"views {self._place}: not an address that PostgreSQL understands") from None
        self._open: psycopg.Connection[Any] | None = None
        with translated(self._place):
            self._db()

    def building(self) -> frozenset[str]:
        """Parts whose new tables are being filled."""
        with translated(self._place):
            db = self._db()
            known = self._parts(db)
            if is_unprepared(self.layout, known):
                self._prepare(db)
                known = self._parts(db)
            return built_beside(self.layout, known)

    def swap(self) -> bool:
        """Put the new tables in the place of the old ones, in one transaction."""
        with self._turn() as db:
            building = built_beside(self.layout, self._parts(db))
            if building:
                reached("swap.begun")
                self._drop_answers(db)
                db.execute("; ".join(swapping(self.layout, building)).encode())
                self._make_answers(db)
                self._know(db, self.layout.parts)
                reached("swap.written")
        reached("swap.done")
        return bool(building)

    def columns(self, name: str) -> list[str]:
        """The columns of a table or SQL view."""
        sql = "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() "
        found = self.query(f"{sql}AND table_name = ? ORDER BY ordinal_position", (name,))
        return [str(column) for (column,) in found if column != ROW_KEY]

    def positions(self) -> dict[Source, int]:
        """Next offset of every source that was ever read."""
        with translated(self._place):
            return self._positions(self._db())

    def apply(self, changes: Iterable[RowChange], moves: Mapping[Source, Move]) -> int:
        """Set rows and positions in one transaction; of several changes of a row the last one stands."""
        last = last_of(changes)
        with self._turn() as db, db.cursor() as cursor:
            known = self._parts(db)
            expect_ours(self.layout, known, self._place)
            expect_there(self.layout, known, last, moves)
            self._move(db, moves)
            for name, rows in last.items():
                table = self.layout.table(name)
                cursor.executemany(upsert(table), [row_cells(table, row) for row in rows.values() if row is not None])
                cursor.executemany(delete(table), [key_cells(table, key) for key, row in rows.items() if row is None])
        return sum(map(len, last.values()))

    def reset(self) -> None:
        """Drop everything and begin with empty tables."""
        with self._turn() as db:
            self._drop_answers(db)
            self._drop(db, [*self.layout.tables, *self.layout.beside])
            self._make(db, self.layout.tables.values())
            self._make_answers(db)
            self._know(db, self.layout.parts)

    def query(self, sql: str, values: Sequence[Cell] = ()) -> list[Cells]:
        """Rows of a query; `?` stands for a value."""
        with translated(self._place):
            found = self._db().execute(marked(sql), [kept(value) for value in values])
            return [tuple(map(shown, row)) for row in found] if found.description else []

    def stream(self, sql: str, values: Sequence[Cell] = ()) -> Iterator[Cells]:
        """Rows of a query one after the other, from a cursor of the server: it sees what was there when it began."""
        with translated(self._place), self._db().transaction(), self._db().cursor("streamed") as cursor:
            cursor.itersize = _STREAMED
            for row in cursor.execute(marked(sql), [kept(value) for value in values]):
                yield tuple(map(shown, row))

    def close(self) -> None:
        """Let go of the database."""
        if self._open is not None:
            self._open.close()

    def _db(self) -> psycopg.Connection[Any]:
        """The connection; a new one where there is none or it was lost."""
        if self._open is None or self._open.closed:
            db = psycopg.connect(**self._address, autocommit=True)
            # One type for all whole numbers, so that one statement is prepared for them, and not one for each length.
            for dumper in (Int8Dumper, Int8BinaryDumper):
                db.adapters.register_dumper(int, dumper)
            try:
                db.execute("SET jit = off")  # to compile a question takes longer than to answer it
                if preparing(self.layout, self._layout(db), self._place) is not None:
                    self._prepare(db)
            except BaseException:
                db.close()
                raise
            self._open = db
        return self._open

    @contextmanager
    def _turn(self) -> Iterator[psycopg.Connection[Any]]:
        """A transaction that no other writer is in."""
        with translated(self._place):
            db = self._db()
            with db.transaction():
                db.execute(self._take_turn)
                yield db

    @staticmethod
    def _positions(db: psycopg.Connection[Any]) -> dict[Source, int]:
        rows = db.execute(f"SELECT topic, partition, next_offset FROM {POSITIONS.name}".encode())  # noqa: S608 - our identifier
        return {(topic, partition): offset for topic, partition, offset in rows}

    def _move(self, db: psycopg.Connection[Any], moves: Mapping[Source, Move]) -> None:
        expect_before(self._positions(db), moves)
        with db.cursor() as cursor:
            cursor.executemany(upsert(POSITIONS), [(*source, move.after) for source, move in moves.items()])

    def _layout(self, db: psycopg.Connection[Any]) -> dict[str, str]:
        """What the database was made for; nothing where it is still to be made.

        Raises:
            StoreBroken: it is somebody else's, or cannot hold our texts.
        """
        found = db.execute("SELECT current_schema(), current_setting('server_encoding')").fetchone()
        schema, encoding = found or (None, None)
        if schema is None:
            raise StoreBroken(f"views {self._place}: no schema of the role's search path is there; create it")
        if encoding != "UTF8":
            raise StoreBroken(f"views {self._place}: its encoding is {encoding}; create a database with UTF8")
        sql = "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s"
        there = {name for (name,) in db.execute(sql, (schema,))}
        ours = {*self.layout.tables, *(answer.name for answer in self.layout.answers)}
        if LAYOUT.name not in there:
            if foreign := there & ours:
                raise StoreBroken(self._foreign(min(foreign), schema))
            return {}
        known = self._parts(db)
        if not known.keys() & self.layout.parts.keys():
            raise StoreBroken(self._foreign(LAYOUT.name, schema))
        return known

    @staticmethod
    def _parts(db: psycopg.Connection[Any]) -> dict[str, str]:
        return dict(db.execute(f"SELECT part, version FROM {LAYOUT.name}".encode()))  # noqa: S608 - our identifier

    def _foreign(self, name: str, schema: str) -> str:
        return (
            f"views {self._place}: schema {schema} holds {name!r}, which is none of ours; name another database, or "
            "another schema with ?options=-csearch_path%3DNAME"
        )

    def _prepare(self, db: psycopg.Connection[Any]) -> None:
        """Make what is missing, and beside what was made for other versions of the views what is to take its place."""
        with db.transaction():
            db.execute(self._take_turn)
            todo = preparing(self.layout, self._layout(db), self._place)  # once more: another one may just have made it
            if todo is None:
                return
            if todo.answers:
                self._drop_answers(db)
            self._drop(db, todo.drop)
            self._make(db, todo.make)
            if todo.answers:
                self._make_answers(db)
            db.execute(f"DELETE FROM {LAYOUT.name} WHERE part = ANY(%s)".encode(), (todo.gone,))  # noqa: S608 - our identifier
            db.execute(f"DELETE FROM {POSITIONS.name} WHERE topic = ANY(%s)".encode(), (todo.forget,))  # noqa: S608 - our identifier
            self._know(db, todo.parts)

    def _drop_answers(self, db: psycopg.Connection[Any]) -> None:
        db.execute("; ".join(dropping(self.layout, self._layout(db))).encode())

    def _make_answers(self, db: psycopg.Connection[Any]) -> None:
        made = [f"CREATE VIEW {quoted(answer.name)} AS {answer.sql(POSTGRESQL)}" for answer in self.layout.answers]
        db.execute("; ".join(made).encode())

    @staticmethod
    def _drop(db: psycopg.Connection[Any], tables: Iterable[str]) -> None:
        dropped = [f"DROP TABLE IF EXISTS {quoted(table)}" for table in tables]
        if dropped:
            db.execute("; ".join(dropped).encode())

    @staticmethod
    def _make(db: psycopg.Connection[Any], tables: Iterable[Table]) -> None:
        sql = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        there = {name for (name,) in db.execute(sql)}
        made = [statement for table in tables if table.name not in there for statement in create(table)]
        if made:
            db.execute("; ".join(made).encode())

    @staticmethod
    def _know(db: psycopg.Connection[Any], parts: Mapping[str, str]) -> None:
        with db.cursor() as cursor:
            cursor.executemany(upsert(LAYOUT), list(parts.items()))
