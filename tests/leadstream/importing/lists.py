"""One list in every kind of file there is a reader for, as the programs that write such files write them."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import openpyxl

from leadstream.importing import FilesError

Row = Sequence[str]


def clear(error: FilesError) -> None:
    """A refusal says what is wrong, each thing in one line."""
    assert error.problems
    assert all(problem and "\n" not in problem for problem in error.problems)


def delimited(columns: Row, rows: Sequence[Row], sign: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=sign, lineterminator="\r\n").writerows([columns, *rows])
    return out.getvalue().encode(encoding)


def json_lines(columns: Row, rows: Sequence[Row]) -> bytes:
    return b"".join(json.dumps(dict(zip(columns, row, strict=True))).encode() + b"\n" for row in rows)


def workbook(path: Path, columns: Row, rows: Sequence[Sequence[str | int | float | bool | datetime | None]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(list(columns))
    for number, row in enumerate(rows, 2):
        for place, value in enumerate(row, 1):
            cell = sheet.cell(number, place, value if value != "" else None)
            if isinstance(value, str) and value.startswith("="):
                cell.data_type = "s"
    book.save(path)
    return path
