"""Records on their way out, kept as columns.

A named tuple for each record costs more than encoding it, and keeps the garbage collector busy. Both logs write whole
columns anyhow.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import overload

from typing_extensions import override

from engine.ports import NO_HEADERS, Headers, NewRecord

_record = partial(tuple.__new__, NewRecord)
"""What `NewRecord._make` does, without its Python frame."""


class Columns(Sequence[NewRecord]):
    """Records in order. Reads like a sequence of `NewRecord`; `add` is the way to write.

    Attributes:
        keys: key of every record.
        values: value of every record.
        headers: headers of every record.
    """

    __slots__ = ("headers", "keys", "values")

    def __init__(self) -> None:
        self.keys: list[bytes | None] = []
        self.values: list[bytes | None] = []
        self.headers: list[Headers] = []

    @classmethod
    def of(cls, records: Sequence[NewRecord]) -> "Columns":
        """These records; themselves, if they are columns already."""
        if isinstance(records, cls):
            return records
        found = cls()
        if records:
            found.keys, found.values, found.headers = map(list, zip(*records, strict=True))
        return found

    @classmethod
    def of_pairs(cls, pairs: Sequence[tuple[bytes, bytes | None]]) -> "Columns":
        """Records without headers, from keys and values."""
        found = cls()
        found.keys, found.values = [key for key, _ in pairs], [value for _, value in pairs]
        found.headers = [NO_HEADERS] * len(found.keys)
        return found

    def add(self, key: bytes | None, value: bytes | None, headers: Headers = NO_HEADERS) -> None:
        """Append a record."""
        self.keys.append(key)
        self.values.append(value)
        self.headers.append(headers)

    @property
    def plain(self) -> bool:
        """No record has headers."""
        return not any(self.headers)

    @override
    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, at: int) -> NewRecord: ...
    @overload
    def __getitem__(self, at: slice) -> list[NewRecord]: ...
    @override
    def __getitem__(self, at: int | slice) -> NewRecord | list[NewRecord]:
        if isinstance(at, slice):
            return list(map(_record, zip(self.keys[at], self.values[at], self.headers[at], strict=True)))
        return NewRecord(self.keys[at], self.values[at], self.headers[at])

    @override
    def __iter__(self) -> Iterator[NewRecord]:
        return map(_record, zip(self.keys, self.values, self.headers, strict=True))

    @override
    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it changes

    @override
    def __repr__(self) -> str:
        return f"Columns({list(self)!r})"
