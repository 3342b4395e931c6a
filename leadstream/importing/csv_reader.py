"""CSV, plain or gzipped. A row that is broken is given with its fault; the rows after it are read on."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from leadstream.importing.model import FileSpec
from leadstream.importing.problems import FilesError
from leadstream.importing.reading import Record, listing, opened, whole

_UNDECODED = re.compile("[\udc80-\udcff]")


class _Lines:
    """The lines of a text, remembering those of the row being read."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.count = 0
        self.held: list[str] = []
        self.undecoded = False

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.count += 1
            self.held.append(line)
            if not line.isascii() and _UNDECODED.search(line):
                self.undecoded = True
            yield line

    def forget(self) -> None:
        self.held.clear()
        self.undecoded = False


class CsvReader:
    """Reads one CSV file.

    Args:
        path: the file.
        spec: how it is written: encoding, delimiter, names of the columns where it has no header line.

    Raises:
        FilesError: it cannot be opened, is empty, or its header cannot be read.
    """

    def __init__(self, path: Path, spec: FileSpec) -> None:
        self._name = path.name
        self._encoding = spec.encoding
        text = io.TextIOWrapper(opened(path), encoding=spec.encoding, errors="surrogateescape", newline="")
        self._text = text
        self._lines = _Lines(text)
        self._rows = csv.reader(self._lines, delimiter=spec.delimiter, strict=True)
        self._wrong: list[str] = []
        try:
            with whole(self._name):
                names = list(spec.columns) if spec.columns else self._header()
        except FilesError:
            text.close()
            raise
        self._wrong += [
            f"{self._name}: there is no column `{old}` to rename; the file has {listing(names)}"
            for old in spec.rename
            if old not in names
        ]
        self.columns = [spec.rename.get(name, name) for name in names]

    def _header(self) -> list[str]:
        try:
            names = next(self._rows, None)
        except csv.Error as error:
            raise FilesError([f"{self._name}: the header line cannot be read: {error}"]) from error
        if not names:
            raise FilesError([f"{self._name}: is empty; expected a header line with the names of the columns"])
        if self._lines.undecoded:
            raise FilesError([f"{self._name}: the header line is not {self._encoding}; give the file an `encoding`"])
        self._lines.forget()
        return names

    def slot(self, column: str) -> int:
        """See `Reader.slot`."""
        if self.columns.count(column) == 1:
            return self.columns.index(column)
        trouble = "twice" if column in self.columns else "not"
        message = f"{self._name}: the column `{column}` is {trouble} there; the file has {listing(self.columns)}"
        if message not in self._wrong:
            self._wrong.append(message)
        return 0

    def missing(self) -> list[str]:
        """See `Reader.missing`."""
        return self._wrong

    def __iter__(self) -> Iterator[Record]:
        """See `Reader.__iter__`."""
        width = len(self.columns)
        with whole(self._name):
            while True:
                try:
                    for cells in self._rows:
                        if cells:
                            yield self._record(cells, width)
                        self._lines.forget()
                    break
                except csv.Error as error:
                    yield Record(self._first_line(), (), f"is not CSV: {error}")
                    self._lines.forget()

    def _record(self, cells: list[str], width: int) -> Record:
        line = self._first_line()
        if self._lines.undecoded:
            return Record(line, (), f"has bytes that are not {self._encoding}")
        if len(cells) != width:
            return Record(line, (), f"has {len(cells)} columns; expected {width}")
        return Record(line, cells)

    def _first_line(self) -> int:
        return self._lines.count - len(self._lines.held) + 1

    def original(self) -> bytes:
        """See `Reader.original`."""
        encoding = "utf-8" if self._encoding == "utf-8-sig" else self._encoding
        return "".join(self._lines.held).encode(encoding, "surrogateescape")

    def close(self) -> None:
        """See `Reader.close`."""
        self._text.close()
