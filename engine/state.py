"""State of a task: bytes per key, each with the instant of its earliest deadline in front.

The changelog record of a key is `wake` (8 bytes, big-endian, 0 for none) followed by the state's bytes. So a
restored task knows its deadlines without decoding a single state.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from typing_extensions import override

from engine.deadlines import Deadlines, Wakes
from engine.ports import Intake, Mark

POSITION = b"\0position"
"""Changelog key of the position record; keys that begin with a zero byte are the engine's own."""
BARRIER = b"\0barrier"
"""Changelog key of the record a task writes when it opens."""

WAKE_BYTES = 8
NO_WAKE = bytes(WAKE_BYTES)


def wake_bytes(wake: int) -> bytes:
    """An instant as it stands in front of a state."""
    return wake.to_bytes(WAKE_BYTES, "big")


def pack(wake: int | None, raw: bytes) -> bytes:
    """The changelog value of a state."""
    return wake_bytes(wake or 0) + raw


def unpack(value: bytes) -> tuple[int | None, bytes]:
    """Earliest deadline and state bytes of a changelog value."""
    return int.from_bytes(value[:WAKE_BYTES], "big") or None, value[WAKE_BYTES:]


class StateStore(Intake, Protocol):
    """Where a task keeps its states and their deadlines. What it holds is never more than a copy of the changelog.

    When a task opens: `open`, then the log calls `clear` and `take` as needed, then `restored`.
    """

    @property
    def deadlines(self) -> Wakes:
        """The earliest deadline of every key; those of the states taken in stand from `restored` on."""
        ...

    def open(self) -> None:
        """Get at what is kept.

        Raises:
            LogError: it cannot be used, and why.
        """
        ...

    def restored(self, mark: Mark | None) -> None:
        """All of the changelog is in, up to this record."""
        ...

    def get(self, key: bytes) -> bytes | None:
        """State bytes of a key, without its deadline."""
        ...

    def commit(self, changes: Sequence[tuple[bytes, bytes | None]], mark: Mark | None) -> None:
        """Changelog values of one transaction, all or none of them; the log has them already, up to this record."""
        ...

    def keys(self) -> Iterator[bytes]:
        """All keys, in byte order; to be used up before the next commit."""
        ...

    def close(self) -> None:
        """Let go of what is kept."""
        ...

    def __len__(self) -> int: ...


class MemoryStore(StateStore):
    """State in a dictionary: fastest, as long as it fits."""

    def __init__(self) -> None:
        self._rows: dict[bytes, bytes] = {}
        self._deadlines = Deadlines()

    @property
    @override
    def mark(self) -> Mark | None:
        return None

    @property
    @override
    def deadlines(self) -> Deadlines:
        return self._deadlines

    @override
    def open(self) -> None:
        """There is nothing to get at."""

    @override
    def clear(self) -> None:
        self._rows, self._deadlines = {}, Deadlines()

    @override
    def take(self, rows: dict[bytes, bytes | None]) -> None:
        self.commit(list(rows.items()), None)

    def take_all(self, changelog: dict[bytes, bytes]) -> None:
        """A whole changelog at once, the engine's own keys included; they are left out."""
        rows = dict(changelog)
        for own in [key for key in rows if key[:1] == b"\0"]:
            del rows[own]
        self._rows = rows

    @override
    def restored(self, mark: Mark | None) -> None:
        instant, rows = int.from_bytes, self._rows.items()
        self._deadlines = Deadlines(
            {key: instant(wake, "big") for key, value in rows if (wake := value[:WAKE_BYTES]) != NO_WAKE}
        )

    @override
    def get(self, key: bytes) -> bytes | None:
        value = self._rows.get(key)
        return None if value is None else value[WAKE_BYTES:]

    @override
    def commit(self, changes: Sequence[tuple[bytes, bytes | None]], mark: Mark | None) -> None:
        self._rows.update([(key, value) for key, value in changes if value is not None])
        for gone in [key for key, value in changes if value is None]:
            self._rows.pop(gone, None)

    @override
    def keys(self) -> Iterator[bytes]:
        return iter(sorted(self._rows))

    @override
    def close(self) -> None:
        """Nothing is held but memory."""

    @override
    def __len__(self) -> int:
        return len(self._rows)
