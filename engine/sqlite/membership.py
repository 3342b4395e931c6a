"""Seats of live processes in the embedded log: a row per member, alive as long as it beats."""

import apsw

from engine.embedded.sharing import share_of
from engine.sqlite.owner import Epochs, Owner
from engine.sqlite.sql import run
from engine.sqlite.store import Store


class SqliteMembership:
    """Implements `engine.embedded.ports.Membership`."""

    def __init__(self, store: Store, owner: Owner) -> None:
        self._store, self._owner = store, owner
        self._seat: tuple[str, str] | None = None

    @property
    def period_seconds(self) -> float:
        """How often to beat."""
        return self._owner.lease_ttl / 3_000_000

    async def join(self, group_id: str, owner: str) -> None:
        """Take a seat, and clear those of the dead."""
        self._seat = group_id, owner
        now = self._owner.clock()

        def body(connection: apsw.Connection) -> None:
            run(connection, "delete from member where expires <= ?", now)
            self._sit(connection, group_id, owner)

        await self._store.write(body)

    async def beat(self) -> None:
        """Stay alive, with all leases of the tasks this process has open; give up those it could not give up before."""
        if self._seat is None:
            return
        group_id, owner = self._seat

        def body(connection: apsw.Connection) -> Epochs:
            self._sit(connection, group_id, owner)
            return self._owner.keep(connection)

        self._owner.returned(await self._store.write(body, ring=False))

    async def leave(self) -> None:
        """Give the seat up and wake the others."""
        seat, self._seat = self._seat, None
        if seat is not None:
            await self._store.write(
                lambda connection: run(connection, "delete from member where grp = ? and owner = ?", *seat)
            )

    async def assignment(self, partitions: int) -> set[int]:
        """Our share among the live members."""
        if self._seat is None:
            return set()
        group_id, owner = self._seat
        query = "select owner from member where grp = ? and expires > ?"
        rows = self._store.read(lambda connection: run(connection, query, group_id, self._owner.clock()))
        return share_of(partitions, (name for (name,) in rows), owner)

    def _sit(self, connection: apsw.Connection, group_id: str, owner: str) -> None:
        run(
            connection,
            "insert into member(grp, owner, expires) values(?, ?, ?)"
            " on conflict(grp, owner) do update set expires = excluded.expires",
            group_id,
            owner,
            self._owner.expires(),
        )
