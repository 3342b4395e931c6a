"""What a fetcher remembers: how far it has read the kept requests, what is wanted, and where each list stands. Pure.

It lies in a compacted topic and is changed in the transactions that write what was fetched, so that it never says more,
or less, than the log holds.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

from engine.ports import NewRecord
from leadstream.fetching.configured import Feed
from leadstream.fetching.port import Cursor, Watched


class Want(Struct, frozen=True, array_like=True):
    """That a notification wants something read.

    Attributes:
        at: when the latest one came, microseconds.
        place: where it lies in the topic `raw`; tells it from a later one.
    """

    at: int
    place: str


class Standing(Struct, frozen=True, omit_defaults=True):
    """Where the reading of a list stands.

    Attributes:
        cursor: where to go on.
        begun: of a reading that has more pages to come, the place of the want that it began with (empty without one);
            None where no reading is under way.
    """

    cursor: Cursor = {}
    begun: str | None = None


class Kept(Struct, frozen=True, omit_defaults=True):
    """A watch that we have the vendor keep.

    Attributes:
        watched: as the vendor has it.
        due: when it is to be renewed, microseconds.
        agreed: digest of what it was asked for with.
    """

    watched: Watched
    due: int
    agreed: str


Key: TypeAlias = tuple[Literal["read", "want", "list", "watch"], str, str, str]
"""What it is; the way in; and a partition, or kind and id of what is read."""
Row: TypeAlias = int | Want | Standing | Kept
Changes: TypeAlias = dict[Key, Row | None]

_encode = msgspec.json.Encoder(order="deterministic").encode
_TYPES: Mapping[str, Any] = {"read": int, "want": Want, "list": Standing, "watch": Kept}


class Desk:
    """What is remembered.

    Args:
        changelog: latest value of each key, as the topic has it.

    Raises:
        ValueError: another program has written there.
    """

    def __init__(self, changelog: Mapping[bytes, bytes]) -> None:
        self._rows: Changes = {}
        for key, value in changelog.items():
            if key[:1] != b"\0":  # the engine's own
                name = msgspec.json.decode(key, type=Key)
                self._rows[name] = msgspec.json.decode(value, type=_TYPES[name[0]])

    def position(self, source: str, partition: int) -> int | None:
        """The next offset of the kept requests to be read for a way in; None before the first."""
        found = self._rows.get(("read", source, str(partition), ""))
        return found if isinstance(found, int) else None

    def wants(self, source: str) -> dict[Feed, Want]:
        """What is wanted for a way in, in the order in which it was announced."""
        found = {Feed(key[2], key[3]): row for key, row in self._of("want", source) if isinstance(row, Want)}
        return dict(sorted(found.items(), key=lambda item: item[1].at))

    def want(self, source: str, feed: Feed) -> Want | None:
        """Whether something is wanted."""
        found = self._rows.get(("want", source, *feed))
        return found if isinstance(found, Want) else None

    def standing(self, source: str, feed: Feed) -> Standing:
        """Where the reading of a list stands."""
        found = self._rows.get(("list", source, *feed))
        return found if isinstance(found, Standing) else Standing()

    def under_way(self, source: str) -> list[Feed]:
        """Lists whose reading has more pages to come."""
        rows = self._of("list", source)
        return [Feed(key[2], key[3]) for key, row in rows if isinstance(row, Standing) and row.begun is not None]

    def watches(self, source: str) -> dict[Feed, Kept]:
        """The watches of a way in, by the list that they are of."""
        return {Feed(key[2], key[3]): row for key, row in self._of("watch", source) if isinstance(row, Kept)}

    def apply(self, changes: Changes) -> None:
        """Remember what was written."""
        for key, row in changes.items():
            if row is None:
                self._rows.pop(key, None)
            else:
                self._rows[key] = row

    def _of(self, what: str, source: str) -> Iterator[tuple[Key, Row | None]]:
        rows = list(self._rows.items())  # metrics are read in a thread of their own, while rows come and go
        return ((key, row) for key, row in rows if key[:2] == (what, source))


def records(changes: Changes) -> list[NewRecord]:
    """The changes as the topic keeps them."""
    return [NewRecord(_encode(key), None if row is None else _encode(row)) for key, row in changes.items()]


def read_to(source: str, partition: int, offset: int) -> Changes:
    """That the kept requests are read up to an offset."""
    return {("read", source, str(partition), ""): offset}


def wanted(source: str, feed: Feed, want: Want | None) -> Changes:
    """That something is wanted, or not any more."""
    return {("want", source, *feed): want}


def stands(source: str, feed: Feed, standing: Standing) -> Changes:
    """Where the reading of a list stands."""
    return {("list", source, *feed): standing if standing != Standing() else None}


def kept(source: str, feed: Feed, watch: Kept | None) -> Changes:
    """That a list is watched, or not any more."""
    return {("watch", source, *feed): watch}
