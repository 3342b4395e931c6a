"""What the write side asks of the world besides its task: reading other topics."""

from typing import Protocol

from engine.ports import Fetched


class Reader(Protocol):
    """Reads committed records of any topic."""

    async def ends(self, topic: str) -> list[int]:
        """The offset after the last committed record, of every partition."""
        ...

    async def starts(self, topic: str) -> list[int]:
        """The first offset still kept, of every partition."""
        ...

    async def read(self, topic: str, partition: int, offset: int, limit: int = 5000) -> Fetched:
        """Committed records from an offset on."""
        ...

    async def latest(self, topic: str, partition: int, key: bytes) -> bytes | None:
        """The latest committed value of a key that is written often."""
        ...
