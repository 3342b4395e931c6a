"""Our tables in PostgreSQL: statements, and cells as it can hold them. Pure.

A B-tree takes entries of 2,704 bytes at most, and names are as long as upstream likes. So a table with more than one
text in its key is keyed by a digest of it, a text alone in an index has a hash index, which keeps only hashes, and one
beside others is cut, unless facts bound it.
"""

import hashlib
import re
from decimal import Decimal
from functools import lru_cache

from projections.rows import encode_key
from projections.stores.schema import Dialect, Table, names, quoted
from projections.views.view import Cell, Cells, Kind

_TEXT = 'TEXT COLLATE "C"'
"""Sorted by code points, as everywhere else, whatever the database's language is."""
POSTGRESQL = Dialect(
    {
        Kind.TEXT: _TEXT, Kind.INTEGER: "BIGINT", Kind.REAL: "DOUBLE PRECISION", Kind.BOOLEAN: "SMALLINT",
        Kind.INSTANT: _TEXT,
    },
    # The server takes no zero character out of JSON: it is escaped there as it is in cells.
    "LEFT JOIN LATERAL json_array_elements(CAST(replace(replace(NULLIF(h.lines, '[]'), '\\u001a', '\\u001a\\u001a'), "
    "'\\u0000', '\\u001a0') AS json)) j ON TRUE",
)  # fmt: skip
ROW_KEY = "row_key"
_BOUNDED = ("state", "status", "source", "purpose", "close_date")
"""Texts of indexes that have 512 letters at most, wherever they come from."""
_INDEXED_LETTERS = 256
_DIGEST_BYTES = 20
_ZERO, _ESCAPE = "\0", "\x1a"
_ESCAPED = re.compile("\x1a(.)", re.DOTALL)
_STRING = re.compile(r"""('[^']*'|"[^"]*")""")


def kept(cell: Cell) -> Cell:
    """A cell as PostgreSQL holds it: no text there can have a zero character, so it is escaped; true is 1."""
    if type(cell) is str:
        if _ZERO in cell or _ESCAPE in cell:
            return cell.replace(_ESCAPE, _ESCAPE * 2).replace(_ZERO, _ESCAPE + "0")
    elif type(cell) is bool:
        return int(cell)
    return cell


def shown(cell: Cell | Decimal) -> Cell:
    """The cell that `kept` was given; a sum of whole numbers, which is a decimal there, is whole."""
    if isinstance(cell, Decimal):
        return int(cell) if cell.as_tuple().exponent == 0 else float(cell)
    if type(cell) is str and _ESCAPE in cell:
        return _ESCAPED.sub(lambda found: _ZERO if found[1] == "0" else found[1], cell)
    return cell


def digested(table: Table) -> bool:
    """Whether the table is keyed by a digest of its key."""
    return sum(column.kind is Kind.TEXT for column in table.columns[: table.key]) > 1


def key_cells(table: Table, key: Cells) -> tuple[Cell | bytes, ...]:
    """What `delete` takes for a row."""
    if digested(table):
        return (hashlib.blake2b(encode_key(key), digest_size=_DIGEST_BYTES).digest(),)
    return tuple(map(kept, key))


def row_cells(table: Table, row: Cells) -> tuple[Cell | bytes, ...]:
    """What `upsert` takes for a row."""
    cells = tuple(map(kept, row))
    return (*cells, *key_cells(table, row[: table.key])) if digested(table) else cells


def create(table: Table) -> list[str]:
    """Statements that make a table and its indexes if they are not there."""
    columns = [
        f"{quoted(column.name)} {POSTGRESQL.types[column.kind]}{'' if column.optional else ' NOT NULL'}"
        for column in table.columns
    ]
    if digested(table):
        columns.append(f"{ROW_KEY} BYTEA NOT NULL")
    made = [f"CREATE TABLE IF NOT EXISTS {quoted(table.name)} ({', '.join(columns)}, PRIMARY KEY ({_key(table)}))"]
    leading = table.columns[0]
    if digested(table) and leading.kind is Kind.TEXT:
        made.append(_index(table, (leading.name,)))
    return made + [_index(table, columns) for columns in table.indexes]


def _index(table: Table, columns: tuple[str, ...]) -> str:
    kinds = {column.name: column.kind for column in table.columns}
    alone = len(columns) == 1 and kinds[columns[0]] is Kind.TEXT
    whole = alone or set(columns) <= {name for name, kind in kinds.items() if kind is not Kind.TEXT or name in _BOUNDED}
    parts = [
        quoted(name) if whole or kinds[name] is not Kind.TEXT else f"left({quoted(name)}, {_INDEXED_LETTERS})"
        for name in columns
    ]
    return (
        f"CREATE INDEX IF NOT EXISTS {quoted(table.index(columns))} ON {quoted(table.name)} "
        f"USING {'hash' if alone else 'btree'} ({', '.join(parts)})"
    )


def _key(table: Table) -> str:
    return ROW_KEY if digested(table) else names(table.columns[: table.key])


@lru_cache(None)
def upsert(table: Table) -> bytes:
    """Statement that sets a row; it takes `row_cells`."""
    columns = [quoted(column.name) for column in table.columns] + [ROW_KEY] * digested(table)
    sets = ", ".join(f"{quoted(c.name)} = excluded.{quoted(c.name)}" for c in table.columns[table.key :])
    return (
        f"INSERT INTO {quoted(table.name)} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))}) "  # noqa: S608 - our identifiers
        f"ON CONFLICT ({_key(table)}) DO UPDATE SET {sets}"
    ).encode()


@lru_cache(None)
def delete(table: Table) -> bytes:
    """Statement that takes a row away; it takes `key_cells`."""
    key = [ROW_KEY] if digested(table) else [quoted(column.name) for column in table.columns[: table.key]]
    return f"DELETE FROM {quoted(table.name)} WHERE {' AND '.join(f'{name} = %s' for name in key)}".encode()  # noqa: S608 - our identifiers


def marked(sql: str) -> bytes:
    """A statement with `?` for values, as the driver takes it; strings and names in it stay as they are."""
    pieces = _STRING.split(sql.replace("%", "%%"))
    return "".join(piece if at % 2 else piece.replace("?", "%s") for at, piece in enumerate(pieces)).encode()
