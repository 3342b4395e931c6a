"""Leases: who owns a task. The epoch fences, the expiry only tells the living from the dead.

All functions run inside a caller's transaction. Instants are microseconds.
"""

import apsw

from engine.errors import Fenced
from engine.sqlite.sql import run


def take(connection: apsw.Connection, group: str, partition: int, *, owner: str, expires: int) -> int:
    """Become the owner whoever was it before; the new epoch."""
    ((epoch,),) = run(
        connection,
        "insert into lease(grp, part, epoch, owner, expires) values(?, ?, 1, ?, ?) on conflict(grp, part)"
        " do update set epoch = epoch + 1, owner = excluded.owner, expires = excluded.expires returning epoch",
        group,
        partition,
        owner,
        expires,
    )
    return int(epoch)


def take_if_free(
    connection: apsw.Connection, group: str, partition: int, *, owner: str, now: int, expires: int
) -> int | None:
    """Become the owner unless another one is alive; the new epoch, or None."""
    rows = run(connection, "select owner, expires from lease where grp = ? and part = ?", group, partition)
    if rows and rows[0][0] != owner and rows[0][1] > now:
        return None
    return take(connection, group, partition, owner=owner, expires=expires)


def renew(connection: apsw.Connection, group: str, partition: int, *, epoch: int, expires: int) -> None:
    """Stay the owner.

    Raises:
        Fenced: somebody else has become it.
    """
    connection.execute(
        "update lease set expires = ? where grp = ? and part = ? and epoch = ?", (expires, group, partition, epoch)
    )
    if connection.changes() != 1:
        raise Fenced(f"{group}-{partition}: somebody else owns it now (our epoch was {epoch})")


def renew_all(connection: apsw.Connection, *, owner: str, expires: int) -> None:
    """Keep every lease an owner has not given up."""
    connection.execute("update lease set expires = ? where owner = ? and expires > 0", (expires, owner))


def release(connection: apsw.Connection, group: str, partition: int, *, epoch: int) -> None:
    """Give the lease up if it is still ours; the epoch stays, so that nobody gets it twice."""
    connection.execute(
        "update lease set expires = 0 where grp = ? and part = ? and epoch = ?", (group, partition, epoch)
    )


def alive(connection: apsw.Connection, group: str, partition: int, *, now: int) -> bool:
    """Whether a lease is held and not expired."""
    query = "select 1 from lease where grp = ? and part = ? and expires > ?"
    return bool(run(connection, query, group, partition, now))
