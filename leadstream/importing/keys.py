"""What tells rows apart: natural keys, and the tie-break of equal times."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Protocol
from urllib.parse import quote

from events.instants import iso
from leadstream.importing.compiling import Row, Slot, blank, compile_expression
from leadstream.importing.facts import BadFieldError
from leadstream.importing.given import Given
from leadstream.importing.model import KeyPart, OrderSpec
from leadstream.importing.problems import BadValueError
from leadstream.importing.steps import integer

_LONGEST = 256
_BEFORE_ALL = -(2**63)


class Taken(Protocol):
    """The keys that rows have; of one file, or of several under different places."""

    def holder(self, key: bytes) -> tuple[int, bytes] | None:
        """Line and content of the row that has a key."""

    def take(self, key: bytes, line: int, content: bytes) -> None:
        """Note who has a key from now on."""


class NaturalKeys:
    """The natural keys of one file, each held by one row.

    Args:
        parts: what together names a row.
        place: the file's place in the mapping.
        slot: where columns stand.
        given: what values may depend on besides.
        taken: remembers the keys.

    Attributes:
        comes_last: whether they are made of what the row became, and not of its columns alone.
        asks_time: whether the row's time is part of them.
    """

    def __init__(self, parts: Sequence[KeyPart], place: int, slot: Slot, given: Given, taken: Taken) -> None:
        self._parts = [
            (each.row or each.origin(), None if each.row else compile_expression(each, slot, given)) for each in parts
        ]
        self._called = " or ".join(f"its {name}" if get is None else name for name, get in self._parts)
        self.comes_last = any(each.row for each in parts)
        self.asks_time = any(each.row == "time" for each in parts)
        self._by_facts = any(each.row == "facts" for each in parts)
        self._place = b"%d\x1f" % place
        self._taken = taken

    def of(self, row: Row, subject: str = "", at: int = 0, facts: Sequence[bytes] = ()) -> str:
        """The row's key, as it stands in the facts' ids.

        Args:
            row: the row.
            subject: whom it is about; asked for, as what follows, of keys that come last.
            at: when it happened, microseconds.
            facts: what it became, as JSON.

        Raises:
            BadFieldError: a part of it is blank, or it is too long.
        """
        values: list[str] = []
        for name, get in self._parts:
            try:
                value = get(row) if get else _made(name, subject, at, facts)
            except BadValueError as error:
                raise BadFieldError("key", f"{name} {error}") from None
            if value is None or blank(value):
                raise BadFieldError("key", f"{self._called} is blank")
            values.append(str(value))
        key = "/".join(quote(value, safe="") for value in values)
        if len(key) > _LONGEST:
            raise BadFieldError("key", f"{self._called} is longer than {_LONGEST} signs")
        return key

    def repeats(self, key: str, row: Row) -> bool:
        """Whether an earlier row with this key says the same in all its columns, or becomes the same.

        Raises:
            BadFieldError: an earlier row has the key and says something else; taking one would lose the other.
        """
        found = self._taken.holder(self._hash(key))
        if found is None:
            return False
        if found[1] != self._content(row):
            raise BadFieldError("key", f"{self._called} is the same on line {found[0]}, in a row that says otherwise")
        return True

    def take(self, key: str, row: Row, line: int) -> None:
        """Note the row that holds a key from now on."""
        self._taken.take(self._hash(key), line, self._content(row))

    def _hash(self, key: str) -> bytes:
        return blake2b(self._place + key.encode(), digest_size=16).digest()

    def _content(self, row: Row) -> bytes:
        return b"" if self._by_facts else blake2b("\x1f".join(row).encode(), digest_size=16).digest()


def _made(name: str, subject: str, at: int, facts: Sequence[bytes]) -> str:
    if name == "facts":
        return blake2b(b"\x1f".join(facts), digest_size=8).hexdigest()
    return subject if name == "subject" else iso(at)


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
