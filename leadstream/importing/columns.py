"""Which column of a file stands where: names from a header line, or names that come with each row."""

from collections.abc import Iterable, Sequence

from leadstream.importing.model import FileSpec
from leadstream.importing.reading import listing

_NAMED = 1000
"""So many columns that nobody asks for are remembered, to be named in messages: rows may all bring their own."""


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def renaming(spec: FileSpec) -> dict[str, tuple[str, int]]:
    """Other name, in small letters and without stray spaces -> the column it stands for and its rank among those.

    A column's own name is the first of them: capitals and stray spaces do not matter to a column that has other names
    or may be missing, and would otherwise be blank where it is written in capitals.
    """
    return {_plain(column): (column, 0) for column in spec.optional} | {
        _plain(other): (column, rank)
        for column, others in spec.aliases.items()
        for rank, other in enumerate((column, *others))
    }


class HeaderColumns:
    """Columns that a header line names.

    Args:
        file: the file's name, for messages.
        names: what the header line says.
        spec: its `rename`, `aliases` and `optional`.

    Attributes:
        header: the columns as the file calls them.
        names: the columns as the mapping calls them.
        lacks: whether a column is asked for that may be missing and is; rows then need one blank cell more.
    """

    def __init__(self, file: str, names: Sequence[str], spec: FileSpec) -> None:
        self._file = file
        self._optional = frozenset(spec.optional)
        self._wrong = [
            f"{file}: there is no column `{old}` to rename; the file has {listing(names)}"
            for old in spec.rename
            if old not in names
        ]
        self.header = tuple(names)
        self.names = [spec.rename.get(name, name) for name in names]
        self.lacks = self._found = False
        self._take_aliases(renaming(spec))

    def _take_aliases(self, aliases: dict[str, tuple[str, int]]) -> None:
        """Of several other names of a column the first that is there counts; the column's own name before all."""
        best: dict[str, tuple[int, int]] = {}
        for index, name in enumerate(self.names):
            column, rank = aliases.get(_plain(name), ("", 0))
            if column and column not in self.names:
                best[column] = min(best.get(column, (rank, index)), (rank, index))
        for column, (_, index) in best.items():
            self.names[index] = column

    def slot(self, column: str) -> int:
        """See `Reader.slot`."""
        if self.names.count(column) == 1:
            self._found = True
            return self.names.index(column)
        if column not in self.names and column in self._optional:
            self.lacks = True
            return len(self.names)
        trouble = "twice" if column in self.names else "not"
        message = f"{self._file}: the column `{column}` is {trouble} there; the file has {listing(self.names)}"
        if message not in self._wrong:
            self._wrong.append(message)
        return 0

    def missing(self) -> list[str]:
        """See `Reader.missing`. A file that has none of the columns asked for, optional ones too, is another one."""
        if self.lacks and not self._found and not self._wrong:
            return [f"{self._file}: has none of the columns that the mapping asks for; it has {listing(self.names)}"]
        return self._wrong


class LooseColumns:
    """Columns that come with each row: keys of an object, properties of a card, attributes of an event.

    Args:
        file: the file's name, for messages.
        spec: its `rename`, `aliases` and `optional`.
        unit: what a row is called in messages.

    Attributes:
        finished: whether all rows were read, so that a column none of them has is known to be missing.
    """

    def __init__(self, file: str, spec: FileSpec, unit: str) -> None:
        self._file = file
        self._unit = unit
        self._rename = spec.rename
        self._aliases = renaming(spec)
        self._optional = frozenset(spec.optional)
        self._slots: dict[str, int] = {}
        self._seen: dict[str, None] = {}
        self.finished = False

    def slot(self, column: str) -> int:
        """See `Reader.slot`."""
        return self._slots.setdefault(column, len(self._slots))

    def known(self, columns: Iterable[str]) -> None:
        """Columns that such files have by their kind, if only as blanks."""
        self._seen.update(dict.fromkeys(columns))

    def cells(self) -> list[str]:
        """A row without anything in it."""
        return [""] * len(self._slots)

    def fill(self, cells: list[str], name: str, value: str) -> None:
        """Put a value in its place; one that an other name of the column brought does not take the column's own."""
        column = self._rename.get(name, name)
        other = column not in self._slots and self._aliases.get(_plain(name))
        if other:
            column = other[0]
        if column in self._slots or len(self._seen) < _NAMED:
            self._seen[column] = None
        index = self._slots.get(column)
        if index is not None and not (other and cells[index]):
            cells[index] = value

    def missing(self) -> list[str]:
        """See `Reader.missing`. A column that no row has is missing; one that only some lack is blank there."""
        if not self.finished:
            return []
        has = listing(list(self._seen))
        wrong = [
            f"{self._file}: no {self._unit} has a column `{column}`; the file has {has}"
            for column in self._slots
            if column not in self._seen and column not in self._optional
        ]
        if self._seen and not wrong and self._slots.keys().isdisjoint(self._seen):
            return [f"{self._file}: has none of the columns that the mapping asks for; it has {has}"]
        return wrong


class LooseReader:
    """What readers have in common whose rows bring their own columns."""

    _columns: LooseColumns

    @property
    def columns(self) -> list[str]:
        """See `Reader.columns`."""
        return []

    @property
    def header(self) -> Sequence[str]:
        """See `Reader.header`."""
        return ()

    def slot(self, column: str) -> int:
        """See `Reader.slot`."""
        return self._columns.slot(column)

    def missing(self) -> list[str]:
        """See `Reader.missing`."""
        return self._columns.missing()
