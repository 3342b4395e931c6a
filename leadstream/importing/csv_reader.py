"""Rows with a sign between their cells: CSV, TSV. A broken row is given with its fault, and the rest is read."""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from leadstream.importing.columns import HeaderColumns
from leadstream.importing.model import FileSpec
from leadstream.importing.problems import FilesError
from leadstream.importing.reading import LONGEST_LINE, Lines, Record, text_of, whole

_SEPARATOR = re.compile(r'\ufeff?"?sep=."?\s*', re.IGNORECASE)
"""The line by which Excel is told the delimiter; it is no header."""
_NOTE = "stands after the table"
_LONGEST_SPAN = 1_000_000
"""Signs of a row that goes over several lines: a quote that is never closed takes no more lines with it. So much
of a dead row is kept."""


class CsvReader:
    """Reads one delimited file.

    Args:
        path: the file.
        spec: how it is written, `encoding` and `delimiter` included; names of the columns where it has no header line.

    Raises:
        FilesError: it cannot be opened, is empty, or its header cannot be read.
    """

    def __init__(self, path: Path, spec: FileSpec) -> None:
        self._name = path.name
        self._encoding = spec.encoding or "utf-8-sig"
        self._footer = spec.footer
        self._text = text_of(path, self._encoding)
        self._lines = Lines(self._text)
        self._delimiter = spec.delimiter or ","
        # Of the whole process, so it is only ever raised: a cell may be as long as a line.
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_LINE))
        self._rows = self._parsed()
        try:
            with whole(self._name):
                names = list(spec.columns) if spec.columns else self._header(spec.header)
        except FilesError:
            self._text.close()
            raise
        self._columns = HeaderColumns(self._name, names, spec)

    def _parsed(self) -> Iterator[list[str]]:
        """The rows from the next line on."""
        return csv.reader(self._bounded(), delimiter=self._delimiter, strict=True)

    def _bounded(self) -> Iterator[str]:
        size = 0
        for line in self._lines:
            size = len(line) if len(self._lines.held) == 1 else size + len(line)
            if size > _LONGEST_SPAN and len(self._lines.held) > 1:
                raise csv.Error(f"a quote is not closed within {_LONGEST_SPAN} signs")
            yield line

    def _header(self, number: int) -> list[str]:
        for _ in range(number - 1):
            next(iter(self._lines), "")
        self._lines.forget()
        try:
            names = next(self._rows, None)
            if names and _SEPARATOR.fullmatch("".join(self._lines.held)):
                self._lines.forget()
                names = next(self._rows, None)
        except csv.Error as error:
            raise FilesError([f"{self._name}: the header line cannot be read: {error}"]) from error
        if not names:
            raise FilesError([f"{self._name}: is empty; expected a header line with the names of the columns"])
        if self._lines.fault:
            raise FilesError(
                [f"{self._name}: the header line {self._lines.fault}; give the file an `encoding`, or say --encoding"]
            )
        self._lines.forget()
        return names

    @property
    def columns(self) -> list[str]:
        """The columns as the mapping calls them."""
        return self._columns.names

    @property
    def header(self) -> Sequence[str]:
        """See `Reader.header`."""
        return self._columns.header

    def slot(self, column: str) -> int:
        """See `Reader.slot`."""
        return self._columns.slot(column)

    def missing(self) -> list[str]:
        """See `Reader.missing`."""
        return self._columns.missing()

    def __iter__(self) -> Iterator[Record]:
        """See `Reader.__iter__`."""
        width = len(self._columns.names)
        ended = False
        with whole(self._name):
            while True:
                try:
                    for cells in self._rows:
                        if cells:
                            yield self._record(cells, width, ended=ended)
                        else:
                            ended = self._footer
                        self._lines.forget()
                    break
                except csv.Error as error:
                    yield Record(self._lines.first, (), self._lines.fault or f"is not CSV: {error}")
                    self._lines.forget()
                    self._rows = self._parsed()

    def _record(self, cells: list[str], width: int, *, ended: bool) -> Record:
        line = self._lines.first
        if self._lines.fault:
            return Record(line, (), self._lines.fault)
        if len(cells) != width:
            if ended:
                return Record(line, (), aside=_NOTE)
            return Record(line, (), f"has {len(cells)} columns; expected {width}")
        if self._columns.lacks:
            cells.append("")
        return Record(line, cells)

    def original(self) -> bytes:
        """See `Reader.original`."""
        return self._lines.original()

    def close(self) -> None:
        """See `Reader.close`."""
        self._text.close()
