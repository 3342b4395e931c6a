"""What all readers share: rows with their lines, columns with their places, and plain or gzipped bytes."""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from leadstream.importing.problems import FilesError

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Record:
    """One row as read.

    Attributes:
        line: line on which it begins, from 1.
        cells: its texts, in the order of the reader's columns; empty where `fault` says why it has none.
        fault: why the row cannot be used; empty where it can.
    """

    line: int
    cells: Sequence[str]
    fault: str = ""


class Reader(Protocol):
    """A file being read, row by row, once."""

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
        """The bytes of the row given last."""

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
        raise FilesError([f"{name}: cannot be decoded: {error}"]) from error
    except OSError as error:
        raise FilesError([f"{name}: cannot be read: {error.strerror or error}"]) from error


def listing(columns: Sequence[str]) -> str:
    """Columns as they stand in a message."""
    return ", ".join(f"`{column}`" for column in columns) or "none"
