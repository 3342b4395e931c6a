"""State of a task: bytes per key, each with the instant of its earliest deadline in front.

The changelog record of a key is `wake` (8 bytes, big-endian, 0 for none) followed by the state's bytes. So a
restored task knows its deadlines without decoding a single state.
"""

from collections.abc import Iterator
from typing import Protocol

POSITION = b"\0position"
"""Changelog key of the position record; keys that begin with a zero byte are the engine's own."""
BARRIER = b"\0barrier"
"""Changelog key of the record a task writes when it opens."""

_WAKE_BYTES = 8


def pack(wake: int | None, raw: bytes) -> bytes:
    """The changelog value of a state."""
    return (wake or 0).to_bytes(_WAKE_BYTES, "big") + raw


def unpack(value: bytes) -> tuple[int | None, bytes]:
    """Earliest deadline and state bytes of a changelog value."""
    return int.from_bytes(value[:_WAKE_BYTES], "big") or None, value[_WAKE_BYTES:]


class StateStore(Protocol):
    """Where the bytes of a task's states are kept."""

    def get(self, key: bytes) -> bytes | None:
        """State bytes of a key, without its deadline."""
        ...

    def apply(self, key: bytes, raw: bytes | None) -> None:
        """Set a committed state; None removes it."""
        ...

    def keys(self) -> Iterator[bytes]:
        """All keys, in byte order."""
        ...

    def __len__(self) -> int: ...


class MemoryStore:
    """State in a dictionary: fastest, as long as it fits."""

    def __init__(self) -> None:
        self._rows: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        """State bytes of a key."""
        return self._rows.get(key)

    def apply(self, key: bytes, raw: bytes | None) -> None:
        """Set a committed state; None removes it."""
        if raw is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = raw

    def keys(self) -> Iterator[bytes]:
        """All keys, in byte order, as they are now."""
        return iter(sorted(self._rows))

    def __len__(self) -> int:
        return len(self._rows)
