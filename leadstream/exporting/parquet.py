"""Parquet: every column with its type, instants as UTC timestamps, whole numbers whole (extra `parquet`)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from events.instants import to_us
from leadstream.exporting.whole import Told
from projections.views.view import Cell, Column, Kind

_AT_A_TIME = 20_000
"""Rows in memory, and in a row group."""
_TYPES = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.REAL: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.INSTANT: pa.timestamp("us", tz="UTC"),
}


def write_parquet(file: BinaryIO, columns: tuple[Column, ...], rows: Iterable[Mapping[str, Cell]], told: Told) -> int:
    """A row group after the other, packed by Zstandard; how many rows. Each field carries its column's meaning."""
    schema = pa.schema(
        [pa.field(column.name, _TYPES[column.kind], metadata={"meaning": column.meaning}) for column in columns]
    )
    written, left = 0, iter(rows)
    with ParquetWriter(file, schema, compression="zstd") as writer:
        while some := list(islice(left, _AT_A_TIME)):
            arrays = [pa.array(list(_cells(column, some)), _TYPES[column.kind]) for column in columns]
            writer.write_table(pa.table(arrays, schema=schema))
            written += len(some)
            told(len(some))
    return written


def _cells(column: Column, rows: Iterable[Mapping[str, Cell]]) -> Iterable[Any]:
    cells = (row[column.name] for row in rows)
    if column.kind is not Kind.INSTANT:
        return cells
    return (None if cell is None else to_us(datetime.fromisoformat(str(cell))) for cell in cells)
