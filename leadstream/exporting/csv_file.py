"""CSV as `leadstream view --format csv` writes it."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import BinaryIO

from leadstream.exporting.whole import Told
from projections.views.view import Cell, Column

_AT_A_TIME = 5_000


def write_csv(file: BinaryIO, columns: tuple[Column, ...], rows: Iterable[Mapping[str, Cell]], told: Told) -> int:
    """A header and a line a row; how many rows."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.DictWriter(text, [column.name for column in columns], extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    written = 0
    for row in rows:
        writer.writerow(row)
        written += 1
        if written % _AT_A_TIME == 0:
            told(_AT_A_TIME)
    told(written % _AT_A_TIME)
    text.flush()
    text.detach()
    return written
