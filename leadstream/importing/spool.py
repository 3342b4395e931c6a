"""Where facts and dead rows wait until all rows are read: on disk, so that a file may have any number of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import overload

import apsw
import msgspec
from typing_extensions import override

from engine.letters import Outcome
from events.fact import Fact
from leadstream.importing.catalogue import FACTS
from leadstream.importing.refused import Refused, detail_of, why_of
from leadstream.importing.values import DeadRow, Entry, Imported

_BY = "import"
"""What tries a row again that comes again."""
_CACHE_KIB = 32 * 1024
_BATCH = 1000
_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -{cache};
CREATE TABLE facts (at, file, tie, row, ordinal, name, subject, data, line, key);
CREATE TABLE dead (file, line, row, reason, field, original, role, content, letter);
CREATE TABLE letters (content BLOB, letter, why BLOB);
CREATE TABLE outcomes (letter, outcome, field, detail);
CREATE INDEX by_content ON letters (content);
CREATE TABLE keys (key BLOB PRIMARY KEY, line, content) WITHOUT ROWID;
BEGIN;
"""
_FACT = "INSERT INTO facts VALUES (?,?,?,?,?,?,?,?,?,?)"
_DEAD = "INSERT INTO dead VALUES (?,?,?,?,?,?,?,?,?)"
_OUTCOME = "INSERT INTO outcomes VALUES (?,?,?,?)"
_OLDEST = "SELECT rowid, content, letter, why FROM letters WHERE content = ? ORDER BY rowid LIMIT 1"
_MERGED = "SELECT * FROM facts ORDER BY at, file, tie, row, ordinal"


class DeadRows(Sequence[DeadRow]):
    """The rows that could not be translated, in the files' order, read from disk one by one."""

    def __init__(self, database: apsw.Connection, count: int) -> None:
        self._database = database
        self._count = count

    @override
    def __len__(self) -> int:
        return self._count

    @override
    def __iter__(self) -> Iterator[DeadRow]:
        for row in self._database.execute("SELECT * FROM dead ORDER BY rowid"):
            yield DeadRow(*row)

    @overload
    def __getitem__(self, index: int) -> DeadRow: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[DeadRow]: ...

    @override
    def __getitem__(self, index: int | slice) -> DeadRow | Sequence[DeadRow]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._count))]
        place = index + self._count if index < 0 else index
        found = self._database.execute("SELECT * FROM dead WHERE rowid = ?", (place + 1,)).fetchone()
        if found is None:
            raise IndexError(index)
        return DeadRow(*found)


class Spool:
    """Facts, dead rows and keys of one import, in a file that vanishes with the process.

    SQLite keeps little of it in memory, sorts on disk what is too large, and the file has no name that could be found.

    Attributes:
        expected: letters whose rows may still come.
    """

    def __init__(self) -> None:
        self._database = apsw.Connection("")
        for _ in self._database.execute(_SCHEMA.format(cache=_CACHE_KIB)):
            pass
        self._waiting: list[Entry] = []
        self._counts = Counter[str]()
        self._dead = 0
        self.expected = 0

    def add(self, entries: Sequence[Entry]) -> None:
        """Keep the facts of one row."""
        self._waiting += entries
        self._counts.update(entry[5] for entry in entries)
        if len(self._waiting) >= _BATCH:
            self._write()

    def expect(self, letters: Iterable[Refused]) -> None:
        """Take over which rows lie in the dead letters already, before any row is kept."""
        self._database.executemany("INSERT INTO letters VALUES (?,?,?)", letters)
        self.expected = sum(count for (count,) in self._database.execute("SELECT count(*) FROM letters"))

    def bury(self, dead: DeadRow) -> None:
        """Keep a dead row, with the letter in which it lies already. Of equal rows each has its own."""
        self._dead += 1
        known, detail = self._letter_of(dead.content), detail_of(dead)
        if known and known.why != why_of(dead.field, detail):
            self._database.execute(_OUTCOME, (known.letter, "refused", dead.field, detail))
        letter = known.letter if known else ""
        self._database.execute(
            _DEAD,
            (
                dead.file, dead.line, dead.row, dead.reason, dead.field, dead.original, dead.role, dead.content, letter,
            ),
        )  # fmt: skip

    def mend(self, content: bytes, detail: str) -> None:
        """A row is no dead one: of its letter, if there is one, it is to be told that it is mended.

        Args:
            content: what tells the row.
            detail: what became of it where that is no fact.
        """
        known = self._letter_of(content)
        if known:
            self._database.execute(_OUTCOME, (known.letter, "mended", "", detail))

    def _letter_of(self, content: bytes) -> Refused | None:
        """The oldest letter of such a row that no row has yet."""
        found = self._database.execute(_OLDEST, (content,)).fetchone() if self.expected else None
        if found is None:
            return None
        self.expected -= 1
        self._database.execute("DELETE FROM letters WHERE rowid = ?", (found[0],))
        return Refused(*found[1:])

    def outcomes(self) -> Iterator[Outcome]:
        """What became of the letters of rows that came again: those that are mended, and those refused otherwise."""
        for letter, outcome, field, detail in self._database.execute("SELECT * FROM outcomes ORDER BY rowid"):
            yield Outcome(letter, outcome, _BY, field, detail)

    def holder(self, key: bytes) -> tuple[int, bytes] | None:
        """Line and content of the row that has a key."""
        found = self._database.execute("SELECT line, content FROM keys WHERE key = ?", (key,)).fetchone()
        return None if found is None else (found[0], found[1])

    def take(self, key: bytes, line: int, content: bytes) -> None:
        """Note who has a key from now on."""
        self._database.execute("INSERT INTO keys VALUES (?,?,?)", (key, line, content))

    def dead(self) -> DeadRows:
        """The dead rows so far."""
        return DeadRows(self._database, self._dead)

    def counted(self) -> dict[str, int]:
        """Fact name -> how many there are, by name."""
        return dict(sorted(self._counts.items()))

    def merged(self) -> Iterator[Entry]:
        """All facts by time, file, tie-break, row, and place in the row."""
        self._write()
        yield from self._database.execute(_MERGED)

    def _write(self) -> None:
        if self._waiting:
            self._database.executemany(_FACT, self._waiting)
            self._waiting.clear()

    def close(self) -> None:
        """Forget everything."""
        self._database.close()


def imported(entry: Entry, prefix: str, source: str, file: str) -> Imported:
    """A fact as it was kept.

    Args:
        entry: what was kept of it.
        prefix: of its id: the mapping and the file's role in it.
        source: CloudEvents source.
        file: name of the file it is from.
    """
    at, _, _, _, ordinal, name, subject, data, line, key = entry
    return Imported(name, subject, at, source, f"{prefix}/{key}/{ordinal}", _decoder(name).decode(data), file, line)


@cache
def _decoder(name: str) -> msgspec.json.Decoder[Fact]:
    return msgspec.json.Decoder(FACTS[name].fact)
