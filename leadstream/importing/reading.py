"""What all readers share: rows with their lines, columns with their places, and plain or gzipped bytes."""

import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from leadstream.importing.problems import FilesError

_GZIP = b"\x1f\x8b"
_NAMED = 100
_LONGEST_NAME = 80
_UNDECODED = re.compile("[\udc80-\udcff]")
_MARKED = {"utf-8-sig": "utf-8"}
"""Encodings that would put a mark before each row."""
_MARK = "\ufeff"
LONGEST_LINE = 1 << 24
"""Signs of a line that are held at most; a longer one is no row."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row as read.

    Attributes:
        line: line on which it begins, from 1.
        cells: its texts, in the order of the reader's columns; empty where `fault` says why it has none.
        fault: why the row cannot be used; empty where it can.
        aside: why it is no row of the table at all, but a note beside it; empty where it is one.
    """

    line: int
    cells: Sequence[str]
    fault: str = ""
    aside: str = ""


class Reader(Protocol):
    """A file being read, row by row, once."""

    @property
    def columns(self) -> list[str]:
        """The columns of a table as the mapping calls them; empty where each row brings its own."""

    @property
    def header(self) -> Sequence[str]:
        """The columns of a table as the file calls them, each at its place; empty where each row brings its own."""

    def slot(self, column: str) -> int:
        """The index of a column in every row. A column that is not there is noted, see `missing`."""

    def missing(self) -> list[str]:
        """What is wrong with the columns asked for, in words; for XES known only after the last row."""

    def __iter__(self) -> Iterator[Record]:
        """The rows in the file's order.

        Raises:
            FilesError: the file as a whole is broken: cut off, or not what it claims to be.
        """

    def original(self) -> bytes:
        """The bytes of the row given last; of a workbook its cells as CSV, of an XES event its XML, written anew."""

    def close(self) -> None:
        """Close the file; rows cannot be read any more."""


def opened(path: Path) -> BinaryIO:
    """The file's content, unpacked where it is gzipped (told by its first bytes, not by its name).

    Raises:
        FilesError: it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(len(_GZIP)) == _GZIP
        return cast("BinaryIO", gzip.open(path, "rb")) if packed else path.open("rb")
    except OSError as error:
        raise FilesError([f"{path.name}: cannot be read: {error.strerror}"]) from error


@contextmanager
def whole(name: str) -> Iterator[None]:
    """Turns what breaks while a file is read into one clear error."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FilesError([f"{name}: the gzip file is damaged or cut off: {error}"]) from error
    except UnicodeError as error:
        raise FilesError([f"{name}: cannot be decoded: {_undecodable(error)}"]) from error
    except OSError as error:
        raise FilesError([f"{name}: cannot be read: {error.strerror or error}"]) from error


def _undecodable(error: UnicodeError) -> str:
    """Without the bytes themselves, which may be a whole chunk of the file."""
    return f"{error.encoding}: {error.reason}" if isinstance(error, UnicodeDecodeError) else str(error)


def listing(columns: Sequence[str]) -> str:
    """Columns as they stand in a message, cut where they are many."""
    named = ", ".join(f"`{_cut(column)}`" for column in columns[:_NAMED]) or "none"
    more = len(columns) - _NAMED
    return f"{named} and {more} more" if more > 0 else named


def _cut(column: str) -> str:
    printable = "".join(sign if sign.isprintable() else " " for sign in column[: _LONGEST_NAME + 1])
    return printable if len(column) <= _LONGEST_NAME else f"{printable[:_LONGEST_NAME]}..."


class Lines:
    """The lines of a text, remembering those of the row being read.

    Args:
        text: the text, read with `surrogateescape`.

    Attributes:
        count: how many lines were read.
        held: those since `forget`.
        fault: what is wrong with them; empty where nothing is.
    """

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._called = text.encoding
        self.count = 0
        self.held: list[str] = []
        self.fault = ""

    def __iter__(self) -> Iterator[str]:
        readline = self._text.readline
        while line := readline(LONGEST_LINE):
            if not self.count and line.startswith(_MARK):
                line = line[1:]
            self.count += 1
            self.held.append(line)
            if len(line) == LONGEST_LINE and not line.endswith("\n"):
                self._drop_rest()
                self.fault = f"has a line of more than {LONGEST_LINE} signs"
                line = "?\n"
            elif not line.isascii() and _UNDECODED.search(line):
                self.fault = f"has bytes that are not {self._called}"
            elif "\0" in line:
                self.fault = "has a NUL sign in it"
            yield line

    def _drop_rest(self) -> None:
        while (piece := self._text.readline(LONGEST_LINE)) and not piece.endswith("\n"):
            pass

    def forget(self) -> None:
        """The row is dealt with."""
        self.held.clear()
        self.fault = ""

    @property
    def first(self) -> int:
        """The line, from 1, on which the row being read begins."""
        return self.count - len(self.held) + 1

    def original(self) -> bytes:
        """The bytes of what is held."""
        encoding = _MARKED.get(self._called, self._called)
        text = "".join(self.held)
        try:
            return text.encode(encoding, "surrogateescape")
        except UnicodeEncodeError:  # encodings of several bytes a sign take no stray one back
            pieces = _UNDECODED.split(text)
            strays = [bytes([ord(sign) - 0xDC00]) for sign in _UNDECODED.findall(text)]
            return b"".join(piece.encode(encoding) + stray for piece, stray in zip(pieces, [*strays, b""], strict=True))


def text_of(path: Path, encoding: str) -> io.TextIOWrapper:
    """The file as text, what cannot be decoded kept as surrogates.

    Raises:
        FilesError: it cannot be opened.
    """
    return io.TextIOWrapper(opened(path), encoding=encoding, errors="surrogateescape", newline="")
