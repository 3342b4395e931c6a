"""What tells rows apart: natural keys, and the tie-break of equal times."""

from hashlib import sha256
from urllib.parse import quote

from leadstream.importing.compiling import Row, Slot, blank
from leadstream.importing.facts import BadFieldError
from leadstream.importing.model import OrderSpec
from leadstream.importing.problems import BadValueError
from leadstream.importing.steps import integer

_LONGEST = 256
_BEFORE_ALL = -(2**63)


class NaturalKeys:
    """The natural keys of one file, each held by one row.

    Args:
        columns: the columns that together name a row.
        slot: where they stand.
    """

    def __init__(self, columns: tuple[str, ...], slot: Slot) -> None:
        self._indexes = tuple(slot(column) for column in columns)
        self._called = " or ".join(f"column `{column}`" for column in columns)
        self._taken: dict[str, tuple[int, bytes]] = {}

    def of(self, row: Row) -> str:
        """The row's key, as it stands in the facts' ids.

        Raises:
            BadFieldError: a part of it is blank, or it is too long.
        """
        values = [row[index] for index in self._indexes]
        if any(blank(value) for value in values):
            raise BadFieldError("key", f"{self._called} is blank")
        key = "/".join(quote(value, safe="") for value in values)
        if len(key) > _LONGEST:
            raise BadFieldError("key", f"{self._called} is longer than {_LONGEST} signs")
        return key

    def repeats(self, key: str, row: Row) -> bool:
        """Whether an earlier row with this key says the same in all its columns.

        Raises:
            BadFieldError: an earlier row has the key and says something else; taking one would lose the other.
        """
        taken = self._taken.get(key)
        if taken is None:
            return False
        if taken[1] != _content(row):
            raise BadFieldError("key", f"{self._called} is the same on line {taken[0]}, in a row that says otherwise")
        return True

    def take(self, key: str, row: Row, line: int) -> None:
        """Note the row that holds a key from now on."""
        self._taken[key] = (line, _content(row))


def _content(row: Row) -> bytes:
    return sha256("\x1f".join(row).encode()).digest()


class TieBreak:
    """Orders rows of equal time within a file; a blank comes before all others."""

    def __init__(self, spec: OrderSpec, slot: Slot) -> None:
        self._index = slot(spec.column)
        self._as_text = spec.as_ == "text"
        self._column = spec.column

    def of(self, row: Row) -> int | str:
        """What rows of equal time are sorted by.

        Raises:
            BadFieldError: not a whole number, where the mapping says it is one.
        """
        text = row[self._index]
        if self._as_text:
            return text
        if blank(text):
            return _BEFORE_ALL
        try:
            return integer(text)
        except BadValueError as error:
            raise BadFieldError("order", f"column `{self._column}` {error}") from None
