"""Workbooks of Excel (XLSX), read row by row. A cell is its text: dates in ISO 8601, amounts as entered.

Of a formula the result counts that is stored in the file. A formula without one, or a cell that shows an error, makes
its row a dead one if the mapping asks for that column.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from leadstream.importing.columns import HeaderColumns
from leadstream.importing.extra import needed
from leadstream.importing.model import FileSpec
from leadstream.importing.problems import FilesError
from leadstream.importing.reading import Record, listing

_LAST_ROW = 1_048_576
"""The last row of a sheet there can be; a file that claims more would never end."""
_MIB = 1 << 20
_HELD = {"xl/sharedStrings.xml": 512 * _MIB}
"""Unpacked bytes of the parts that are held in memory; of any but the sheets at most `_OTHER`."""
_OTHER = 32 * _MIB
_SHEETS = 8 << 30
_MOST_PACKED = 150
"""How many times smaller than its content a part may be packed, from a size on at which it matters."""
_NOTE = "stands after the table"


class XlsxReader:
    """Reads one sheet of a workbook.

    Args:
        path: the file.
        spec: its `sheet` (the first one that is shown, without it) and `header`, the row that names the columns.

    Raises:
        FilesError: it is no workbook, has no such sheet or no header, would unpack to more than is sane, or `openpyxl`
            is not installed.
    """

    def __init__(self, path: Path, spec: FileSpec) -> None:
        self._name = path.name
        self._footer = spec.footer
        needed(path.name, "openpyxl", "Excel workbooks")
        _guard(path)
        self._used: dict[int, None] = {}
        self._shown: list[str] = []
        self._number = 0
        with ExitStack() as opening:
            with _readable(self._name):
                self._books = [_book(opening, path, results=True)]
                sheet = self._sheet(spec.sheet)
                self.sheet = sheet.title
                if _has_formulas(path, sheet):
                    self._books.append(_book(opening, path, results=False))
                self._rows = self._cells()
            self._columns = HeaderColumns(self._name, self._header(spec), spec)
            self._open = opening.pop_all()

    def _sheet(self, wanted: str | None) -> Any:
        sheets = self._books[0].worksheets
        shown = [each for each in sheets if each.sheet_state == "visible"] or sheets
        found = next((each for each in shown if wanted in (None, each.title)), None)
        if found is None:
            raise FilesError([f"{self._name}: there is no sheet `{wanted}`; the file has {listing(_titles(sheets))}"])
        return found

    def _cells(self) -> Iterator[tuple[int, Sequence[Any], Sequence[Any]]]:
        """Row number, cells with their results, cells with their formulas."""
        each = [book[self.sheet] for book in self._books]
        for sheet in each:
            sheet.reset_dimensions()
        rows = [sheet.iter_rows(max_row=_LAST_ROW) for sheet in each]
        for number, cells in enumerate(rows[0], 1):
            yield number, cells, next(rows[1], ()) if len(rows) > 1 else cells

    def _header(self, spec: FileSpec) -> list[str]:
        if spec.columns:
            return list(spec.columns)
        with _readable(self._name):
            for number, cells, _ in self._rows:
                names = [_text(cell.value) for cell in cells]
                while names and not names[-1].strip():
                    names.pop()
                if number >= spec.header and names:
                    return names
        raise FilesError([f"{self._name}: is empty; expected a header row with the names of the columns"])

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
        index = self._columns.slot(column)
        self._used[index] = None
        return index

    def missing(self) -> list[str]:
        """See `Reader.missing`."""
        return self._columns.missing()

    def __iter__(self) -> Iterator[Record]:
        """See `Reader.__iter__`."""
        ended = False
        rows = self._rows
        while True:
            with _readable(self._name):
                found = next(rows, None)
            if found is None:
                return
            number, cells, formulas = found
            self._number = number
            self._shown = [_text(cell.value) for cell in cells]
            while self._shown and not self._shown[-1]:
                self._shown.pop()
            if self._shown or any(_is_formula(cell) for cell in formulas):
                yield self._record(cells, formulas, ended=ended)
            else:
                ended = self._footer

    def _record(self, cells: Sequence[Any], formulas: Sequence[Any], *, ended: bool) -> Record:
        width, shown = len(self._columns.names), self._shown
        if ended and len(shown) < min(width, 2):
            return Record(self._number, (), aside=_NOTE)
        if len(shown) > width:
            return Record(self._number, (), f"has {len(shown)} columns; expected {width}")
        for index in self._used:
            if index < len(cells) and (fault := _fault(cells[index], formulas[index])):
                return Record(self._number, (), fault)
        padded = shown + [""] * (width - len(shown) + self._columns.lacks)
        if any("\0" in cell for cell in padded):
            return Record(self._number, (), "has a NUL sign in it")
        return Record(self._number, padded)

    def original(self) -> bytes:
        """See `Reader.original`."""
        out = io.StringIO()
        width = len(self._columns.names)
        csv.writer(out, lineterminator="\n").writerow(self._shown + [""] * (width - len(self._shown)))
        return out.getvalue().encode(errors="backslashreplace")

    def close(self) -> None:
        """See `Reader.close`."""
        self._open.close()


def _titles(sheets: Sequence[Any]) -> list[str]:
    return [each.title for each in sheets]


def _book(opening: ExitStack, path: Path, *, results: bool) -> Any:
    """A workbook, opened here and not by its name: one that is called otherwise would be refused."""
    import openpyxl  # noqa: PLC0415 - an extra

    file = opening.enter_context(path.open("rb"))
    return opening.enter_context(
        closing(openpyxl.load_workbook(file, read_only=True, data_only=results, keep_links=False))
    )


def _guard(path: Path) -> None:
    """Refuse what is no workbook, and what would unpack to more than is sane, before anything of it is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
        raise FilesError([f"{path.name}: is no workbook, or one that is damaged or cut off: {error}"]) from error
    except OSError as error:
        raise FilesError([f"{path.name}: cannot be read: {error.strerror or error}"]) from error
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise FilesError([f"{path.name}: is a zip file, but no Excel workbook"])
    for part in parts:
        most = _HELD.get(part.filename, _SHEETS if part.filename.startswith("xl/worksheets/") else _OTHER)
        packed = max(part.compress_size, 1)
        if part.file_size > most or (part.file_size > _OTHER and part.file_size // packed > _MOST_PACKED):
            raise FilesError(
                [f"{path.name}: would unpack `{part.filename}` to {part.file_size} bytes from {packed}; refused"]
            )
        if part.flag_bits & 1:
            raise FilesError([f"{path.name}: is encrypted; save it without a password"])


def _has_formulas(path: Path, sheet: Any) -> bool:
    """Whether a sheet has formulas, looked for in its bytes: only then it has to be read twice."""
    with zipfile.ZipFile(path) as archive, archive.open(sheet._worksheet_path) as file:  # noqa: SLF001 - no other name
        rest = b""
        while chunk := file.read(_MIB):
            text = rest + chunk
            if b"<f>" in text or b"<f " in text or b":f>" in text or b"<f/" in text:
                return True
            rest = text[-8:]
    return False


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Turns whatever a damaged workbook makes fail into one clear error."""
    try:
        yield
    except FilesError:
        raise
    except Exception as error:  # openpyxl raises whatever its XML, its zip or its numbers make fail
        cause = error.__cause__ or error  # the workbook's own words; those around them name the file once more
        said = " ".join(str(cause).split())[:200] or type(cause).__name__
        raise FilesError([f"{name}: is damaged, or no workbook that can be read: {said}"]) from error


def _is_formula(cell: Any) -> bool:
    return cell.value is not None and getattr(cell, "data_type", "") == "f"


def _fault(cell: Any, formula: Any) -> str:
    if getattr(cell, "data_type", "") == "e":
        return f"shows the error {cell.value} in cell {cell.coordinate}"
    if cell.value is None and _is_formula(formula):
        return f"has a formula without a stored result in cell {formula.coordinate}; open and save the file in Excel"
    return ""


def _text(value: Any) -> str:
    """A cell's text: whole numbers without a point, others with the fifteen digits that Excel keeps."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        return (value.date() if value.time() == time() else value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return _clock(value) if isinstance(value, timedelta) else str(value)


def _number(value: float) -> str:
    with suppress(ArithmeticError, ValueError):
        exact = Decimal(f"{value:.15g}")
        text = format(exact, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def _clock(value: timedelta) -> str:
    seconds = value // timedelta(seconds=1)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
