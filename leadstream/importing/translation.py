"""Rows of all files into facts, merged by time, every row accounted for."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from engine.letters import Outcome
from leadstream.importing.model import ImportMapping
from leadstream.importing.problems import FilesError
from leadstream.importing.reading import Reader
from leadstream.importing.refused import Refused
from leadstream.importing.retrying import HowRead, how_read
from leadstream.importing.rows import ALWAYS, Became, RowTranslator
from leadstream.importing.spool import DeadRows, Spool, imported
from leadstream.importing.values import Aside, DeadRow, Imported, Skipped, Summary
from leadstream.importing.written import Options, Written, refuse_open, with_dates, written

Progress = Callable[[int], None]
_EVERY = 1000


@dataclass(frozen=True)
class Translation:
    """What the files became. Iterating gives the dead rows first, in file order, then the facts in merged order.

    Facts and dead rows lie on disk until it is closed, and are gone then.

    Attributes:
        dead: rows that could not be translated.
        summary: the account of all rows.
        how: role -> how its file was read, for dead rows that are tried again.
        files: how each file was read.
    """

    dead: DeadRows
    summary: Summary
    how: dict[str, HowRead]
    files: tuple[Written, ...]
    _spool: Spool
    _mapping: ImportMapping

    def __iter__(self) -> Iterator[Imported | DeadRow]:
        yield from self.dead
        yield from self.facts()

    def __len__(self) -> int:
        return len(self.dead) + sum(self.summary.facts.values())

    @property
    def mapping(self) -> str:
        """The mapping's name."""
        return self._mapping.name

    def facts(self) -> Iterator[Imported]:
        """The facts by time, then file order in the mapping, then tie-break, row, and place in the row."""
        named = {each.index: (f"{self._mapping.name}/{each.spec.role}", each.path.name) for each in self.files}
        source = self._mapping.source
        for entry in self._spool.merged():
            prefix, file = named[entry[1]]
            yield imported(entry, prefix, source, file)

    def outcomes(self) -> Iterator[Outcome]:
        """What became of dead letters whose rows came again, to be told when the facts are in the log."""
        return self._spool.outcomes()

    def close(self) -> None:
        """Forget facts and dead rows."""
        self._spool.close()


def translate(
    mapping: ImportMapping,
    files: Mapping[str, Path],
    progress: Progress | None = None,
    *,
    until: int = ALWAYS,
    options: Options | None = None,
    secret: bytes = b"",
    told: Callable[[Written], None] | None = None,
    refused: Iterable[Refused] = (),
) -> Translation:
    """Translate files by a mapping.

    All rows are read and their facts sorted, on disk where they are many, before the first is given, so nothing is
    given at all where a file cannot be used.

    Args:
        mapping: the mapping.
        files: role -> file, see `match_files`.
        progress: told the number of rows read so far, every thousand and at the end.
        until: the latest instant at which anything can have happened, microseconds; a later one makes a row a dead one.
        options: what is said instead of the mapping.
        secret: the deployment's key for hashes of personal keys.
        told: told how each file is read, before its rows are.
        refused: rows that lie in the dead letters already, see `refused.refused_before`.

    Raises:
        FilesError: a file cannot be read, lacks a column the mapping names, or has dates that can be read in two ways.
    """
    settled = prepared(mapping, files, options, secret, told)
    refuse_open(settled)
    spool = Spool()
    try:
        spool.expect(refused)
        with ExitStack() as opened:
            readers, translators = _opened(settled, spool, until, opened)
            read = _run(translators, spool, progress)
            refuse_missing(readers)
            refuse_open(settled)  # a date may say otherwise in any row
            how = {
                each.spec.role: how_read(mapping, each, reader.columns, options or Options())
                for each, reader in zip(settled, readers, strict=True)
            }
        return Translation(
            spool.dead(), _summary(read, settled, translators, spool), how, tuple(settled), spool, mapping
        )
    except BaseException:
        spool.close()
        raise


def prepared(
    mapping: ImportMapping,
    files: Mapping[str, Path],
    options: Options | None,
    secret: bytes,
    told: Callable[[Written], None] | None = None,
) -> list[Written]:
    """How each file is read, its dates included.

    Raises:
        FilesError: a file cannot be read, or says not when and nobody does.
    """
    made = []
    for each in written(mapping, files, options, secret=secret):
        settled = with_dates(each)
        if told:
            told(settled)
        made.append(settled)
    return made


def glance(settled: Sequence[Written], rows: int, *, until: int = ALWAYS) -> Iterator[tuple[Written, Became]]:
    """What the first rows of each file become, in its order. Nothing is kept.

    Args:
        settled: how the files are read, see `prepared`.
        rows: how many of each file.
        until: see `translate`.

    Raises:
        FilesError: a file cannot be read, or lacks a column the mapping names.
    """
    spool = Spool()
    with ExitStack() as opened:
        opened.enter_context(closing(spool))
        readers, translators = _opened(settled, spool, until, opened)
        for one, translator in zip(settled, translators, strict=True):
            for became in islice(translator.run(), rows):
                yield one, became
        refuse_missing(readers)


def _opened(
    settled: Sequence[Written], spool: Spool, until: int, opened: ExitStack
) -> tuple[list[Reader], list[RowTranslator]]:
    readers = [opened.enter_context(closing(each.reader())) for each in settled]
    translators = [each.translator(reader, spool, until) for each, reader in zip(settled, readers, strict=True)]
    refuse_missing(readers)
    return readers, translators


def _run(translators: list[RowTranslator], spool: Spool, progress: Progress | None) -> int:
    """Read every row of every file; how many there were."""
    read = 0
    for translator in translators:
        for became in translator.run():
            if isinstance(became, list):
                spool.add(became)
            if isinstance(became, DeadRow):
                spool.bury(became)
            elif spool.expected:
                spool.mend(translator.content(), f"left out: {became.reason}" if isinstance(became, Aside) else "")
            read += 1
            if progress and read % _EVERY == 0:
                progress(read)
    if progress:
        progress(read)
    return read


def refuse_missing(readers: list[Reader]) -> None:
    """Refuse files that lack columns.

    Raises:
        FilesError: one does.
    """
    problems = [problem for reader in readers for problem in reader.missing()]
    if problems:
        raise FilesError(problems)


def _summary(read: int, files: list[Written], translators: list[RowTranslator], spool: Spool) -> Summary:
    skipped: tuple[Skipped, ...] = tuple(each for translator in translators for each in translator.skipped())
    return Summary(
        read=read,
        imported=sum(translator.imported for translator in translators),
        facts=spool.counted(),
        skipped=skipped,
        dead=len(spool.dead()),
        roles={each.spec.role: translator.imported for each, translator in zip(files, translators, strict=True)},
        keyless=tuple(each.spec.role for each in files if each.spec.key is None),
    )
