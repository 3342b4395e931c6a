"""Rows of all files into facts, merged by time, every row accounted for."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from leadstream.importing.csv_reader import CsvReader
from leadstream.importing.model import FileSpec, ImportMapping
from leadstream.importing.problems import FilesError
from leadstream.importing.reading import Reader
from leadstream.importing.rows import ALWAYS, Entry, RowTranslator
from leadstream.importing.values import DeadRow, Imported, Skipped, Summary
from leadstream.importing.xes_reader import XesReader

Progress = Callable[[int], None]
_EVERY = 1000
_XES = (".xes", ".xes.gz")


@dataclass(frozen=True)
class Translation:
    """What the files became. Iterating gives the dead rows first, in file order, then the facts in merged order.

    Attributes:
        dead: rows that could not be translated.
        summary: the account of all rows.
    """

    dead: tuple[DeadRow, ...]
    summary: Summary
    _entries: list[Entry]
    _files: tuple[tuple[str, str], ...]
    _source: str

    def __iter__(self) -> Iterator[Imported | DeadRow]:
        yield from self.dead
        yield from self.facts()

    def __len__(self) -> int:
        return len(self.dead) + len(self._entries)

    def facts(self) -> Iterator[Imported]:
        """The facts by time, then file order in the mapping, then tie-break, row, and place in the row."""
        for at, file, _, _, ordinal, name, subject, fact, line, row_key in self._entries:
            id_prefix, file_name = self._files[file]
            identity = f"{id_prefix}/{row_key}/{ordinal}"
            yield Imported(name, subject, at, self._source, identity, fact, file_name, line)


def translate(
    mapping: ImportMapping, files: Mapping[str, Path], progress: Progress | None = None, *, until: int = ALWAYS
) -> Translation:
    """Translate files by a mapping.

    All rows are read and their facts sorted in memory (well under a kilobyte a fact) before the first is given, so
    nothing is given at all where a file cannot be used.

    Args:
        mapping: the mapping.
        files: role -> file, see `match_files`.
        progress: told the number of rows read so far, every thousand and at the end.
        until: the latest instant at which anything can have happened, microseconds; a later one makes a row a dead one.

    Raises:
        FilesError: a file cannot be read, or lacks a column the mapping names.
    """
    with ExitStack() as opened:
        readers: list[Reader] = []
        translators: list[RowTranslator] = []
        for index, file in enumerate(mapping.files):
            if file.role in files:
                path = files[file.role]
                readers.append(opened.enter_context(closing(_reader(file, path))))
                zone = file.zone or mapping.zone
                translators.append(RowTranslator(index, file, path.name, zone, readers[-1], until=until))
        _refuse_missing(readers)
        read = _run(translators, progress)
        _refuse_missing(readers)
    entries = [entry for translator in translators for entry in translator.entries]
    entries.sort()  # file, row and ordinal tell any two apart, so the rest of an entry is never compared
    return Translation(
        dead=tuple(dead for translator in translators for dead in translator.dead),
        summary=_summary(read, translators, entries),
        _entries=entries,
        _files=tuple(
            (f"{mapping.name}/{file.role}", files[file.role].name if file.role in files else "")
            for file in mapping.files
        ),
        _source=mapping.source,
    )


def _run(translators: list[RowTranslator], progress: Progress | None) -> int:
    """Read every row of every file; how many there were."""
    read = 0
    for translator in translators:
        for _ in translator.run():
            read += 1
            if progress and read % _EVERY == 0:
                progress(read)
    if progress:
        progress(read)
    return read


def _reader(spec: FileSpec, path: Path) -> Reader:
    kind = spec.format or ("xes" if path.name.lower().endswith(_XES) else "csv")
    return XesReader(path, spec) if kind == "xes" else CsvReader(path, spec)


def _refuse_missing(readers: list[Reader]) -> None:
    problems = [problem for reader in readers for problem in reader.missing()]
    if problems:
        raise FilesError(problems)


def _summary(read: int, translators: list[RowTranslator], entries: list[Entry]) -> Summary:
    skipped: tuple[Skipped, ...] = tuple(each for translator in translators for each in translator.skipped())
    counted = Counter(entry[5] for entry in entries)
    return Summary(
        read=read,
        imported=sum(translator.imported for translator in translators),
        facts=dict(sorted(counted.items())),
        skipped=skipped,
        dead=sum(len(translator.dead) for translator in translators),
    )
