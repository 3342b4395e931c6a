"""What an embedded log offers beyond `EventLog`: an ear for new records, and live members that share partitions."""

from typing import Protocol

from engine.ports import FaustLog


class Ear(Protocol):
    """Hears that something was committed, by this process or another one."""

    async def wait(self, timeout_seconds: float) -> bool:
        """Wait for the next commit; True when there was one since the last call (or since the ear was made).

        A commit between a read that found nothing and this call is heard at once. True may be a false alarm,
        False is never one for longer than the next look.
        """
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class Membership(Protocol):
    """One process's seat in a group of live processes. A member that does not beat for the lease time is gone."""

    @property
    def period_seconds(self) -> float:
        """How often to beat, in seconds: a third of the lease time."""
        ...

    async def join(self, group_id: str, owner: str) -> None:
        """Take a seat; `owner` names this process and sorts the members."""
        ...

    async def beat(self) -> None:
        """Stay alive, and keep the leases of the tasks this owner has open. Takes the seat again if it was lost."""
        ...

    async def leave(self) -> None:
        """Give the seat up at once."""
        ...

    async def assignment(self, partitions: int) -> set[int]:
        """Which of `partitions` are ours among the live members; empty while we have no live seat."""
        ...


class EmbeddedLog(FaustLog, Protocol):
    """A log that needs no broker: whoever opens it is its server."""

    owner: str

    def ear(self) -> Ear:
        """A new ear on this log."""
        ...

    def membership(self) -> Membership:
        """A new seat, not yet taken."""
        ...
