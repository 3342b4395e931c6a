"""Who takes leases in a file, and what it still has to give back."""

from collections.abc import Callable
from dataclasses import dataclass, field

import apsw

from engine.sqlite import lease
from engine.sqlite.store import Store

Epochs = dict[tuple[str, int], int]
"""Epochs of leases by (group, partition)."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, as leases name it.

    Attributes:
        name: its name; no other live process has it.
        clock: now, in microseconds.
        lease_ttl: how long a lease lives without a sign of life, in microseconds.
        owed: leases of tasks that are closed, but not yet given up in the file.
    """

    name: str
    clock: Callable[[], int]
    lease_ttl: int
    owed: Epochs = field(default_factory=dict)

    def expires(self) -> int:
        """When a lease taken or renewed now expires."""
        return self.clock() + self.lease_ttl

    async def give_up(self, store: Store, group: str, partition: int, epoch: int) -> None:
        """Give a lease up. What fails, or is cancelled, is made good by the next beat.

        Raises:
            Unavailable: not now.
        """
        self.owed[group, partition] = epoch
        self.returned(await store.write(self._return))

    def keep(self, connection: apsw.Connection) -> Epochs:
        """Give up what is owed and keep all other leases; what was given up, for `returned` after the commit."""
        owed = self._return(connection)
        lease.renew_all(connection, owner=self.name, expires=self.expires())
        return owed

    def returned(self, given_up: Epochs) -> None:
        """Forget what is owed no more."""
        for at, epoch in given_up.items():
            if self.owed.get(at) == epoch:
                del self.owed[at]

    def _return(self, connection: apsw.Connection) -> Epochs:
        owed = dict(self.owed)
        for (group, partition), epoch in owed.items():
            lease.release(connection, group, partition, epoch=epoch)
        return owed
