"""How the files of an import are read: what the mapping says, what options say instead, and what was found out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from leadstream.importing.csv_reader import CsvReader
from leadstream.importing.dates import Dates, Order
from leadstream.importing.given import Given
from leadstream.importing.jsonl_reader import JsonLinesReader
from leadstream.importing.keys import Taken
from leadstream.importing.layout import Format, Layout, layout_of, spec_with
from leadstream.importing.model import FileSpec, ImportMapping
from leadstream.importing.problems import FilesError, shown
from leadstream.importing.reading import Reader
from leadstream.importing.rows import ALWAYS, RowTranslator
from leadstream.importing.vcard_reader import VcardReader
from leadstream.importing.xes_reader import XesReader
from leadstream.importing.xlsx_reader import XlsxReader

_LOOKED_AT = 1000
"""Rows in which a date has to stand whose order matters; without one the rest is not looked at. So many are looked at
in any case, for dates that say otherwise than the first."""


class Options(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What whoever imports says instead of the mapping, of all files.

    Attributes:
        format: the kind of file.
        encoding: codec of its text.
        delimiter: the sign between cells.
        sheet: the sheet of a workbook.
        dates: `day_first` or `month_first`.
        zone: IANA zone of times that name none; a time of the mapping that names its own keeps it.
        at: ISO 8601, when rows became known that do not say.
    """

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    dates: Order | None = None
    zone: str | None = None
    at: str = ""

    def said(self) -> dict[str, str]:
        """Those that a file's part of the mapping has as well: all that were given but `at` and `zone`."""
        given: dict[str, str] = msgspec.to_builtins(self)
        return {name: value for name, value in given.items() if name not in ("at", "zone")}


@dataclass(frozen=True, slots=True)
class Written:
    """How one file is written and read.

    Attributes:
        index: its place in the mapping.
        path: the file.
        spec: its part of the mapping, settled.
        layout: what was told and what was detected.
        zone: zone of times that name none; None refuses those.
        given: what values may depend on, its dates among it.
    """

    index: int
    path: Path
    spec: FileSpec
    layout: Layout
    zone: str | None
    given: Given

    def reader(self) -> Reader:
        """Open the file."""
        return reader_of(self.path, self.spec)

    def translator(self, reader: Reader, taken: Taken, until: int) -> RowTranslator:
        """What translates the rows of an open reader."""
        return RowTranslator(
            self.index,
            self.spec,
            self.path.name,
            zone=self.zone,
            reader=reader,
            given=self.given,
            taken=taken,
            until=until,
        )

    def words(self) -> str:
        """One line for people, such as `leads.csv: csv (detected), UTF-8 (detected), times in Europe/Zurich`."""
        zone = f"times without a zone in {self.zone}" if self.zone else "times without a zone refused"
        return f"{self.path.name}: {', '.join([*self.layout.words(), *self._dates(), zone])}"

    def _dates(self) -> list[str]:
        dates = self.given.dates
        if self.spec.dates:
            return [f"dates {self.spec.dates.replace('_', ' ')}"]
        if dates.torn:
            return [f"dates contradict each other ({dates.torn})"]
        if dates.open:
            return [f"dates ambiguous ({shown(dates.sample)} may be day first or month first)"] if dates.sample else []
        if dates.order:
            return [f"dates {dates.order.replace('_', ' ')} (detected, as in {shown(dates.sample)})"]
        return []


def reader_of(path: Path, spec: FileSpec) -> Reader:
    """The reader of a file whose kind is settled.

    Raises:
        FilesError: it cannot be opened, or has no header.
    """
    made: dict[str, type[Reader]] = {
        "xlsx": XlsxReader, "jsonl": JsonLinesReader, "xes": XesReader, "vcard": VcardReader
    }  # fmt: skip
    return made.get(spec.format or "", CsvReader)(path, spec)  # type: ignore[call-arg] # all are made alike


def kind_of(name: str) -> Format:
    """The kind of file that a text names.

    Raises:
        ValueError: there is none.
    """
    found: Format = msgspec.convert(name, Format)
    return found


def written(
    mapping: ImportMapping, files: Mapping[str, Path], options: Options | None = None, *, secret: bytes = b""
) -> list[Written]:
    """How each of the files is written, by options, mapping, and its own bytes, in this order.

    Args:
        mapping: the mapping.
        files: role -> file, see `match_files`.
        options: what is said instead of the mapping.
        secret: the deployment's key for hashes of personal keys.

    Raises:
        FilesError: a file cannot be read.
    """
    options = options or Options()
    made = []
    for index, file in enumerate(mapping.files):
        if file.role not in files:
            continue
        path = files[file.role]
        spec = file.model_copy(update=options.said())
        layout = layout_of(path, spec)
        settled = spec_with(spec, layout)
        zone = options.zone or file.zone or mapping.zone
        given = Given(Dates(settled.dates), options.at, secret, typed=layout.format == "xlsx")
        made.append(Written(index, path, settled, layout, zone, given))
    return made


class NoKeys:
    """Remembers no keys: rows are only looked at."""

    def holder(self, key: bytes) -> None:
        """Nobody has a key."""

    def take(self, key: bytes, line: int, content: bytes) -> None:
        """Forget it."""


def with_dates(one: Written) -> Written:
    """The same file with the order of its dates, found by reading rows until one tells.

    Raises:
        FilesError: the file cannot be read, or lacks columns.
    """
    learning = Dates(one.spec.dates)
    trial = replace(one, given=replace(one.given, dates=learning))
    reader = trial.reader()
    try:
        rows = trial.translator(reader, NoKeys(), ALWAYS).run()
        if learning.asked and not learning.order and not reader.missing():
            learning.learn()
            _read_until_told(rows, learning)
    finally:
        reader.close()
    return replace(one, given=replace(one.given, dates=learning.settled()))


def _read_until_told(rows: Iterator[object], learning: Dates) -> None:
    """Read the first rows, and on while dates matter and none tells."""
    for number, _ in enumerate(rows, 1):
        if learning.torn or (number >= _LOOKED_AT and (learning.order or not learning.found)):
            return


def refuse_open(files: list[Written]) -> None:
    """Refuse files whose dates could be read in two ways, or have to be.

    Raises:
        FilesError: there is one.
    """
    problems = [
        f"{each.path.name}: {why}; say --dates day-first or --dates month-first"
        for each in files
        if (why := _unclear(each.given.dates))
    ]
    if problems:
        raise FilesError(problems)


def _unclear(dates: Dates) -> str:
    if dates.torn or not dates.open or not dates.sample:
        return dates.torn
    return f"{shown(dates.sample)} may be day first or month first, and no date in the file tells"
